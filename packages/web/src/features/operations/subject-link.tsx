// What a dead letter was about: a way there where there is a page, else its name.
import { Link } from 'react-router';

export function SubjectLink({ subject }: { readonly subject: string | null }) {
  if (subject === null) return null;
  const [kind, id = ''] = subject.split('/');
  if (kind === 'runs')
    return (
      <Link to={`/runs/${id}`} className="text-accent-ink underline">
        Its run
      </Link>
    );
  return (
    <span title={subject} className="block truncate font-mono text-xs text-ink-2">
      {subject}
    </span>
  );
}

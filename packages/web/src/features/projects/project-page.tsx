// One project: where it is, and who sees it with its runs and events.
import {
  addProjectMemberRoute,
  listProjectCandidatesRoute,
  listProjectMembersRoute,
  type ProjectMember,
  readProjectRoute,
  removeProjectMemberRoute,
} from '@gathering/contract/projects';
import { Plus, UserMinus } from 'lucide-react';
import { useDeferredValue, useState } from 'react';
import { useParams } from 'react-router';
import { useMay } from '../../lib/may.ts';
import { useAct, useRead } from '../../lib/query.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Confirm, Dialog } from '../../ui/dialog.tsx';
import { ErrorBox, PageError } from '../../ui/error-box.tsx';
import { Field, Input } from '../../ui/input.tsx';
import { Page, Panel, Section } from '../../ui/page.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { Tag } from '../../ui/state-badge.tsx';
import { Ago } from '../../ui/time.tsx';
import { roleWords } from '../auth/role-words.ts';

const refreshes = ['projects.list-members', 'projects.list-candidates'];

function PersonLine({ person }: { readonly person: Pick<ProjectMember, 'name' | 'email' | 'role'> }) {
  return (
    <span className="flex min-w-0 flex-1 items-center gap-2">
      <span title={person.name} className="max-w-[50%] shrink-0 truncate font-medium">
        {person.name}
      </span>
      <span title={person.email} className="min-w-0 flex-1 truncate text-ink-3">
        {person.email}
      </span>
      <Tag>{roleWords[person.role].name}</Tag>
    </span>
  );
}

function AddMemberDialog({ projectId, onClose }: { readonly projectId: string; readonly onClose: () => void }) {
  const [text, setText] = useState('');
  const search = useDeferredValue(text.trim());
  const candidates = useRead(
    listProjectCandidatesRoute,
    { params: { id: projectId }, query: { search } },
    { keepPrevious: true },
  );
  const add = useAct(addProjectMemberRoute, { refreshes, onDone: onClose });
  const people = candidates.data?.items ?? [];
  return (
    <Dialog
      open
      onClose={onClose}
      title="Add a member"
      description="Members see the project, its runs and its events."
      footer={<Button onClick={onClose}>Close</Button>}
    >
      <div className="flex flex-col gap-3">
        {(add.error ?? candidates.error) && <ErrorBox error={add.error ?? candidates.error} />}
        <Field label="Name or e-mail">
          {(binding) => <Input {...binding} value={text} onChange={({ target }) => setText(target.value)} />}
        </Field>
        {candidates.data && people.length === 0 && (
          <p className="text-sm text-ink-3">Nobody else here is called that.</p>
        )}
        <ul aria-label="Users" className="flex flex-col">
          {people.map((person) => (
            <li key={person.userId} className="flex h-10 items-center gap-2 text-sm">
              <PersonLine person={person} />
              <Button
                icon={Plus}
                aria-label={`Add ${person.email}`}
                disabled={add.isPending}
                onClick={() => add.mutate({ params: { id: projectId, userId: person.userId } })}
              >
                Add
              </Button>
            </li>
          ))}
        </ul>
      </div>
    </Dialog>
  );
}

function Members({ projectId }: { readonly projectId: string }) {
  const mayChange = useMay()('projects.write');
  const members = useRead(listProjectMembersRoute, { params: { id: projectId } });
  const [isAdding, setAdding] = useState(false);
  const [leaving, setLeaving] = useState<ProjectMember | null>(null);
  const remove = useAct(removeProjectMemberRoute, { refreshes, onDone: () => setLeaving(null) });
  const close = (): void => {
    remove.reset();
    setLeaving(null);
  };
  const addButton = mayChange && (
    <Button icon={Plus} onClick={() => setAdding(true)}>
      Add a member
    </Button>
  );
  return (
    <Section title="Members" aside={addButton}>
      <p className="text-sm text-ink-2">
        Members see the project, its runs and its events. Admins and owners see every project besides.
      </p>
      {members.isPending && <SkeletonRows rows={2} />}
      {members.error && !members.data && <ErrorBox error={members.error} onRetry={() => void members.refetch()} />}
      {members.data && (
        <Panel>
          {members.data.items.length === 0 && <p className="px-4 py-3 text-sm text-ink-3">Nobody is a member yet.</p>}
          <ul aria-label="Members" className="divide-y divide-line">
            {members.data.items.map((member) => (
              <li key={member.userId} className="flex h-11 items-center gap-3 px-4 text-sm">
                <PersonLine person={member} />
                <span className="w-20 text-right text-xs text-ink-3">
                  <Ago at={member.addedAt} />
                </span>
                {mayChange && (
                  <IconButton
                    icon={UserMinus}
                    name={`Remove ${member.email}`}
                    size="small"
                    onClick={() => setLeaving(member)}
                  />
                )}
              </li>
            ))}
          </ul>
        </Panel>
      )}
      {isAdding && <AddMemberDialog projectId={projectId} onClose={() => setAdding(false)} />}
      <Confirm
        open={leaving !== null}
        onClose={close}
        title={`Remove ${leaving?.name}?`}
        consequence="From then on the project, its runs and its events do not exist for them. Runs that they began here fail at their next node."
        verb="Remove the member"
        busy={remove.isPending}
        fault={remove.error && <ErrorBox error={remove.error} />}
        onConfirm={() => leaving && remove.mutate({ params: { id: projectId, userId: leaving.userId } })}
      />
    </Section>
  );
}

export function ProjectPage() {
  const { id = '' } = useParams();
  const project = useRead(readProjectRoute, { params: { id } });
  const { data } = project;
  return (
    <Page
      title={data?.name ?? 'Project'}
      crumbs={[{ label: 'Projects', to: '/projects' }]}
      lead={data?.description || undefined}
    >
      <div className="flex max-w-3xl flex-col gap-6 px-6 pb-8">
        {project.isPending && <SkeletonRows rows={3} />}
        {project.error && !data && <PageError error={project.error} onRetry={() => void project.refetch()} />}
        {data && (
          <>
            <dl className="grid grid-cols-[6rem_1fr] gap-y-1.5 text-sm">
              <dt className="text-ink-3">Folder</dt>
              <dd className="font-mono text-xs leading-5 break-all">{data.folder}</dd>
              <dt className="text-ink-3">Kind</dt>
              <dd>{data.isGitRepository ? 'Git repository' : 'Folder'}</dd>
              <dt className="text-ink-3">Changed</dt>
              <dd>
                <Ago at={data.updatedAt} />
              </dd>
            </dl>
            <Members projectId={id} />
          </>
        )}
      </div>
    </Page>
  );
}

// What an empty place is for, and the one thing to do next.
import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';

interface EmptyStateProps {
  readonly icon: LucideIcon;
  readonly title: string;
  readonly children: ReactNode;
  readonly action?: ReactNode;
}

export function EmptyState({ icon: Icon, title, children, action }: EmptyStateProps) {
  return (
    <div className="fade-in mx-auto flex max-w-sm flex-col items-center gap-2 px-4 py-16 text-center">
      <span className="mb-1 inline-flex size-10 items-center justify-center rounded-lg border border-line bg-surface text-ink-3">
        <Icon size={18} aria-hidden />
      </span>
      <h2 className="text-base font-semibold">{title}</h2>
      <p className="text-sm text-ink-2">{children}</p>
      {action && <div className="mt-2">{action}</div>}
    </div>
  );
}

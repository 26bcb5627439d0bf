// The frame of a page: what it is in one line, its main action at the top right, and where it is for the breadcrumb.
import { type ReactNode, useLayoutEffect } from 'react';
import { createStore, useStore } from '../lib/store.ts';
import { classes } from './classes.ts';

export interface Crumb {
  readonly label: string;
  readonly to?: string;
}
const crumbs = createStore<readonly Crumb[]>([]);
export const useCrumbs = (): readonly Crumb[] => useStore(crumbs);

interface PageProps {
  readonly title: string;
  readonly crumbs?: readonly Crumb[];
  readonly lead?: ReactNode;
  readonly actions?: ReactNode;
  readonly filters?: ReactNode;
  readonly children: ReactNode;
  /** The page scrolls its parts itself. */
  readonly fixed?: boolean;
  readonly bare?: boolean;
}

export function Page({ title, crumbs: before = [], lead, actions, filters, children, fixed, bare }: PageProps) {
  const key = JSON.stringify([...before, { label: title }]);
  useLayoutEffect(() => {
    crumbs.set(JSON.parse(key) as Crumb[]);
    document.title = `${title} · GatheRing`;
  }, [key, title]);
  return (
    <div className="flex h-full min-h-0 flex-col">
      {bare ? (
        <h1 className="sr-only">{title}</h1>
      ) : (
        <header className="flex shrink-0 flex-wrap items-center gap-x-4 gap-y-2 px-6 pt-5 pb-3">
          <div className="min-w-0 flex-1">
            <h1 className="truncate text-lg font-semibold tracking-tight">{title}</h1>
            {lead && <p className="text-sm text-ink-2">{lead}</p>}
          </div>
          {actions && <div className="flex items-center gap-2">{actions}</div>}
        </header>
      )}
      {filters && <div className="flex shrink-0 flex-wrap items-center gap-2 px-6 pb-3">{filters}</div>}
      <div className={classes('min-h-0 flex-1', fixed ? 'flex flex-col' : 'overflow-y-auto')}>{children}</div>
    </div>
  );
}

export function Section({
  title,
  aside,
  children,
}: {
  readonly title: string;
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}) {
  return (
    <section className="flex flex-col gap-2">
      <div className="flex h-6 items-center justify-between">
        <h2 className="text-sm font-semibold">{title}</h2>
        {aside}
      </div>
      {children}
    </section>
  );
}

export function Panel({ children, className }: { readonly children: ReactNode; readonly className?: string }) {
  return (
    <div className={classes('overflow-hidden rounded-lg border border-line bg-surface', className)}>{children}</div>
  );
}

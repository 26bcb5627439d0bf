// The navigation at the left: groups of the pages that exist, narrow to icons when the person likes it so.
import { PanelLeft, PanelLeftClose } from 'lucide-react';
import { NavLink } from 'react-router';
import { useMedia } from '../lib/media.ts';
import { useStoredFlag } from '../lib/stored.ts';
import { IconButton } from '../ui/button.tsx';
import { classes } from '../ui/classes.ts';
import { Hint } from '../ui/hint.tsx';
import { Mark } from './mark.tsx';
import { type PageEntry, usePageGroups } from './pages.ts';

function Entry({
  page,
  narrow,
  count,
}: {
  readonly page: PageEntry;
  readonly narrow: boolean;
  readonly count: number;
}) {
  const Icon = page.icon;
  const link = (
    <NavLink
      to={page.path}
      end={page.path === '/'}
      aria-label={narrow ? page.name : undefined}
      className={({ isActive }) =>
        classes(
          'relative flex h-8 items-center gap-2.5 rounded-md text-sm transition-colors duration-100',
          narrow ? 'w-8 justify-center' : 'px-2',
          isActive ? 'bg-chosen font-medium text-ink' : 'text-ink-2 hover:bg-hover hover:text-ink',
        )
      }
    >
      <Icon size={16} aria-hidden className="shrink-0" />
      {!narrow && <span className="flex-1 truncate">{page.name}</span>}
      {count > 0 &&
        (narrow ? (
          <span className="absolute top-1 right-1 size-2 rounded-full bg-accent" />
        ) : (
          <span className="text-xs font-medium tabular-nums text-accent-ink">{count > 99 ? '99+' : count}</span>
        ))}
    </NavLink>
  );
  return narrow ? (
    // The link works out its class by itself, which a tooltip around it would spoil: hence the frame.
    <Hint text={page.name} side="right">
      <span>{link}</span>
    </Hint>
  ) : (
    link
  );
}

/** `counts`: what waits on a page, by its path. */
export function Sidebar({ counts }: { readonly counts: Readonly<Record<string, number>> }) {
  const [wantsNarrow, setNarrow] = useStoredFlag('sidebar.narrow', false);
  // Small windows and large zoom leave no room for words.
  const isSmall = useMedia('(max-width: 900px)');
  const narrow = wantsNarrow || isSmall;
  return (
    <aside
      aria-label="Navigation"
      className={classes(
        'flex shrink-0 flex-col border-r border-line bg-canvas',
        narrow ? 'w-12 items-center' : 'w-52',
      )}
    >
      <div className={classes('flex h-12 w-full items-center', narrow ? 'justify-center' : 'gap-2 px-4')}>
        <Mark />
        {!narrow && <span className="text-base font-semibold tracking-tight">GatheRing</span>}
      </div>
      <nav
        aria-label="Pages"
        className={classes('flex min-h-0 flex-1 flex-col gap-3 overflow-y-auto py-1', narrow ? 'items-center' : 'px-2')}
      >
        {usePageGroups().map((group) => (
          <div key={group.name} className="flex flex-col gap-px">
            {narrow ? (
              <span className="sr-only">{group.name}</span>
            ) : (
              <span className="px-2 pb-1 text-xs text-ink-3">{group.name}</span>
            )}
            {group.pages.map((page) => (
              <Entry key={page.path} page={page} narrow={narrow} count={counts[page.path] ?? 0} />
            ))}
          </div>
        ))}
      </nav>
      <div className={classes('flex py-2', narrow ? '' : 'px-2')}>
        {!isSmall && (
          <IconButton
            icon={narrow ? PanelLeft : PanelLeftClose}
            name={narrow ? 'Widen the navigation' : 'Narrow the navigation'}
            side="right"
            onClick={() => setNarrow(!narrow)}
          />
        )}
      </div>
    </aside>
  );
}

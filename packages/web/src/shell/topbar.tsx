// The bar at the top: where I am, the palette, whether what I see is live, what waits for me, and who I am.

import { logoutRoute } from '@gathering/contract/auth';
import { Inbox, Keyboard, LogOut, Monitor, Moon, Search, Sun, UserRound } from 'lucide-react';
import { Link, useNavigate } from 'react-router';
import { plural } from '../lib/format.ts';
import { useMe } from '../lib/may.ts';
import { useAct } from '../lib/query.ts';
import { endSession } from '../lib/session.ts';
import { useStore } from '../lib/store.ts';
import { chooseTheme, theme, themes } from '../lib/theme.ts';
import { classes } from '../ui/classes.ts';
import { CopyButton } from '../ui/copy.tsx';
import { Hint } from '../ui/hint.tsx';
import { Menu, MenuItem, MenuLabel, MenuLine } from '../ui/menu.tsx';
import { useCrumbs } from '../ui/page.tsx';
import { tell } from '../ui/toast.tsx';
import { ConnectionState } from './connection-state.tsx';
import { isMac } from './keys.ts';
import { accountPages } from './pages.ts';

const themeLooks = {
  system: { icon: Monitor, label: 'As the system' },
  light: { icon: Sun, label: 'Light' },
  dark: { icon: Moon, label: 'Dark' },
} as const;

function Breadcrumb() {
  const crumbs = useCrumbs();
  return (
    <nav aria-label="Where you are" className="group flex min-w-0 items-center gap-1.5 text-sm">
      <ol className="flex min-w-0 items-center gap-1.5">
        {crumbs.map((crumb, index) => (
          <li
            key={`${crumb.label} ${crumb.to ?? ''}`}
            className={classes('flex items-center gap-1.5', crumb.to ? 'shrink-0' : 'min-w-0')}
          >
            {index > 0 && (
              <span aria-hidden className="text-ink-3">
                /
              </span>
            )}
            {crumb.to ? (
              <Link to={crumb.to} className="truncate text-ink-2 hover:text-ink">
                {crumb.label}
              </Link>
            ) : (
              <span aria-current="page" className="truncate font-medium">
                {crumb.label}
              </span>
            )}
          </li>
        ))}
      </ol>
      <span className="opacity-0 transition-opacity focus-within:opacity-100 group-hover:opacity-100">
        <CopyButton text={location.href} name="Copy a link to this place" />
      </span>
    </nav>
  );
}

function PersonMenu({ onHelp }: { readonly onHelp: () => void }) {
  const chosen = useStore(theme);
  const user = useMe();
  const navigate = useNavigate();
  const signOut = useAct(logoutRoute);
  return (
    <Menu
      trigger={
        <button
          type="button"
          aria-label="You and your settings"
          className="inline-flex size-8 items-center justify-center rounded-full border border-line bg-surface text-ink-2 hover:bg-hover hover:text-ink"
        >
          <UserRound size={15} aria-hidden />
        </button>
      }
    >
      <MenuLabel>
        <span className="block max-w-64 truncate font-medium text-ink">{user?.name}</span>
        <span className="block max-w-64 truncate">{user?.email}</span>
      </MenuLabel>
      <MenuLine />
      {accountPages.map((page) => (
        <MenuItem key={page.path} icon={page.icon} onSelect={() => void navigate(page.path)}>
          {page.name}
        </MenuItem>
      ))}
      <MenuLine />
      <MenuLabel>Theme</MenuLabel>
      {themes.map((one) => (
        <MenuItem key={one} icon={themeLooks[one].icon} chosen={chosen === one} onSelect={() => chooseTheme(one)}>
          {themeLooks[one].label}
        </MenuItem>
      ))}
      <MenuLine />
      <MenuItem icon={Keyboard} onSelect={onHelp}>
        Keyboard shortcuts
      </MenuItem>
      <MenuItem
        icon={LogOut}
        onSelect={() => signOut.mutate({}, { onSuccess: endSession, onError: (error) => tell(error.message) })}
      >
        Sign out
      </MenuItem>
    </Menu>
  );
}

interface TopbarProps {
  readonly inboxCount: number;
  readonly onPalette: () => void;
  readonly onHelp: () => void;
}

export function Topbar({ inboxCount, onPalette, onHelp }: TopbarProps) {
  return (
    <header className="flex h-12 shrink-0 items-center gap-2 border-b border-line px-6">
      <div className="min-w-0 flex-1">
        <Breadcrumb />
      </div>
      <ConnectionState />
      <button
        type="button"
        onClick={onPalette}
        className="hidden h-8 w-56 items-center gap-2 rounded-md border border-line bg-surface px-2.5 text-sm text-ink-3 hover:border-line-strong sm:inline-flex"
      >
        <Search size={14} aria-hidden />
        <span className="flex-1 text-left">Search or jump to…</span>
        <kbd className="font-sans text-xs">{isMac ? '⌘K' : 'Ctrl K'}</kbd>
      </button>
      <Hint text={inboxCount > 0 ? `${plural(inboxCount, 'unread notification')}` : 'Inbox'}>
        <Link
          to="/inbox"
          aria-label={`Inbox, ${inboxCount > 99 ? '99+' : inboxCount} unread`}
          className="inline-flex h-8 min-w-8 items-center justify-center gap-1 rounded-md px-1.5 text-ink-2 hover:bg-hover hover:text-ink"
        >
          <Inbox size={16} aria-hidden />
          {inboxCount > 0 && (
            <span className="text-xs font-medium tabular-nums text-accent-ink">
              {inboxCount > 99 ? '99+' : inboxCount}
            </span>
          )}
        </Link>
      </Hint>
      <PersonMenu onHelp={onHelp} />
    </header>
  );
}

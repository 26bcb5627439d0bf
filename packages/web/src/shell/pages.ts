// The pages that exist, in their groups: the navigation, the palette and the `g` keys read this one list.
import type { Permission } from '@gathering/contract/permissions';
import type { LucideIcon } from 'lucide-react';
import {
  Activity,
  Bot,
  CalendarClock,
  CalendarDays,
  Cpu,
  FolderGit2,
  Goal,
  House,
  Inbox,
  KeyRound,
  MailX,
  MonitorSmartphone,
  Play,
  ScrollText,
  Settings,
  Stamp,
  Unplug,
  UserRound,
  Users,
  Workflow,
} from 'lucide-react';
import { useMay } from '../lib/may.ts';

export interface PageEntry {
  readonly path: string;
  readonly name: string;
  readonly icon: LucideIcon;
  /** Goes there after `g`. */
  readonly letter: string;
  /** Left out: everybody who is signed in sees it. */
  readonly needs?: Permission;
}

const pageGroups: ReadonlyArray<{ readonly name: string; readonly pages: readonly PageEntry[] }> = [
  {
    name: 'Overview',
    pages: [
      { path: '/', name: 'Home', icon: House, letter: 'h' },
      { path: '/inbox', name: 'Inbox', icon: Inbox, letter: 'i' },
      { path: '/approvals', name: 'Approvals', icon: Stamp, letter: 'v' },
      { path: '/activity', name: 'Activity', icon: Activity, letter: 'a' },
    ],
  },
  {
    name: 'Work',
    pages: [
      { path: '/pipelines', name: 'Pipelines', icon: Workflow, letter: 'p' },
      { path: '/runs', name: 'Runs', icon: Play, letter: 'r' },
      { path: '/tasks', name: 'Background runs', icon: Goal, letter: 'b' },
      { path: '/schedules', name: 'Schedules', icon: CalendarClock, letter: 'd' },
      { path: '/calendar', name: 'Calendar', icon: CalendarDays, letter: 'c' },
    ],
  },
  {
    name: 'Teams',
    pages: [
      { path: '/agents', name: 'Agents', icon: Bot, letter: 't' },
      { path: '/personas', name: 'Personas', icon: UserRound, letter: 'o' },
    ],
  },
  { name: 'Knowledge', pages: [{ path: '/projects', name: 'Projects', icon: FolderGit2, letter: 'f' }] },
  {
    name: 'System',
    pages: [
      { path: '/models', name: 'Models', icon: Cpu, letter: 'm' },
      { path: '/breakers', name: 'Breakers', icon: Unplug, letter: 'b' },
      { path: '/dead-letters', name: 'Dead letters', icon: MailX, letter: 'l', needs: 'operations.inspect' },
      { path: '/users', name: 'Users', icon: Users, letter: 'e', needs: 'users.read' },
      { path: '/audit', name: 'Audit', icon: ScrollText, letter: 'u', needs: 'audit.read' },
      { path: '/settings', name: 'Settings', icon: Settings, letter: 's' },
    ],
  },
];

/** Those that the person may see, in the groups that are left. */
export function usePageGroups(): typeof pageGroups {
  const may = useMay();
  return pageGroups
    .map(({ name, pages }) => ({ name, pages: pages.filter(({ needs }) => needs === undefined || may(needs)) }))
    .filter(({ pages }) => pages.length > 0);
}

/** Of the person who is signed in: in their menu and in the palette. */
export const accountPages: readonly Omit<PageEntry, 'letter'>[] = [
  { path: '/profile', name: 'Profile', icon: UserRound },
  { path: '/account/sessions', name: 'Sessions', icon: MonitorSmartphone },
  { path: '/account/api-keys', name: 'API keys', icon: KeyRound },
];

// A state as icon and word: colour alone never tells it.
import type { LucideIcon } from 'lucide-react';
import {
  Ban,
  Check,
  CircleCheck,
  CircleDashed,
  CirclePause,
  CircleSlash,
  CircleX,
  Clock,
  Hand,
  History,
  Hourglass,
  Info,
  LoaderCircle,
  PencilLine,
  RotateCcw,
  RotateCw,
  TriangleAlert,
  Undo2,
} from 'lucide-react';
import { classes } from './classes.ts';

interface Look {
  readonly icon: LucideIcon;
  readonly word: string;
  readonly ink: string;
  readonly soft: string;
  readonly spins?: boolean;
}

const idle = { ink: 'text-idle', soft: 'bg-idle-soft' };
const running = { ink: 'text-running', soft: 'bg-running-soft' };
const good = { ink: 'text-good', soft: 'bg-good-soft' };
const bad = { ink: 'text-bad', soft: 'bg-bad-soft' };
const warn = { ink: 'text-warn', soft: 'bg-warn-soft' };

const looks: Record<string, Look> = {
  pending: { icon: CircleDashed, word: 'Pending', ...idle },
  running: { icon: LoaderCircle, word: 'Running', ...running, spins: true },
  doing: { icon: LoaderCircle, word: 'In progress', ...running },
  dropped: { icon: CircleSlash, word: 'Dropped', ...idle },
  waiting: { icon: Hourglass, word: 'Waiting', ...warn },
  paused: { icon: CirclePause, word: 'Paused', ...warn },
  'needs-person': { icon: Hand, word: 'Needs you', ...warn },
  completed: { icon: CircleCheck, word: 'Completed', ...good },
  done: { icon: Check, word: 'Done', ...good },
  failed: { icon: CircleX, word: 'Failed', ...bad },
  failure: { icon: CircleX, word: 'Failure', ...bad },
  open: { icon: Hand, word: 'Open', ...warn },
  approved: { icon: CircleCheck, word: 'Approved', ...good },
  rejected: { icon: CircleX, word: 'Rejected', ...bad },
  expired: { icon: Clock, word: 'Expired', ...bad },
  withdrawn: { icon: Ban, word: 'Withdrawn', ...idle },
  refused: { icon: TriangleAlert, word: 'Refused', ...warn },
  skipped: { icon: CircleSlash, word: 'Skipped', ...idle },
  cancelled: { icon: Ban, word: 'Cancelled', ...idle },
  timed_out: { icon: Clock, word: 'Timed out', ...bad },
  intended: { icon: LoaderCircle, word: 'In progress', ...running, spins: true },
  info: { icon: Info, word: 'Info', ...idle },
  active: { icon: CircleCheck, word: 'Active', ...good },
  ended: { icon: CircleSlash, word: 'Ended', ...idle },
  queued: { icon: Hourglass, word: 'Queued', ...warn },
  retrying: { icon: RotateCw, word: 'To be tried again', ...warn },
  planned: { icon: CircleDashed, word: 'To come', ...idle },
  enabled: { icon: Check, word: 'Enabled', ...good },
  draft: { icon: PencilLine, word: 'Draft', ...warn },
  published: { icon: CircleCheck, word: 'Published', ...good },
  superseded: { icon: History, word: 'Superseded', ...idle },
  'rolled-back': { icon: Undo2, word: 'Rolled back', ...idle },
  disabled: { icon: Ban, word: 'Disabled', ...idle },
  closed: { icon: CircleCheck, word: 'Closed', ...good },
  tripped: { icon: CircleX, word: 'Open', ...bad },
  'half-open': { icon: CircleDashed, word: 'Half-open', ...warn },
  dead: { icon: CircleX, word: 'Dead', ...bad },
  redriven: { icon: RotateCcw, word: 'Redriven', ...good },
  dismissed: { icon: CircleSlash, word: 'Dismissed', ...idle },
};
const unknown: Look = { icon: CircleDashed, word: '', ...idle };

export function lookOf(state: string): Look {
  return looks[state] ?? { ...unknown, word: state };
}

export function StateIcon({
  state,
  size = 14,
  label,
}: {
  readonly state: string;
  readonly size?: number;
  readonly label?: boolean;
}) {
  const look = lookOf(state);
  const Icon = look.icon;
  return (
    <Icon
      size={size}
      className={classes('shrink-0', look.ink, look.spins && 'animate-spin')}
      {...(label ? { role: 'img', 'aria-label': look.word } : { 'aria-hidden': true })}
    />
  );
}

export function StateBadge({ state, word }: { readonly state: string; readonly word?: string }) {
  const look = lookOf(state);
  return (
    <span
      className={classes(
        'inline-flex h-5 items-center gap-1 whitespace-nowrap align-middle rounded-sm px-1.5 text-xs font-medium',
        look.ink,
        look.soft,
      )}
    >
      <StateIcon state={state} size={12} />
      {word ?? look.word}
    </span>
  );
}

export function Tag({ children, mono }: { readonly children: string; readonly mono?: boolean }) {
  return (
    <span
      className={classes(
        'inline-flex h-5 items-center whitespace-nowrap rounded-sm border border-line px-1.5 text-xs text-ink-2',
        mono && 'font-mono',
      )}
    >
      {children}
    </span>
  );
}

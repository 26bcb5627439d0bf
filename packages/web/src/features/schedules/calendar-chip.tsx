// One entry of the calendar: when, which schedule, and what became of it or that it is still to come.
import type { CalendarEntry } from '@gathering/contract/schedules';
import { Link } from 'react-router';
import { classes } from '../../ui/classes.ts';
import { lookOf, StateIcon } from '../../ui/state-badge.tsx';
import { describeReceipt, stateOf } from './describe.ts';

const clockOf = (at: string): string =>
  new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' }).format(new Date(at));

function restOf(more: number): string {
  if (more === 0) return '';
  return more < 0 ? ' and more' : ` +${more}`;
}

export function CalendarChip({ entry, isLong }: { readonly entry: CalendarEntry; readonly isLong?: boolean }) {
  const { scheduleId, name, at, more, receipt } = entry;
  const state = stateOf(receipt);
  const account = receipt === null ? lookOf(state).word : `${lookOf(state).word}, ${describeReceipt(receipt)}`;
  return (
    <Link
      to={`/schedules/${scheduleId}`}
      title={`${clockOf(at)} ${name}: ${account}`}
      className={classes(
        'flex min-w-0 items-center gap-1 rounded-sm px-1 text-xs leading-5 hover:bg-hover',
        receipt === null ? 'text-ink-2' : 'text-ink',
      )}
    >
      <StateIcon state={state} size={11} label />
      <span className="tabular-nums text-ink-3">{clockOf(at)}</span>
      <span className="truncate">
        {name}
        {restOf(more)}
      </span>
      {isLong && <span className="truncate text-ink-3">{account}</span>}
    </Link>
  );
}

// The calendar: what schedules did and what they will do, by month, week or as a list of days.
import { type CalendarEntry, readCalendarRoute } from '@gathering/contract/schedules';
import { CalendarDays, ChevronLeft, ChevronRight } from 'lucide-react';
import { Link } from 'react-router';
import { useAddress } from '../../lib/address.ts';
import { useRead } from '../../lib/query.ts';
import { Button, IconButton, LinkButton } from '../../ui/button.tsx';
import { classes } from '../../ui/classes.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { PageError } from '../../ui/error-box.tsx';
import { Page } from '../../ui/page.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { CalendarChip } from './calendar-chip.tsx';
import {
  addDays,
  type CalendarView,
  calendarViews,
  dayOf,
  daysOf,
  moveDay,
  startOfDay,
  titleOf,
  wordsOfRest,
} from './calendar-days.ts';
import { ownZone } from './local-time.ts';

const viewWords: Readonly<Record<CalendarView, string>> = { month: 'Month', week: 'Week', agenda: 'Agenda' };
const perDay: Readonly<Record<CalendarView, number>> = { month: 2, week: 12, agenda: 12 };

function useCalendar() {
  const [view, setView] = useAddress('view');
  const [day, setDay] = useAddress('day');
  const chosen = calendarViews.find((one) => one === view) ?? 'month';
  const today = dayOf(new Date());
  const shown = day !== null && /^\d{4}-\d{2}-\d{2}$/.test(day) ? dayOf(startOfDay(day)) : today;
  return { view: chosen, setView, day: shown, setDay, today, days: daysOf(chosen, shown) };
}

export function CalendarPage() {
  const { view, setView, day, setDay, today, days } = useCalendar();
  const from = startOfDay(days[0] ?? day).toISOString();
  const to = startOfDay(addDays(days.at(-1) ?? day, 1)).toISOString();
  const query = { from, to, zone: ownZone(), perDay: perDay[view] };
  const calendar = useRead(readCalendarRoute, { query }, { keepPrevious: true });
  const byDay = Map.groupBy(calendar.data?.items ?? [], ({ at }) => dayOf(new Date(at)));
  const isEmpty = calendar.data !== undefined && calendar.data.items.length === 0;
  const move = (step: number) => setDay(moveDay(view, day, step));
  return (
    <Page
      title="Calendar"
      lead={<span aria-live="polite">{titleOf(view, days, day)}</span>}
      fixed
      actions={
        <>
          <IconButton icon={ChevronLeft} name="Earlier" onClick={() => move(-1)} />
          <Button onClick={() => setDay(null)}>Today</Button>
          <IconButton icon={ChevronRight} name="Later" onClick={() => move(1)} />
          <fieldset className="flex gap-1">
            <legend className="sr-only">View</legend>
            {calendarViews.map((one) => (
              <Button
                key={one}
                look={one === view ? 'plain' : 'quiet'}
                aria-pressed={one === view}
                onClick={() => setView(one)}
              >
                {viewWords[one]}
              </Button>
            ))}
          </fieldset>
        </>
      }
    >
      {calendar.isPending && <SkeletonRows />}
      {calendar.error && !calendar.data && <PageError error={calendar.error} onRetry={() => void calendar.refetch()} />}
      {calendar.data?.truncated && (
        <p className="px-6 pb-2 text-xs text-warn">There is more than fits here; a shorter view shows more of it.</p>
      )}
      {isEmpty && view === 'agenda' && (
        <EmptyState
          icon={CalendarDays}
          title="Nothing in these days"
          action={<LinkButton to="/schedules">See the schedules</LinkButton>}
        >
          What schedules did and will do stands here.
        </EmptyState>
      )}
      {calendar.data && view === 'agenda' && <Agenda days={days} byDay={byDay} today={today} />}
      {calendar.data && view !== 'agenda' && (
        <Grid days={days} byDay={byDay} today={today} month={view === 'month' ? day.slice(0, 7) : null} />
      )}
    </Page>
  );
}

interface DaysProps {
  readonly days: readonly string[];
  readonly byDay: ReadonlyMap<string, readonly CalendarEntry[]>;
  readonly today: string;
}

const weekday = (day: string): string => new Intl.DateTimeFormat('en-GB', { weekday: 'short' }).format(startOfDay(day));
const exactDay = (day: string): string =>
  new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'long' }).format(startOfDay(day));
/** In a cell of a month; the rest is a day away. */
const mostInCell = 3;

/** Weeks as rows of seven days. */
function Grid({ days, byDay, today, month }: DaysProps & { readonly month: string | null }) {
  return (
    <div className="flex min-h-0 flex-1 flex-col overflow-auto px-6 pb-6">
      <div aria-hidden className="grid min-w-3xl grid-cols-7 text-xs text-ink-3">
        {days.slice(0, 7).map((day) => (
          <span key={day} className="px-2 py-1">
            {weekday(day)}
          </span>
        ))}
      </div>
      <ol className="grid min-w-3xl shrink-0 grow auto-rows-[minmax(7rem,1fr)] grid-cols-7 gap-px overflow-hidden rounded-lg border border-line bg-line">
        {days.map((day) => {
          const entries = byDay.get(day) ?? [];
          const shown = month === null ? entries : entries.slice(0, mostInCell);
          return (
            <li
              key={day}
              aria-label={exactDay(day)}
              className={classes(
                'flex min-w-0 flex-col gap-0.5 p-1',
                month !== null && !day.startsWith(month) ? 'bg-canvas' : 'bg-surface',
              )}
            >
              <span
                className={classes(
                  'self-start rounded-sm px-1 text-xs tabular-nums',
                  day === today ? 'bg-accent font-semibold text-on-accent' : 'text-ink-2',
                )}
              >
                {Number(day.slice(8))}
              </span>
              {shown.map((entry) => (
                <CalendarChip key={`${entry.scheduleId} ${entry.at} ${entry.receipt?.id}`} entry={entry} />
              ))}
              {entries.length > shown.length && (
                <Link
                  to={`?view=agenda&day=${day}`}
                  className="truncate rounded-sm px-1 text-xs text-ink-3 hover:bg-hover hover:text-ink"
                >
                  {wordsOfRest(entries.slice(shown.length))}
                </Link>
              )}
            </li>
          );
        })}
      </ol>
    </div>
  );
}

function Agenda({ days, byDay, today }: DaysProps) {
  return (
    <ol className="min-h-0 flex-1 overflow-y-auto px-6 pb-6">
      {days
        .filter((day) => byDay.has(day))
        .map((day) => (
          <li key={day} className="flex gap-6 border-b border-line py-2">
            <h2 className={classes('w-44 shrink-0 text-sm', day === today ? 'font-semibold' : 'text-ink-2')}>
              {exactDay(day)}
            </h2>
            <div className="flex min-w-0 flex-1 flex-col gap-0.5">
              {(byDay.get(day) ?? []).map((entry) => (
                <CalendarChip key={`${entry.scheduleId} ${entry.at} ${entry.receipt?.id}`} entry={entry} isLong />
              ))}
            </div>
          </li>
        ))}
    </ol>
  );
}

// The next ten instants of what is being typed, or what is wrong with it. Reckoned in the browser, by what the server uses.
import { anchor, checkSchedule } from '@gathering/contract/check-schedule';
import { listNext } from '@gathering/contract/schedule-instants';
import type { ScheduleSpec } from '@gathering/contract/schedule-timing';
import { formatExact, formatRelative } from '../../lib/format.ts';
import { useNow } from '../../lib/now.ts';

const shown = 10;

interface NextInstantsProps {
  readonly spec: ScheduleSpec;
  readonly zone?: string | undefined;
  readonly label?: string;
}

export function NextInstants({ spec, zone, label = 'Next instants' }: NextInstantsProps) {
  const now = useNow('slow') || Date.now();
  if (spec.timing.kind === 'event') return null;
  const faults = checkSchedule(spec, now).filter(({ at }) => !at.startsWith('/action'));
  const instants = faults.length > 0 ? [] : listNext({ ...spec, timing: anchor(spec, now) }, now, shown);
  return (
    <section aria-label={label} className="rounded-md border border-line bg-canvas px-3 py-2 text-xs">
      <p className="mb-1 font-medium">{label}</p>
      <div className="min-h-45" aria-live="polite">
        {faults.map(({ at, message }) => (
          <p key={`${at} ${message}`} className="text-bad">
            {message}
          </p>
        ))}
        <ol className="flex flex-col tabular-nums">
          {instants.map((at) => {
            const text = new Date(at).toISOString();
            return (
              <li key={at} className="flex justify-between gap-4 leading-4.5">
                <span>{formatExact(text, zone)}</span>
                <span className="text-ink-3">{formatRelative(text, now)}</span>
              </li>
            );
          })}
        </ol>
        {faults.length === 0 && instants.length < shown && <p className="text-ink-3">Then it ends.</p>}
      </div>
    </section>
  );
}

// What an edited timing would have expected in the past month, beside what was expected.
import { backTestRoute, type Schedule } from '@gathering/contract/schedules';
import { History } from 'lucide-react';
import { formatCount, formatExact } from '../../lib/format.ts';
import { useAct } from '../../lib/query.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorBox } from '../../ui/error-box.tsx';
import type { ScheduleForm } from './use-schedule-form.ts';

export function BackTest({ schedule, form }: { readonly schedule: Schedule; readonly form: ScheduleForm }) {
  const test = useAct(backTestRoute);
  const { timing, startAt, endAt } = form.value;
  if (timing.kind === 'event') return null;
  const { data } = test;
  return (
    <section aria-label="Back-test" className="flex flex-col gap-2">
      <Button
        icon={History}
        className="self-start"
        busy={test.isPending}
        onClick={() => test.mutate({ params: { id: schedule.id }, body: { timing, startAt, endAt } })}
      >
        Compare with the past month
      </Button>
      {test.error && <ErrorBox error={test.error} />}
      {data && (
        <div role="status" className="text-xs text-ink-2">
          <p>
            {formatCount(data.after)} instants in place of {formatCount(data.before)} since {formatExact(data.from)}:{' '}
            {formatCount(data.kept)} stay.{data.truncated && ' Earlier ones are too many to compare.'}
          </p>
          <Instants title="New" instants={data.added} />
          <Instants title="Gone" instants={data.gone} />
        </div>
      )}
    </section>
  );
}

const shown = 5;

function Instants({ title, instants }: { readonly title: string; readonly instants: readonly string[] }) {
  if (instants.length === 0) return null;
  const latest = instants.slice(-shown).toReversed();
  return (
    <p>
      {title}: {latest.map((at) => formatExact(at)).join('; ')}
      {instants.length > shown && '; and earlier ones'}
    </p>
  );
}

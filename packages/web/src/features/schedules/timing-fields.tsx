// When a schedule comes due: one kind of timing with its fields, and the instants that follow from them.
import { eventTypeNames } from '@gathering/contract/events';
import type { ScheduleTiming } from '@gathering/contract/schedule-timing';
import { Field, Input } from '../../ui/input.tsx';
import { Select } from '../../ui/select.tsx';
import { fromLocal, listZones, toLocal } from './local-time.ts';
import { NextInstants } from './next-instants.tsx';
import { firstTiming, type ScheduleForm } from './use-schedule-form.ts';

const kinds = [
  { value: 'cron', label: 'By cron expression' },
  { value: 'interval', label: 'Every so often' },
  { value: 'once', label: 'Once' },
  { value: 'event', label: 'At an event' },
] as const;

export function TimingFields({ form }: { readonly form: ScheduleForm }) {
  const { timing } = form.value;
  const zone = timing.kind === 'cron' && form.faultOf('timing.zone') === undefined ? timing.zone : undefined;
  return (
    <>
      <Field label="Comes due">
        {(binding) => (
          <Select
            {...binding}
            value={timing.kind}
            options={kinds}
            onChange={(kind) => form.change({ timing: firstTiming(kind as ScheduleTiming['kind']) })}
          />
        )}
      </Field>
      {timing.kind === 'cron' && <CronFields form={form} timing={timing} />}
      {timing.kind === 'interval' && (
        <Field label="Seconds between" fault={form.faultOf('timing.everySeconds')}>
          {(binding) => (
            <Input
              {...binding}
              type="number"
              value={timing.everySeconds}
              onChange={({ target }) =>
                form.change({ timing: { kind: 'interval', everySeconds: Number(target.value) } })
              }
            />
          )}
        </Field>
      )}
      {timing.kind === 'once' && (
        <Field label="At" fault={form.faultOf('timing.at')} hint="On the clock of this computer.">
          {(binding) => (
            <Input
              {...binding}
              type="datetime-local"
              step={1}
              value={toLocal(timing.at)}
              onChange={({ target }) =>
                form.change({ timing: { kind: 'once', at: fromLocal(target.value) ?? timing.at } })
              }
            />
          )}
        </Field>
      )}
      {timing.kind === 'event' && <EventFields form={form} timing={timing} />}
      <NextInstants spec={form.spec} zone={zone && listZones('').includes(zone) ? zone : undefined} />
    </>
  );
}

type Of<K extends ScheduleTiming['kind']> = {
  readonly form: ScheduleForm;
  readonly timing: Extract<ScheduleTiming, { kind: K }>;
};

function CronFields({ form, timing }: Of<'cron'>) {
  return (
    <div className="grid gap-3 sm:grid-cols-2">
      <Field
        label="Cron expression"
        fault={form.faultOf('timing.expression')}
        hint="Minute, hour, day, month, weekday; or six with the second first."
      >
        {(binding) => (
          <Input
            {...binding}
            className="font-mono"
            spellCheck={false}
            value={timing.expression}
            onChange={({ target }) => form.change({ timing: { ...timing, expression: target.value } })}
          />
        )}
      </Field>
      <Field
        label="Time zone"
        fault={form.faultOf('timing.zone')}
        hint="When its clocks jump, named times still come once."
      >
        {(binding) => (
          <Select
            {...binding}
            value={timing.zone}
            options={listZones(timing.zone).map((zone) => ({ value: zone, label: zone }))}
            onChange={(zone) => form.change({ timing: { ...timing, zone } })}
          />
        )}
      </Field>
    </div>
  );
}

function EventFields({ form, timing }: Of<'event'>) {
  return (
    <div className="grid gap-3 sm:grid-cols-2">
      <Field label="Event" fault={form.faultOf('timing.eventType')}>
        {(binding) => (
          <Select
            {...binding}
            value={timing.eventType}
            options={eventTypeNames.map((name) => ({ value: name, label: name }))}
            onChange={(name) => form.change({ timing: { ...timing, eventType: name as typeof timing.eventType } })}
          />
        )}
      </Field>
      <Field label="About" optional hint="For example pipelines/ and an id." fault={form.faultOf('timing.subject')}>
        {(binding) => (
          <Input
            {...binding}
            className="font-mono"
            value={timing.subject ?? ''}
            onChange={({ target }) =>
              form.change({ timing: { ...timing, subject: target.value === '' ? undefined : target.value } })
            }
          />
        )}
      </Field>
    </div>
  );
}

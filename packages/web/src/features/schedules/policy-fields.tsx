// The rest of a schedule, which most leave as it is: its bounds, jitter, and what it does about missed, overlapping and
// failed work.
import { missedPolicies, overlapPolicies } from '@gathering/contract/schedule-timing';
import { ChevronRight } from 'lucide-react';
import { useState } from 'react';
import { classes } from '../../ui/classes.ts';
import { Field, Input } from '../../ui/input.tsx';
import { Select } from '../../ui/select.tsx';
import { missedWords, overlapWords } from './describe.ts';
import { fromLocal, toLocal } from './local-time.ts';
import type { ScheduleForm } from './use-schedule-form.ts';

const numbers = [
  { name: 'jitterSeconds', label: 'Jitter, seconds' },
  { name: 'missedAfterSeconds', label: 'Missed after, seconds' },
  { name: 'missedLimit', label: 'Most made up for' },
  { name: 'retries', label: 'Retries' },
  { name: 'retrySeconds', label: 'First pause, seconds' },
] as const;

export function PolicyFields({ form }: { readonly form: ScheduleForm }) {
  const [isOpen, setOpen] = useState(false);
  const { value } = form;
  return (
    <div className="flex flex-col gap-3">
      <button
        type="button"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
        className="flex items-center gap-1 self-start text-sm text-ink-2 hover:text-ink"
      >
        <ChevronRight size={13} aria-hidden className={classes('transition-transform', isOpen && 'rotate-90')} />
        Bounds, overlap, missed and failed work
      </button>
      {isOpen && (
        <div className="grid gap-3 sm:grid-cols-2">
          {(['startAt', 'endAt'] as const).map((name) => (
            <Field key={name} label={name === 'startAt' ? 'Starts' : 'Ends'} optional fault={form.faultOf(name)}>
              {(binding) => (
                <Input
                  {...binding}
                  type="datetime-local"
                  step={1}
                  value={toLocal(value[name])}
                  onChange={({ target }) => form.change({ [name]: fromLocal(target.value) })}
                />
              )}
            </Field>
          ))}
          <Field label="While earlier work goes on" fault={form.faultOf('overlap')}>
            {(binding) => (
              <Select
                {...binding}
                value={value.overlap}
                options={overlapPolicies.map((name) => ({ value: name, label: overlapWords[name] }))}
                onChange={(overlap) => form.change({ overlap: overlap as typeof value.overlap })}
              />
            )}
          </Field>
          <Field label="What was missed" fault={form.faultOf('missed')}>
            {(binding) => (
              <Select
                {...binding}
                value={value.missed}
                options={missedPolicies.map((name) => ({ value: name, label: missedWords[name] }))}
                onChange={(missed) => form.change({ missed: missed as typeof value.missed })}
              />
            )}
          </Field>
          <Field label="Ends after so many" optional fault={form.faultOf('maxCount')}>
            {(binding) => (
              <Input
                {...binding}
                type="number"
                value={value.maxCount ?? ''}
                onChange={({ target }) => form.change({ maxCount: target.value === '' ? null : Number(target.value) })}
              />
            )}
          </Field>
          {numbers.map(({ name, label }) => (
            <Field key={name} label={label} fault={form.faultOf(name)}>
              {(binding) => (
                <Input
                  {...binding}
                  type="number"
                  value={value[name]}
                  onChange={({ target }) => form.change({ [name]: Number(target.value) })}
                />
              )}
            </Field>
          ))}
        </div>
      )}
    </div>
  );
}

// The form of a schedule: its values are the body that is sent. Faults of single fields come from the schema, those of the
// whole from the contract's own check, and what only the server knows from its refusal.
import { checkSchedule } from '@gathering/contract/check-schedule';
import { type ScheduleSpec, type ScheduleTiming, scheduleDefaults } from '@gathering/contract/schedule-timing';
import { newScheduleSchema, type Schedule } from '@gathering/contract/schedules';
import { useState } from 'react';
import { type Faults, nameOfPointer, useForm } from '../../lib/use-form.ts';
import { ownZone } from './local-time.ts';

export interface ScheduleValues extends ScheduleSpec {
  readonly name: string;
  readonly description: string;
  readonly projectId: string | null;
}

export function firstTiming(kind: ScheduleTiming['kind']): ScheduleTiming {
  if (kind === 'cron') return { kind, expression: '0 9 * * MON-FRI', zone: ownZone() };
  if (kind === 'interval') return { kind, everySeconds: 3600 };
  if (kind === 'event') return { kind, eventType: 'pipelines.run-ended' };
  return { kind, at: new Date(Math.ceil(Date.now() / 3_600_000) * 3_600_000).toISOString() };
}

function firstValues(schedule: Schedule | undefined): ScheduleValues {
  const base = { name: '', description: '', projectId: null, ...scheduleDefaults };
  const fresh = { ...base, timing: firstTiming('cron'), action: { kind: 'execute_pipeline', pipelineId: '' } } as const;
  if (schedule === undefined) return fresh;
  const { name, description, projectId, timing, action, startAt, endAt, maxCount, jitterSeconds } = schedule;
  const { missed, missedLimit, missedAfterSeconds, overlap, retries, retrySeconds } = schedule;
  return {
    ...{ name, description, projectId, timing, action, startAt, endAt, maxCount, jitterSeconds },
    ...{ missed, missedLimit, missedAfterSeconds, overlap, retries, retrySeconds },
  };
}

export function useScheduleForm(schedule: Schedule | undefined) {
  const form = useForm(newScheduleSchema, firstValues(schedule), { key: `schedule.${schedule?.id ?? 'new'}` });
  const [isAsked, setAsked] = useState(false);
  const { name: _name, description: _description, projectId: _project, ...spec } = form.value;
  const found = checkSchedule(spec, Date.now());
  const whole: Faults = Object.fromEntries(found.map(({ at, message }) => [nameOfPointer(at), message]));
  return {
    ...form,
    spec,
    faultOf: (name: string): string | undefined => form.faultOf(name) ?? (isAsked ? whole[name] : undefined),
    send: (onValid: Parameters<typeof form.send>[0]): void => {
      setAsked(true);
      form.send((body) => {
        if (found.length === 0) onValid(body);
        else form.refuse(null);
      });
    },
  };
}
export type ScheduleForm = ReturnType<typeof useScheduleForm>;

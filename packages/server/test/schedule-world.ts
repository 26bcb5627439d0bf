// Schedules in tests: a context with a queue that records, one of each kind of schedule, and what they left behind.
import type { Json } from '@gathering/contract/json';
import type { ScheduleAction } from '@gathering/contract/schedule-timing';
import type { NewSchedule, Schedule } from '@gathering/contract/schedules';
import { createPipeline } from '../src/features/pipelines/service.ts';
import { createSchedule } from '../src/features/schedules/service.ts';
import type { Database } from '../src/platform/db/database.ts';
import { makeDefinition } from './api.ts';
import { type RecordingQueue, recordQueue } from './fakes/recording-queue.ts';
import { makeTestCtx, type TestCtx } from './make-ctx.ts';
import { insertOwnerOfTests } from './make-user.ts';

export const minuteMs = 60_000;
export const notifying: ScheduleAction = { kind: 'send_notification', title: 'Told' };
export const everyMinute = { kind: 'cron' as const, expression: '* * * * *', zone: 'UTC' };

export interface Left {
  readonly at: string;
  readonly kind: string;
  readonly status: string;
  readonly reason: string | null;
  readonly detail: string | null;
  readonly late_ms: number | null;
  readonly outcome: string | null;
  readonly attempt: number;
  readonly work_kind: string | null;
  readonly work_id: string | null;
}

export interface ScheduleWorld {
  readonly ctx: TestCtx;
  readonly queue: RecordingQueue;
  make(more: Partial<NewSchedule>): Promise<Schedule>;
  /** Receipts of one schedule by time. */
  left(id: string): Promise<Left[]>;
  /** Id of a pipeline that waits for long. */
  makePipeline(): Promise<string>;
  endRun(id: string, status: string): Promise<void>;
  query<T>(text: string, values?: readonly Json[]): Promise<T[]>;
}

/** The clock stands at 10:00:30 in UTC. */
export async function makeScheduleWorld(database: Database): Promise<ScheduleWorld> {
  const queue = recordQueue();
  const ctx: TestCtx = { ...makeTestCtx(database), queue };
  ctx.clock.advance(30_000);
  await insertOwnerOfTests(database);
  const query = async <T>(text: string, values: readonly Json[] = []) => (await database.query<T>(text, values)).rows;
  return {
    ctx,
    queue,
    query,
    make: (more) =>
      createSchedule(ctx, { body: { name: 'Schedule', timing: everyMinute, action: notifying, ...more } }),
    left: async (id) => {
      const rows = await query<Omit<Left, 'at'> & { at: Date }>(
        `select at, kind, status, reason, detail, late_ms, outcome, attempt, work_kind, work_id
         from schedule.receipts where schedule_id = $1 order by at, id`,
        [id],
      );
      return rows.map((row) => ({ ...row, at: row.at.toISOString().slice(11, 19) }));
    },
    makePipeline: async () => {
      const wait = { id: 'wait', type: 'delay', config: { seconds: 86_400 } };
      return (await createPipeline(ctx, makeDefinition('Waiting', [wait], [['start', 'wait']]))).id;
    },
    endRun: async (id, status) => {
      await query('update pipeline.runs set status = $2, ended_at = $3 where id = $1', [
        id,
        status,
        ctx.clock.now().toISOString(),
      ]);
    },
  };
}

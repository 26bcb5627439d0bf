// What the Home page shows, put together from what each feature tells of itself.
import type { homeSchema } from '@gathering/contract/operations';
import type * as z from 'zod';
import type { Ctx } from '../../ctx.ts';

type Home = z.infer<typeof homeSchema>;
type Usage = Omit<Home['today'], 'runsCompleted' | 'runsFailed'>;

export interface HomeParts {
  runs(ctx: Ctx): Promise<Pick<Home, 'running' | 'failed'>>;
  tasks(ctx: Ctx): Promise<Home['tasks']>;
  needsPerson(ctx: Ctx): Promise<Home['needsPerson']>;
  usageToday(ctx: Ctx): Promise<Usage>;
  endedRuns(ctx: Ctx, since: Date): Promise<{ completed: number; failed: number }>;
}

let homeParts: HomeParts | undefined;

/** Called by `boot`: operations know none of those who have something to show. */
export function registerHomeParts(parts: HomeParts): void {
  homeParts = parts;
}

/** Today is the day in UTC, as usage is counted. */
export async function readHome(ctx: Ctx): Promise<Home> {
  if (homeParts === undefined) throw new Error('Nobody registered what the Home page shows: call registerHomeParts().');
  const midnight = new Date(ctx.clock.now());
  midnight.setUTCHours(0, 0, 0, 0);
  const [runs, tasks, needsPerson, usage, ended] = await Promise.all([
    homeParts.runs(ctx),
    homeParts.tasks(ctx),
    homeParts.needsPerson(ctx),
    homeParts.usageToday(ctx),
    homeParts.endedRuns(ctx, midnight),
  ]);
  return { ...runs, tasks, needsPerson, today: { ...usage, runsCompleted: ended.completed, runsFailed: ended.failed } };
}

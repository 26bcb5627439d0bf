// Tells people of a schedule's problem: once, and again only after it was over.
import type { Ctx, Tx } from '../../ctx.ts';
import { userOf } from '../../ctx.ts';
import { notify } from '../notifications/index.ts';
import { deleteAlerts, insertAlert } from './store/scheduler.ts';

export type Problem = 'refused' | 'failed' | 'missing-receipts';

export interface AlertAbout {
  readonly id: string;
  readonly name: string;
  readonly created_by: string;
}

const titles: Readonly<Record<Problem, (name: string) => string>> = {
  refused: (name) => `The schedule "${name}" cannot do its work`,
  failed: (name) => `The schedule "${name}" failed`,
  'missing-receipts': (name) => `The schedule "${name}" did not run when it should have`,
};

/** To whoever made the schedule; where they are gone, to operators. */
export async function raiseAlert(
  ctx: Ctx,
  tx: Tx,
  { id, name, created_by }: AlertAbout,
  problem: Problem,
  message: string,
): Promise<void> {
  if (!(await insertAlert(tx, id, problem, message, ctx.clock.now()))) return;
  const urgency = problem === 'refused' ? 'needs-person' : 'failure';
  const title = titles[problem](name);
  await notify(ctx, tx, { title, body: message, urgency, link: `/schedules/${id}`, userId: userOf(created_by) });
}

export function closeAlerts(tx: Tx, scheduleIds: readonly string[], problems: readonly Problem[]): Promise<void> {
  return deleteAlerts(tx, scheduleIds, problems);
}

// Retention: removes what is older than its limit, of every feature that keeps something. Any number of processes may
// sweep at once; each removes what it finds.
import type { Settings } from '@gathering/contract/operations';
import type { Ctx } from '../../ctx.ts';
import { emitEvent, removeOldEvents } from '../events/index.ts';
import { readSettings } from './settings.ts';

const dayMs = 86_400_000;

export interface Sweep {
  /** What is removed, in one plural word: `runs`. */
  readonly name: string;
  /** After how many days, as the settings say. */
  days(settings: Settings): number;
  /** Removes in bounded steps, stops when the signal is aborted, answers how many. */
  remove(ctx: Ctx, before: Date): Promise<number>;
}

const sweeps = new Map<string, Sweep>([
  ['events', { name: 'events', days: ({ eventRetentionDays }) => eventRetentionDays, remove: removeOldEvents }],
]);

/** Called by `boot` for every feature whose rows grow. */
export function registerSweep(sweep: Sweep): void {
  sweeps.set(sweep.name, sweep);
}

/** Every sweep has its try, also after one that failed; the first failure is thrown at the end. */
export async function sweepOldRows(ctx: Ctx): Promise<Record<string, number>> {
  const settings = await readSettings(ctx);
  const removed: Record<string, number> = {};
  const failures: unknown[] = [];
  for (const { name, days, remove } of sweeps.values()) {
    if (ctx.signal.aborted) break;
    try {
      const count = await remove(ctx, new Date(ctx.clock.now().getTime() - days(settings) * dayMs));
      if (count > 0) removed[name] = count;
    } catch (error) {
      failures.push(new Error(`Old ${name} could not be removed.`, { cause: error }));
    }
  }
  if (Object.keys(removed).length > 0) {
    await ctx.tx((tx) =>
      emitEvent(ctx, tx, { type: 'operations.rows-removed', subject: 'operations/retention', payload: removed }),
    );
  }
  if (failures.length > 0) throw failures[0];
  return removed;
}

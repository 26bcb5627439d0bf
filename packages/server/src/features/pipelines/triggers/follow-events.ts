// Triggers that follow events: reads what was stored since the last look and starts a run for each event that a trigger
// takes. Any number of processes may do so.
// Invariant: the place in the stream moves in the transaction that starts the runs, and only for whoever read from it; so
// no event is passed over, and none starts two runs of one trigger.
import { AppError } from '@gathering/contract/errors';
import { deepestCause } from '@gathering/contract/pipelines-triggers';
import type { Ctx } from '../../../ctx.ts';
import { keepLooking } from '../../../platform/keep-looking.ts';
import { onStored, readPresentCursor, readTypesAfter, type StoredEvent } from '../../events/index.ts';
import type { RunPlan } from '../settle-starts.ts';
import { prepareRun, startPreparedRuns } from '../start-run.ts';
import {
  type FollowerRow,
  followAnew,
  listFollowedTypes,
  listFollowers,
  moveFollowCursor,
  readCauseDepths,
  readFollowCursor,
} from '../store/triggers.ts';
import { actAsMaker, type Unable } from './act-as-maker.ts';
import { fitsFilter } from './check-filter.ts';
import { recordRefusal } from './refuse-start.ts';
import { onTriggersChanged } from './wake.ts';

/** `idle`: nothing follows events. `more`: there may be further ones that can be read already. */
export type Looked = 'idle' | 'done' | 'more';

const batchSize = 250;
/** Of one commit; what is beyond comes with the next look. */
const mostStarts = 200;
const receiptMs = 7 * 24 * 3_600_000;

/** One look: at most 250 events, in their order. */
export async function followEvents(ctx: Ctx): Promise<Looked> {
  const from = await readFollowCursor(ctx.database);
  if (from === null) return 'idle';
  const page = await readTypesAfter(ctx.database, from, await listFollowedTypes(ctx.database), batchSize);
  if (page.future) {
    ctx.log.warn('The place of the triggers in the events lies in the future of this database; it begins anew.');
    const present = await readPresentCursor(ctx.database);
    await ctx.tx((tx) => followAnew(tx, from, present));
    return 'more';
  }
  if (page.cursor === from) return 'done';
  const planned = await planStarts(ctx, page.events);
  const to = planned.upTo ?? page.cursor;
  await ctx.tx(async (tx) => {
    if (await moveFollowCursor(tx, from, to)) await startPreparedRuns(ctx, tx, planned.plans);
  });
  return page.more || planned.upTo !== null ? 'more' : 'done';
}

interface Planned {
  readonly plans: readonly RunPlan[];
  /** The last event that was looked at; null: all of them were. */
  readonly upTo: string | null;
}

async function planStarts(ctx: Ctx, events: readonly StoredEvent[]): Promise<Planned> {
  if (events.length === 0) return { plans: [], upTo: null };
  const followers = await listFollowers(ctx.database, [...new Set(events.map(({ event }) => event.type))]);
  const makers = new Map<string, Ctx | Unable>();
  for (const follower of followers) makers.set(follower.id, await actAsMaker(ctx, follower));
  const depths = await readCauseDepths(ctx.database, events.flatMap(runsOf));
  const given = new Set<FollowerRow>();
  const plans: RunPlan[] = [];
  for (const [place, stored] of events.entries()) {
    const depth = 1 + Math.max(0, ...runsOf(stored).map((id) => depths.get(id) ?? 0));
    const concerned = followers.filter((follower) => !given.has(follower) && follows(follower, stored));
    const made = await Promise.all(
      concerned.map((follower) => planStart(ctx, follower, makers.get(follower.id), stored, depth)),
    );
    for (const [index, plan] of made.entries()) {
      if (plan === 'cut-off') given.add(concerned[index] as FollowerRow);
      else if (plan !== null) plans.push(plan);
    }
    if (plans.length >= mostStarts && place < events.length - 1) return { plans, upTo: stored.cursor };
  }
  return { plans, upTo: null };
}

const runsOf = ({ event }: StoredEvent): string[] =>
  [event.subject, ...event.related].flatMap((name) => /^runs\/([0-9a-f-]{36})$/.exec(name)?.[1] ?? []);

/** Nothing that happened before the trigger was made or switched on. */
function follows(follower: FollowerRow, { cursor, event }: StoredEvent): boolean {
  const [xid = '0'] = cursor.split('-');
  return follower.event_types.includes(event.type) && BigInt(xid) > BigInt(follower.follows_from);
}

/**
 * Null: it does not take the event, or cannot start anything, which is then told beside it. `cut-off`: its filter took too
 * long and is not tried again in this look, so that it does not hold up the others.
 */
async function planStart(
  ctx: Ctx,
  follower: FollowerRow,
  maker: Ctx | Unable | undefined,
  { cursor, event, audience }: StoredEvent,
  depth: number,
): Promise<RunPlan | 'cut-off' | null> {
  if (maker === undefined || 'unable' in maker) {
    await recordRefusal(ctx, follower, 'pipelines.hook-unable', maker?.unable ?? 'Its maker was not found.');
    return null;
  }
  if (!maker.may('events.read', audience)) return null;
  const fits = await fitsFilter(follower.filter, event);
  if (!fits.ok) {
    await recordRefusal(ctx, follower, 'pipelines.expression-failed', `The filter failed: ${fits.message}.`);
    return fits.message.includes('cut off') ? 'cut-off' : null;
  }
  if (fits.value !== true) return null;
  if (depth > deepestCause) {
    const words = `Runs and events have started each other ${deepestCause} times in a row; this chain ends here.`;
    await recordRefusal(ctx, follower, 'pipelines.cause-too-deep', words);
    return null;
  }
  return prepare(ctx, maker, follower, { cursor, event, audience }, depth);
}

async function prepare(
  ctx: Ctx,
  maker: Ctx,
  follower: FollowerRow,
  { cursor, event }: StoredEvent,
  depth: number,
): Promise<RunPlan | null> {
  const at = ctx.clock.now();
  const expiresAt = new Date(at.getTime() + receiptMs);
  try {
    return await prepareRun(maker, {
      pipelineId: follower.pipeline_id,
      pipelineVersion: follower.version,
      definition: follower.definition,
      input: { event },
      projectId: follower.project_id,
      trigger: { id: follower.id, depth },
      claims: { once: { scope: `triggers/${follower.id}/events`, key: cursor, fingerprint: '', at, expiresAt } },
    });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const faults = error.faults?.map(({ message }) => message).join(' ') ?? '';
    await recordRefusal(ctx, follower, error.code, `${error.message} ${faults}`.trim());
    return null;
  }
}

const gapMs = 100;
const pollMs = 1_100;

/** Follows from now on, woken by what this process stores. Returns how to stop; a look that runs ends first. */
export function startFollowing(ctx: Ctx): () => Promise<void> {
  let isIdle = false;
  return keepLooking({
    look: async () => {
      const looked = await followEvents(ctx);
      isIdle = looked === 'idle';
      return looked === 'more' ? 0 : pollMs;
    },
    hear: (wake) => {
      // While nothing follows events, none of them is a reason to look.
      const stops = [onStored(() => !isIdle && wake()), onTriggersChanged(wake)];
      return () => {
        for (const stop of stops) stop();
      };
    },
    gapMs,
    log: ctx.log,
    words: {
      failing: 'Triggers cannot follow events; trying until they can.',
      again: 'Triggers follow events again.',
    },
  });
}

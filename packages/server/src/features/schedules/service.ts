// Schedules: made, read, changed, paused, resumed, removed. What a schedule says changes from now on, by a new version of
// it: instants before keep theirs. Whoever changes what it does is who it acts for from then on.
import { AppError } from '@gathering/contract/errors';
import type { InputOf, ReplyOf } from '@gathering/contract/route';
import {
  type ScheduleSpec,
  scheduleDefaults,
  scheduleParts,
  scheduleSpecSchema,
} from '@gathering/contract/schedule-timing';
import type {
  changeScheduleRoute,
  createScheduleRoute,
  listSchedulesRoute,
  Schedule,
} from '@gathering/contract/schedules';
import { actorName, type Ctx, sightOf, type Tx } from '../../ctx.ts';
import { isId } from '../../platform/ids.ts';
import { cutPage, readPageCursor } from '../../platform/page-cursor.ts';
import { recordAudit } from '../audit/index.ts';
import { emitEvent, readPresentCursor } from '../events/index.ts';
import { closeAlerts } from './alerts.ts';
import { requireSound } from './check-spec.ts';
import { guardOfSchedule, requireSeen } from './guard.ts';
import { findNext } from './rules.ts';
import { beginEvents } from './store/scheduler.ts';
import {
  countSchedules,
  deleteSchedule,
  insertSchedule,
  insertSpec,
  lockSchedule,
  type ScheduleRow,
  type SpecRow,
  selectSchedule,
  selectSchedules,
  selectSpecs,
  updateSchedule,
} from './store/schedules.ts';
import { toSchedules } from './to-schedule.ts';
import { announceChanged } from './wake.ts';

const mostSchedules = 10_000;

export async function listSchedulePage(
  ctx: Ctx,
  { query: { cursor, limit, state } }: InputOf<typeof listSchedulesRoute>,
): Promise<ReplyOf<typeof listSchedulesRoute>> {
  const before = readPageCursor(cursor, 1, ([id = '']) => isId(id))?.[0] ?? null;
  const rows = await selectSchedules(ctx.database, sightOf(ctx.actor), {
    before,
    state: state ?? null,
    limit: limit + 1,
  });
  const { items, nextCursor } = cutPage(rows, limit, (row) => [row.id]);
  return { items: await toSchedules(ctx, items), nextCursor };
}

/** Throws AppError `schedules.not-found`, also for one that the actor may not see. */
export async function findSeen(ctx: Pick<Ctx, 'database' | 'may'>, id: string): Promise<ScheduleRow> {
  return requireSeen(ctx, await selectSchedule(ctx.database, id));
}

export async function readSchedule(ctx: Ctx, id: string): Promise<Schedule> {
  return show(ctx, await findSeen(ctx, id));
}

async function show(ctx: Ctx, row: ScheduleRow): Promise<Schedule> {
  const [schedule] = await toSchedules(ctx, [row]);
  if (!schedule) throw new Error('One schedule was shown as none.');
  return schedule;
}

export async function createSchedule(ctx: Ctx, { body }: InputOf<typeof createScheduleRoute>): Promise<Schedule> {
  const { name, description = '', projectId = null, ...given } = body;
  const spec = await requireSound(ctx, fill(scheduleDefaults, given), projectId);
  const present = await presentFor(ctx, spec);
  const now = ctx.clock.now();
  const id = ctx.ids.next();
  const by = actorName(ctx.actor);
  const version = versionOf(ctx, id, now, 'active', spec);
  const next = findNext(id, [version], now.getTime());
  const row: ScheduleRow = {
    ...{ id, name, description, project_id: projectId, created_by: by, state: 'active', spec, actor_id: by },
    ...{ revision: 1, run_count: 0, accounted_until: now, watched_until: now, created_at: now, updated_at: now },
    next_instant: next === null ? null : new Date(next.at),
    next_at: next === null ? null : new Date(next.dueAt),
  };
  await ctx.tx(async (tx) => {
    if ((await countSchedules(tx)) >= mostSchedules) throw new AppError('schedules.too-many');
    await insertSchedule(tx, row);
    await insertSpec(tx, version);
    if (present !== null) await beginEvents(tx, present);
    await tell(ctx, tx, 'schedules.created', row, { name });
    await audit(ctx, tx, 'schedules.create', id, { name, action: spec.action.kind, projectId });
  });
  return show(ctx, row);
}

/** Only what is a part of a spec and was given. */
function fill(base: object, given: object): ScheduleSpec {
  const parts = Object.entries(given).filter(([key, value]) => key in scheduleParts && value !== undefined);
  return scheduleSpecSchema.parse({ ...base, ...Object.fromEntries(parts) });
}

/** Where a schedule of events begins to read; asked before the transaction, so that it misses nothing after it. */
async function presentFor(ctx: Ctx, { timing }: ScheduleSpec): Promise<string | null> {
  return timing.kind === 'event' ? readPresentCursor(ctx.database) : null;
}

function versionOf(ctx: Ctx, scheduleId: string, from: Date, state: SpecRow['state'], spec: ScheduleSpec): SpecRow {
  const { scopes } = ctx.actor;
  return {
    id: ctx.ids.next(),
    schedule_id: scheduleId,
    valid_from: from,
    state,
    spec,
    actor_id: actorName(ctx.actor),
    scopes,
  };
}

export async function changeSchedule(
  ctx: Ctx,
  { params, body }: InputOf<typeof changeScheduleRoute>,
): Promise<Schedule> {
  const before = await findSeen(ctx, params.id);
  const { revision, name, description, projectId, ...given } = body;
  const goal = projectId === undefined ? before.project_id : projectId;
  const spec = await requireSound(ctx, fill(before.spec, given), goal);
  const present = await presentFor(ctx, spec);
  const after = await ctx.tx(async (tx) => {
    const row = requireSeen(ctx, await lockSchedule(tx, params.id));
    // What was checked is what is saved: a change in between is a conflict as well.
    if (row.revision !== (revision ?? before.revision)) throw new AppError('schedules.changed');
    const isSaid = Object.keys(given).length > 0 || goal !== row.project_id;
    const changed = isSaid ? await sayAnew(ctx, tx, row, row.state === 'ended' ? 'active' : row.state, spec) : row;
    const saved: ScheduleRow = {
      ...changed,
      name: name ?? row.name,
      description: description ?? row.description,
      project_id: goal,
      actor_id: isSaid ? actorName(ctx.actor) : row.actor_id,
      revision: row.revision + 1,
      updated_at: ctx.clock.now(),
    };
    await updateSchedule(tx, saved);
    if (present !== null) await beginEvents(tx, present);
    if (isSaid) await closeAlerts(tx, [row.id], ['refused', 'failed']);
    await tell(ctx, tx, 'schedules.changed', saved, { name: saved.name, revision: saved.revision });
    await audit(ctx, tx, 'schedules.change', row.id, { fields: Object.keys(body).sort() });
    return saved;
  });
  return show(ctx, after);
}

/** A new version from now on; what was due before is still to be accounted for by the versions before. */
async function sayAnew(
  ctx: Ctx,
  tx: Tx,
  row: ScheduleRow,
  state: SpecRow['state'],
  spec: ScheduleSpec,
  actsFor?: Pick<SpecRow, 'actor_id' | 'scopes'>,
): Promise<ScheduleRow> {
  // Clocks of two machines may differ: what has its receipts is over, whatever this one says.
  const from = new Date(Math.max(ctx.clock.now().getTime(), row.accounted_until.getTime()));
  const version: SpecRow = { ...versionOf(ctx, row.id, from, state, spec), ...actsFor };
  await insertSpec(tx, version);
  const versions = await selectSpecs(tx, [row.id], [row.accounted_until]);
  // Of the time in which it had ended nothing is to be made up for.
  const accounted = row.state === 'ended' ? from : row.accounted_until;
  const next = findNext(row.id, versions, accounted.getTime());
  return {
    ...row,
    state: next === null && spec.timing.kind !== 'event' ? 'ended' : state,
    spec,
    accounted_until: accounted,
    next_instant: next === null ? null : new Date(next.at),
    next_at: next === null ? null : new Date(next.dueAt),
  };
}

/** Paused: its instants are skipped from now on. Doing it again changes nothing. */
export async function setPaused(ctx: Ctx, id: string, isPaused: boolean): Promise<Schedule> {
  const after = await ctx.tx(async (tx) => {
    const row = requireSeen(ctx, await lockSchedule(tx, id));
    if (row.state === 'ended') throw new AppError('schedules.ended');
    if ((row.state === 'paused') === isPaused) return row;
    const latest = (await selectSpecs(tx, [id], [ctx.clock.now()])).at(-1);
    const state = isPaused ? 'paused' : 'active';
    const actsFor = { actor_id: row.actor_id, scopes: latest?.scopes ?? null };
    const said = await sayAnew(ctx, tx, row, state, row.spec, actsFor);
    const saved: ScheduleRow = { ...said, revision: row.revision + 1, updated_at: ctx.clock.now() };
    await updateSchedule(tx, saved);
    await tell(ctx, tx, 'schedules.changed', saved, { state: saved.state, revision: saved.revision });
    await audit(ctx, tx, isPaused ? 'schedules.pause' : 'schedules.resume', id, {});
    return saved;
  });
  return show(ctx, after);
}

export async function removeSchedule(ctx: Ctx, id: string): Promise<undefined> {
  await ctx.tx(async (tx) => {
    const row = requireSeen(ctx, await lockSchedule(tx, id));
    await deleteSchedule(tx, id);
    await tell(ctx, tx, 'schedules.removed', row, { name: row.name });
    await audit(ctx, tx, 'schedules.remove', id, { name: row.name });
  });
}

type Told = Parameters<typeof recordAudit>[2]['details'];

function audit(ctx: Ctx, tx: Tx, action: string, id: string, details: Told): Promise<void> {
  return recordAudit(ctx, tx, { action, object: `schedules/${id}`, ...(details && { details }) });
}

async function tell(
  ctx: Ctx,
  tx: Tx,
  type: 'schedules.created' | 'schedules.changed' | 'schedules.removed',
  row: ScheduleRow,
  payload: NonNullable<Told>,
): Promise<void> {
  tx.afterCommit(announceChanged);
  await emitEvent(ctx, tx, { type, subject: `schedules/${row.id}`, payload, audience: guardOfSchedule(row) });
}

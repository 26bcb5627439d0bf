// Triggers of a pipeline: add, change, renew, remove. Token and secret are answered once; the database keeps the hash of
// the one and the other sealed.
import { AppError, type Fault } from '@gathering/contract/errors';
import {
  type changeTriggerRoute,
  type createTriggerRoute,
  defaultReplayWindowSeconds,
  mostTriggers,
  type NewTrigger,
  type Trigger,
} from '@gathering/contract/pipelines-triggers';
import type { InputOf } from '@gathering/contract/route';
import { actorName, type Ctx, type Tx } from '../../../ctx.ts';
import { hashToken, randomToken } from '../../../platform/tokens.ts';
import { recordAudit } from '../../audit/index.ts';
import { emitEvent } from '../../events/index.ts';
import { readProject } from '../../projects/index.ts';
import { nodePermission } from '../act-as-starter.ts';
import { readPipeline } from '../service.ts';
import { findPipelineForChange } from '../store/pipelines.ts';
import {
  beginToFollow,
  countTriggers,
  deleteTrigger,
  insertTrigger,
  listTriggerRows,
  lockTrigger,
  type NewTriggerRow,
  type TriggerRow,
  updateTrigger,
  updateTriggerSecrets,
} from '../store/triggers.ts';
import { requireFilter } from './check-filter.ts';
import { secretContext } from './secret-context.ts';
import { announceTriggers } from './wake.ts';

type CreateBody = InputOf<typeof createTriggerRoute>['body'];
type ChangeBody = InputOf<typeof changeTriggerRoute>['body'];

function toTrigger(row: TriggerRow): Trigger {
  const webhook = { signed: row.sealed_secret !== null, replayWindowSeconds: row.replay_window_seconds };
  return {
    id: row.id,
    pipelineId: row.pipeline_id,
    kind: row.kind,
    name: row.name,
    enabled: row.enabled,
    projectId: row.project_id,
    madeBy: row.actor_id,
    webhook: row.kind === 'webhook' ? webhook : null,
    event: row.kind === 'event' ? { types: [...row.event_types], filter: row.filter } : null,
    createdAt: row.created_at.toISOString(),
    firedCount: row.fired_count,
    lastFiredAt: row.last_fired_at?.toISOString() ?? null,
    refusedCount: row.refused_count,
    lastRefusal:
      row.last_refused_at === null ? null : { at: row.last_refused_at.toISOString(), reason: row.last_refusal ?? '' },
  };
}

export async function listTriggers(ctx: Ctx, pipelineId: string): Promise<{ items: Trigger[] }> {
  await readPipeline(ctx, pipelineId);
  return { items: (await listTriggerRows(ctx.database, pipelineId, mostTriggers)).map(toTrigger) };
}

interface Keys {
  readonly token: string;
  readonly secret: string | null;
}

const makeKeys = (isSigned: boolean): Keys => ({
  token: `hook_${randomToken()}`,
  secret: isSigned ? `whsec_${randomToken()}` : null,
});

const sealSecret = (ctx: Ctx, id: string, { secret }: Keys): string | null =>
  secret === null ? null : ctx.secrets.seal(secret, secretContext(id));

const showKeys = (ctx: Ctx, trigger: Trigger, keys: Keys | null): NewTrigger => ({
  trigger,
  url: keys === null ? null : `${ctx.serverUrl()}/api/hooks/${keys.token}`,
  secret: keys?.secret ?? null,
});

export async function createTrigger(ctx: Ctx, pipelineId: string, body: CreateBody): Promise<NewTrigger> {
  await readPipeline(ctx, pipelineId);
  if (body.kind === 'event') requireFilter(body.filter);
  // What it starts has these rights: nobody makes a trigger for what they may not do themselves.
  if (!ctx.may(nodePermission)) throw new AppError('auth.forbidden', { detail: `It needs ${nodePermission}.` });
  if (body.projectId !== null) await readProject(ctx, body.projectId);
  const keys = body.kind === 'webhook' ? makeKeys(body.signed) : null;
  const row = planRow(ctx, pipelineId, body, keys);
  return ctx.tx(async (tx) => {
    // Before all other locks, in the order in which whoever follows events takes them.
    if (row.kind === 'event' && row.enabled) await beginToFollow(tx);
    if ((await findPipelineForChange(tx, pipelineId)) === null) throw new AppError('pipelines.not-found');
    if ((await countTriggers(tx, pipelineId)) >= mostTriggers) throw new AppError('pipelines.too-many-triggers');
    const trigger = toTrigger(await insertTrigger(tx, row));
    await tell(ctx, tx, trigger, 'created');
    return showKeys(ctx, trigger, keys);
  });
}

function planRow(ctx: Ctx, pipelineId: string, body: CreateBody, keys: Keys | null): NewTriggerRow {
  const id = ctx.ids.next();
  return {
    id,
    pipeline_id: pipelineId,
    kind: body.kind,
    name: body.name,
    enabled: body.enabled,
    project_id: body.projectId,
    actor_id: actorName(ctx.actor),
    scopes: ctx.actor.scopes,
    token_hash: keys === null ? null : hashToken(keys.token),
    sealed_secret: keys === null ? null : sealSecret(ctx, id, keys),
    replay_window_seconds: body.kind === 'webhook' ? body.replayWindowSeconds : defaultReplayWindowSeconds,
    event_types: body.kind === 'event' ? [...new Set(body.types)] : [],
    filter: body.kind === 'event' ? body.filter : '',
    created_at: ctx.clock.now(),
  };
}

export async function changeTrigger(ctx: Ctx, pipelineId: string, id: string, body: ChangeBody): Promise<Trigger> {
  if (body.filter !== undefined) requireFilter(body.filter);
  return ctx.tx(async (tx) => {
    // As above; where the trigger is none of events this only holds others up for a moment.
    if (body.enabled === true) await beginToFollow(tx);
    const row = await requireTrigger(tx, pipelineId, id);
    refuseForeign(row, body);
    const to = {
      name: body.name ?? row.name,
      enabled: body.enabled ?? row.enabled,
      event_types: body.types ?? row.event_types,
      filter: body.filter ?? row.filter,
      replay_window_seconds: body.replayWindowSeconds ?? row.replay_window_seconds,
    };
    const trigger = toTrigger(await updateTrigger(tx, id, to, to.enabled && !row.enabled));
    await tell(ctx, tx, trigger, 'changed');
    return trigger;
  });
}

/** Settings of the other kind are refused: they would be kept and mean nothing. */
function refuseForeign({ kind }: TriggerRow, body: ChangeBody): void {
  const foreign = kind === 'webhook' ? (['types', 'filter'] as const) : (['replayWindowSeconds'] as const);
  const faults = foreign
    .filter((key) => body[key] !== undefined)
    .map((key): Fault => {
      const message = `A trigger of the kind "${kind}" has no setting "${key}".`;
      return { at: `/${key}`, in: 'body', rule: 'kind', message };
    });
  if (faults.length > 0) throw new AppError('pipelines.trigger-invalid', { faults });
}

export function renewTrigger(ctx: Ctx, pipelineId: string, id: string): Promise<NewTrigger> {
  return ctx.tx(async (tx) => {
    const row = await requireTrigger(tx, pipelineId, id);
    if (row.kind !== 'webhook')
      throw new AppError('pipelines.trigger-invalid', { detail: 'Only a webhook has an address and a secret.' });
    const keys = makeKeys(row.sealed_secret !== null);
    await updateTriggerSecrets(tx, id, hashToken(keys.token), sealSecret(ctx, id, keys));
    const trigger = toTrigger(row);
    await tell(ctx, tx, trigger, 'changed', { renewed: true });
    return showKeys(ctx, trigger, keys);
  });
}

export async function removeTrigger(ctx: Ctx, pipelineId: string, id: string): Promise<void> {
  await ctx.tx(async (tx) => {
    const row = await deleteTrigger(tx, pipelineId, id);
    if (row === null) throw new AppError('pipelines.trigger-not-found');
    await tell(ctx, tx, toTrigger(row), 'removed');
  });
}

async function requireTrigger(tx: Tx, pipelineId: string, id: string): Promise<TriggerRow> {
  const row = await lockTrigger(tx, pipelineId, id);
  if (row === null) throw new AppError('pipelines.trigger-not-found');
  return row;
}

const actions = {
  created: 'pipelines.create-trigger',
  changed: 'pipelines.change-trigger',
  removed: 'pipelines.remove-trigger',
} as const;

async function tell(
  ctx: Ctx,
  tx: Tx,
  { id, pipelineId, kind, name, enabled }: Trigger,
  what: keyof typeof actions,
  more: { renewed?: boolean } = {},
): Promise<void> {
  await emitEvent(ctx, tx, {
    type: `pipelines.trigger-${what}`,
    subject: `triggers/${id}`,
    related: [`pipelines/${pipelineId}`],
    payload: { kind, name, enabled },
  });
  await recordAudit(ctx, tx, {
    action: actions[what],
    object: `triggers/${id}`,
    details: { pipeline: `pipelines/${pipelineId}`, kind, name, enabled, ...more },
  });
  tx.afterCommit(announceTriggers);
}

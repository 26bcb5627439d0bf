// Agents: a persona with a model, skills and limits. What is left out of a change stays as it is.
import {
  type Agent,
  type changeAgentRoute,
  type createAgentRoute,
  defaultTurnLimits,
  type listAgentsRoute,
} from '@gathering/contract/agents';
import { AppError } from '@gathering/contract/errors';
import type { ModelChoice } from '@gathering/contract/providers';
import type { InputOf, ReplyOf } from '@gathering/contract/route';
import type { Ctx, Tx } from '../../ctx.ts';
import type { Database } from '../../platform/db/database.ts';
import { isId } from '../../platform/ids.ts';
import { cutPage, readPageCursor } from '../../platform/page-cursor.ts';
import { recordAudit } from '../audit/index.ts';
import { emitEvent } from '../events/index.ts';
import { requireProvider } from '../providers/index.ts';
import { cancelTurns } from './cancel-turns.ts';
import { definedOf } from './persona-service.ts';
import {
  type AgentRow,
  deleteAgent,
  lockAgent,
  saveAgent,
  selectAgent,
  selectAgentByHandle,
  selectAgentNamesByProvider,
  selectAgentRefs,
  selectAgents,
  selectHandles,
  selectPersona,
} from './store-agents.ts';
import { selectOpenTurnIdsOfAgentsChats } from './store-turns.ts';

type ById = { readonly params: { readonly id: string } };

/** Names of what refers to an agent by one of these, its id and its handle. */
export type AgentUseReader = (handle: Database | Tx, refs: readonly string[]) => Promise<readonly string[]>;
const useReaders: AgentUseReader[] = [];

/** Called by `boot` for everything that refers to agents. */
export function registerAgentUse(read: AgentUseReader): void {
  useReaders.push(read);
}

export async function listAgents(
  ctx: Ctx,
  { query: { limit, cursor } }: InputOf<typeof listAgentsRoute>,
): Promise<ReplyOf<typeof listAgentsRoute>> {
  const position = readPageCursor(cursor, 2, ([, id]) => isId(id ?? ''));
  const after = position === null ? null : ([position[0] ?? '', position[1] ?? ''] as const);
  const rows = await selectAgents(ctx.database, { after, limit: limit + 1 });
  const { items, nextCursor } = cutPage(rows, limit, (row) => [row.sortName, row.id]);
  return { items: items.map(describeAgent), nextCursor };
}

export async function readAgent(ctx: Pick<Ctx, 'database'>, id: string): Promise<Agent> {
  const row = await selectAgent(ctx.database, id);
  if (row === undefined) throw new AppError('agents.not-found');
  return describeAgent(row);
}

/** By id or by handle. */
export async function findAgent(handle: Database | Tx, ref: string): Promise<Agent | undefined> {
  const row = isId(ref) ? await selectAgent(handle, ref) : await selectAgentByHandle(handle, ref);
  return row === undefined ? undefined : describeAgent(row);
}

/** Ids and handles of all agents: what definitions may refer to. */
export async function listAgentRefs(ctx: Pick<Ctx, 'database'>): Promise<Set<string>> {
  const refs = await selectAgentRefs(ctx.database);
  return new Set(refs.flatMap(({ id, handle }) => [id, handle]));
}

/** Names of the agents that chose a model of this provider. */
export function listAgentsOfProvider(handle: Database | Tx, provider: string): Promise<string[]> {
  return selectAgentNamesByProvider(handle, provider);
}

export async function createAgent(ctx: Ctx, { body }: InputOf<typeof createAgentRoute>): Promise<Agent> {
  const persona = await selectPersona(ctx.database, body.personaId);
  if (persona === undefined) throw new AppError('agents.persona-not-found');
  await checkChoices(ctx, body);
  const now = ctx.clock.now();
  const row: AgentRow = {
    id: ctx.ids.next(),
    handle: body.handle ?? (await makeHandle(ctx, body.name)),
    name: body.name,
    personaId: persona.id,
    personaName: persona.name,
    ...splitChoice(body.model),
    temperature: body.temperature,
    maxOutputTokens: body.maxOutputTokens,
    skills: [...new Set(body.skills)],
    limits: { ...defaultTurnLimits, ...definedOf(body.limits) },
    instructions: body.instructions,
    createdAt: now,
    updatedAt: now,
  };
  await ctx.tx(async (tx) => {
    await saveAgent(tx, row);
    await tell(ctx, tx, 'agents.created', row);
    const details = { name: row.name, handle: row.handle };
    await recordAudit(ctx, tx, { action: 'agents.create', object: `agents/${row.id}`, details });
  });
  return describeAgent(row);
}

export async function changeAgent(ctx: Ctx, { params, body }: InputOf<typeof changeAgentRoute>): Promise<Agent> {
  const persona = body.personaId === undefined ? undefined : await selectPersona(ctx.database, body.personaId);
  if (body.personaId !== undefined && persona === undefined) throw new AppError('agents.persona-not-found');
  await checkChoices(ctx, body);
  const { model, limits, personaId: _personaId, ...rest } = body;
  return ctx.tx(async (tx) => {
    const current = await lockAgent(tx, params.id);
    if (current === undefined) throw new AppError('agents.not-found');
    const changed: AgentRow = {
      ...current,
      ...definedOf(rest),
      ...(persona !== undefined && { personaId: persona.id, personaName: persona.name }),
      ...(model !== undefined && splitChoice(model)),
      limits: { ...current.limits, ...definedOf(limits ?? {}) },
      updatedAt: ctx.clock.now(),
    };
    await saveAgent(tx, { ...changed, skills: [...new Set(changed.skills)] });
    await tell(ctx, tx, 'agents.changed', changed);
    const details = { fields: Object.keys(body).sort() };
    await recordAudit(ctx, tx, { action: 'agents.change', object: `agents/${current.id}`, details });
    return describeAgent(changed);
  });
}

export async function removeAgent(ctx: Ctx, { params }: ById): Promise<undefined> {
  const before = await selectAgent(ctx.database, params.id);
  if (before === undefined) throw new AppError('agents.not-found');
  await ctx.tx(async (tx) => {
    await refuseWhileUsed(tx, before);
    await cancelTurns(ctx, tx, await selectOpenTurnIdsOfAgentsChats(tx, before.id));
    if ((await lockAgent(tx, before.id)) === undefined) throw new AppError('agents.not-found');
    await deleteAgent(tx, before.id);
    await tell(ctx, tx, 'agents.removed', before);
    const details = { name: before.name, handle: before.handle };
    await recordAudit(ctx, tx, { action: 'agents.remove', object: `agents/${before.id}`, details });
  });
}

async function refuseWhileUsed(tx: Tx, { id, handle }: AgentRow): Promise<void> {
  const uses: string[] = [];
  for (const read of useReaders) uses.push(...(await read(tx, [id, handle])));
  if (uses.length > 0) throw new AppError('agents.in-use', { detail: `Used by ${uses.slice(0, 5).join(', ')}.` });
}

/** Throws AppError `providers.not-found` or `agents.skill-unknown`. */
async function checkChoices(
  ctx: Ctx,
  { model, skills }: { model?: ModelChoice | null | undefined; skills?: readonly string[] | undefined },
): Promise<void> {
  if (model !== undefined && model !== null) await requireProvider(ctx, model.provider);
  const known = skillNames(ctx);
  const unknown = (skills ?? []).filter((skill) => !known.has(skill));
  if (unknown.length === 0) return;
  const detail = `There is no skill ${unknown.join(', ')}; there are ${[...known].join(', ')}.`;
  throw new AppError('agents.skill-unknown', { detail });
}

/** A tool is named `<skill>_<verb>`. */
function skillNames(ctx: Pick<Ctx, 'tools'>): Set<string> {
  return new Set(ctx.tools.all.map((tool) => tool.name.slice(0, tool.name.indexOf('_'))));
}

async function makeHandle(ctx: Ctx, name: string): Promise<string> {
  const letters = name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  const slug = letters
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 50)
    .replace(/-+$/, '');
  const base = slug === '' ? 'agent' : slug;
  const taken = new Set(await selectHandles(ctx.database, base));
  if (!taken.has(base)) return base;
  for (let number = 2; ; number += 1) if (!taken.has(`${base}-${number}`)) return `${base}-${number}`;
}

function splitChoice(choice: ModelChoice | null): { provider: string | null; model: string | null } {
  return { provider: choice?.provider ?? null, model: choice?.model ?? null };
}

function describeAgent(row: AgentRow): Agent {
  const { id, handle, name, personaId, personaName, temperature, maxOutputTokens, skills, limits, instructions } = row;
  const model = row.provider === null || row.model === null ? null : { provider: row.provider, model: row.model };
  const shown = {
    id,
    handle,
    name,
    personaId,
    personaName,
    model,
    temperature,
    maxOutputTokens,
    skills,
    limits,
    instructions,
  };
  return { ...shown, createdAt: row.createdAt.toISOString(), updatedAt: row.updatedAt.toISOString() };
}

function tell(ctx: Ctx, tx: Tx, type: 'agents.created' | 'agents.changed' | 'agents.removed', row: AgentRow) {
  const subject = `agents/${row.id}`;
  const related = [`personas/${row.personaId}`];
  return emitEvent(ctx, tx, { type, subject, related, payload: { name: row.name, handle: row.handle } });
}

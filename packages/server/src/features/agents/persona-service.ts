// Personas: who an agent is asked to be. The built-in ones are read only; people make their own from them.
import type { changePersonaRoute, createPersonaRoute, listPersonasRoute, Persona } from '@gathering/contract/agents';
import { AppError } from '@gathering/contract/errors';
import type { InputOf, ReplyOf } from '@gathering/contract/route';
import type { Ctx, Tx } from '../../ctx.ts';
import { cutPage, readPageCursor } from '../../platform/page-cursor.ts';
import { recordAudit } from '../audit/index.ts';
import { emitEvent } from '../events/index.ts';
import {
  deletePersona,
  lockPersona,
  type PersonaRow,
  savePersona,
  selectPersona,
  selectPersonas,
} from './store-agents.ts';

type ById = { readonly params: { readonly id: string } };

export async function listPersonas(
  ctx: Ctx,
  { query: { limit, cursor } }: InputOf<typeof listPersonasRoute>,
): Promise<ReplyOf<typeof listPersonasRoute>> {
  const position = readPageCursor(cursor, 2, ([group]) => group === '0' || group === '1');
  const after = position === null ? null : ([position[0] ?? '', position[1] ?? ''] as const);
  const rows = await selectPersonas(ctx.database, { after, limit: limit + 1 });
  const { items, nextCursor } = cutPage(rows, limit, (row) => [String(row.sortGroup), row.sortName]);
  return { items: items.map(describePersona), nextCursor };
}

export async function readPersona(ctx: Ctx, { params }: ById): Promise<Persona> {
  const row = await selectPersona(ctx.database, params.id);
  if (row === undefined) throw new AppError('agents.persona-not-found');
  return describePersona(row);
}

export async function createPersona(ctx: Ctx, { body }: InputOf<typeof createPersonaRoute>): Promise<Persona> {
  const now = ctx.clock.now();
  const row: PersonaRow = { ...body, id: ctx.ids.next(), builtIn: false, createdAt: now, updatedAt: now };
  await ctx.tx(async (tx) => {
    await savePersona(tx, row);
    await tell(ctx, tx, 'agents.persona-created', row);
    await recordAudit(ctx, tx, {
      action: 'agents.create-persona',
      object: `personas/${row.id}`,
      details: { name: row.name },
    });
  });
  return describePersona(row);
}

export async function changePersona(ctx: Ctx, { params, body }: InputOf<typeof changePersonaRoute>): Promise<Persona> {
  return ctx.tx(async (tx) => {
    const current = requireOwn(await lockPersona(tx, params.id));
    const changed: PersonaRow = { ...current, ...definedOf(body), updatedAt: ctx.clock.now() };
    await savePersona(tx, changed);
    await tell(ctx, tx, 'agents.persona-changed', changed);
    const details = { fields: Object.keys(body).sort() };
    await recordAudit(ctx, tx, { action: 'agents.change-persona', object: `personas/${current.id}`, details });
    return describePersona(changed);
  });
}

export async function removePersona(ctx: Ctx, { params }: ById): Promise<undefined> {
  await ctx.tx(async (tx) => {
    const current = requireOwn(await lockPersona(tx, params.id));
    await deletePersona(tx, current.id);
    await tell(ctx, tx, 'agents.persona-removed', current);
    const details = { name: current.name };
    await recordAudit(ctx, tx, { action: 'agents.remove-persona', object: `personas/${current.id}`, details });
  });
}

function requireOwn(row: PersonaRow | undefined): PersonaRow {
  if (row === undefined) throw new AppError('agents.persona-not-found');
  if (row.builtIn) throw new AppError('agents.persona-built-in');
  return row;
}

/** What was given: a key that is there without a value changes nothing. */
export function definedOf<T extends object>(given: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

function describePersona(row: PersonaRow): Persona {
  const { id, name, role, background, traits, communicationStyle, specializations, languages, instructions, builtIn } =
    row;
  const shown = {
    id,
    name,
    role,
    background,
    traits,
    communicationStyle,
    specializations,
    languages,
    instructions,
    builtIn,
  };
  return { ...shown, createdAt: row.createdAt.toISOString(), updatedAt: row.updatedAt.toISOString() };
}

function tell(
  ctx: Ctx,
  tx: Tx,
  type: 'agents.persona-created' | 'agents.persona-changed' | 'agents.persona-removed',
  row: PersonaRow,
) {
  return emitEvent(ctx, tx, { type, subject: `personas/${row.id}`, payload: { name: row.name } });
}

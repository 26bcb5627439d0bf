// All SQL on personas and agents.
import type { Persona, TurnLimits } from '@gathering/contract/agents';
import { AppError } from '@gathering/contract/errors';
import type { Database, Tx } from '../../platform/db/database.ts';
import { codeOf } from '../../platform/db/failures.ts';
import { errors } from '../../platform/db/sql-state.ts';

export type PersonaRow = Omit<Persona, 'createdAt' | 'updatedAt'> & {
  readonly createdAt: Date;
  readonly updatedAt: Date;
};

export interface AgentRow {
  readonly id: string;
  readonly handle: string;
  readonly name: string;
  readonly personaId: string;
  readonly personaName: string;
  readonly provider: string | null;
  readonly model: string | null;
  readonly temperature: number | null;
  readonly maxOutputTokens: number | null;
  readonly skills: string[];
  readonly limits: TurnLimits;
  readonly instructions: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

const personaColumns = `id, name, role, background, traits, communication_style as "communicationStyle", specializations,
  languages, instructions, built_in as "builtIn", created_at as "createdAt", updated_at as "updatedAt"`;

/** Built-in ones first, then by name. `after`: '0' or '1' as the first sort value, and the name as it is sorted. */
export async function selectPersonas(
  database: Database,
  { after, limit }: { after: readonly [string, string] | null; limit: number },
): Promise<(PersonaRow & { readonly sortGroup: number; readonly sortName: string })[]> {
  const { rows } = await database.query<PersonaRow & { readonly sortGroup: number; readonly sortName: string }>(
    `select ${personaColumns}, case when built_in then 0 else 1 end as "sortGroup", lower(name) as "sortName"
     from agent.personas
     where $1::int is null or ((case when built_in then 0 else 1 end), lower(name)) > ($1, $2)
     order by (case when built_in then 0 else 1 end), lower(name) limit $3`,
    [after === null ? null : Number(after[0]), after?.[1] ?? null, limit],
  );
  return rows;
}

export async function selectPersona(database: Database, id: string): Promise<PersonaRow | undefined> {
  const { rows } = await database.query<PersonaRow>(`select ${personaColumns} from agent.personas where id = $1`, [id]);
  return rows[0];
}

export async function lockPersona(tx: Tx, id: string): Promise<PersonaRow | undefined> {
  const { rows } = await tx.query<PersonaRow>(`select ${personaColumns} from agent.personas where id = $1 for update`, [
    id,
  ]);
  return rows[0];
}

const insertPersonaText = `insert into agent.personas (id, name, role, background, traits, communication_style, specializations,
    languages, instructions, built_in, created_at, updated_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`;

function personaValues(row: PersonaRow) {
  return [
    row.id,
    row.name,
    row.role,
    row.background,
    row.traits,
    row.communicationStyle,
    row.specializations,
    row.languages,
    row.instructions,
    row.builtIn,
    row.createdAt,
    row.updatedAt,
  ];
}

/** Throws AppError `agents.persona-name-taken`. */
export async function savePersona(tx: Tx, row: PersonaRow): Promise<void> {
  try {
    await tx.query(
      `${insertPersonaText}
       on conflict (id) do update set name = excluded.name, role = excluded.role, background = excluded.background,
         traits = excluded.traits, communication_style = excluded.communication_style,
         specializations = excluded.specializations, languages = excluded.languages,
         instructions = excluded.instructions, updated_at = excluded.updated_at`,
      personaValues(row),
    );
  } catch (error) {
    if (codeOf(error) === errors.uniqueViolation) throw new AppError('agents.persona-name-taken', { cause: error });
    throw error;
  }
}

/** False when a persona of that name is there already. */
export async function insertPersonaIfNew(tx: Tx, row: PersonaRow): Promise<boolean> {
  const { rowCount } = await tx.query(`${insertPersonaText} on conflict do nothing`, personaValues(row));
  return rowCount === 1;
}

/** Throws AppError `agents.persona-in-use`. */
export async function deletePersona(tx: Tx, id: string): Promise<void> {
  try {
    await tx.query('delete from agent.personas where id = $1', [id]);
  } catch (error) {
    if (codeOf(error) === errors.foreignKeyViolation) throw new AppError('agents.persona-in-use', { cause: error });
    throw error;
  }
}

const agentColumns = `a.id, a.handle, a.name, a.persona_id as "personaId", p.name as "personaName", a.provider, a.model, a.temperature,
  a.max_output_tokens as "maxOutputTokens", a.skills, a.limits, a.instructions, a.created_at as "createdAt",
  a.updated_at as "updatedAt"`;

export async function selectAgents(
  database: Database,
  { after, limit }: { after: readonly [string, string] | null; limit: number },
): Promise<(AgentRow & { readonly sortName: string })[]> {
  const { rows } = await database.query<AgentRow & { readonly sortName: string }>(
    `select ${agentColumns}, lower(a.name) as "sortName" from agent.agents a join agent.personas p on p.id = a.persona_id
     where $1::text is null or (lower(a.name), a.id) > ($1, $2::uuid)
     order by lower(a.name), a.id limit $3`,
    [after?.[0] ?? null, after?.[1] ?? null, limit],
  );
  return rows;
}

export async function selectAgent(database: Database | Tx, id: string): Promise<AgentRow | undefined> {
  const { rows } = await database.query<AgentRow>(
    `select ${agentColumns} from agent.agents a join agent.personas p on p.id = a.persona_id where a.id = $1`,
    [id],
  );
  return rows[0];
}

export interface AgentWithPersona {
  readonly agent: AgentRow;
  readonly persona: Omit<PersonaRow, 'createdAt' | 'updatedAt'>;
}

const withPersonaText = `select ${agentColumns}, json_build_object('id', p.id, 'name', p.name, 'role', p.role,
    'background', p.background, 'traits', p.traits, 'communicationStyle', p.communication_style,
    'specializations', p.specializations, 'languages', p.languages, 'instructions', p.instructions,
    'builtIn', p.built_in) as persona
  from agent.agents a join agent.personas p on p.id = a.persona_id`;

/** All that a turn needs of an agent, in one question. By id or by handle. */
export async function selectAgentWithPersona(
  database: Database,
  by: { readonly id: string } | { readonly handle: string },
): Promise<AgentWithPersona | undefined> {
  const { rows } = await ('id' in by
    ? database.query<AgentRow & Pick<AgentWithPersona, 'persona'>>(`${withPersonaText} where a.id = $1`, [by.id])
    : database.query<AgentRow & Pick<AgentWithPersona, 'persona'>>(`${withPersonaText} where a.handle = $1`, [
        by.handle,
      ]));
  const [row] = rows;
  if (row === undefined) return undefined;
  const { persona, ...agent } = row;
  return { agent, persona };
}

export async function selectAgentByHandle(database: Database | Tx, handle: string): Promise<AgentRow | undefined> {
  const { rows } = await database.query<AgentRow>(
    `select ${agentColumns} from agent.agents a join agent.personas p on p.id = a.persona_id where a.handle = $1`,
    [handle],
  );
  return rows[0];
}

export async function lockAgent(tx: Tx, id: string): Promise<AgentRow | undefined> {
  const { rows } = await tx.query<AgentRow>(
    `select ${agentColumns} from agent.agents a join agent.personas p on p.id = a.persona_id where a.id = $1 for update of a`,
    [id],
  );
  return rows[0];
}

const insertAgentText = `insert into agent.agents (id, handle, name, persona_id, provider, model, temperature, max_output_tokens,
    skills, limits, instructions, created_at, updated_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`;

function agentValues(row: AgentRow) {
  return [
    row.id,
    row.handle,
    row.name,
    row.personaId,
    row.provider,
    row.model,
    row.temperature,
    row.maxOutputTokens,
    row.skills,
    JSON.stringify(row.limits),
    row.instructions,
    row.createdAt,
    row.updatedAt,
  ];
}

/** Throws AppError `agents.handle-taken` or `agents.persona-not-found`. */
export async function saveAgent(tx: Tx, row: AgentRow): Promise<void> {
  try {
    await tx.query(
      `${insertAgentText}
       on conflict (id) do update set handle = excluded.handle, name = excluded.name, persona_id = excluded.persona_id,
         provider = excluded.provider, model = excluded.model, temperature = excluded.temperature,
         max_output_tokens = excluded.max_output_tokens, skills = excluded.skills, limits = excluded.limits,
         instructions = excluded.instructions, updated_at = excluded.updated_at`,
      agentValues(row),
    );
  } catch (error) {
    if (codeOf(error) === errors.uniqueViolation) throw new AppError('agents.handle-taken', { cause: error });
    if (codeOf(error) === errors.foreignKeyViolation) throw new AppError('agents.persona-not-found', { cause: error });
    throw error;
  }
}

/** False when an agent with that handle is there already. */
export async function insertAgentIfNew(tx: Tx, row: AgentRow): Promise<boolean> {
  const { rowCount } = await tx.query(`${insertAgentText} on conflict do nothing`, agentValues(row));
  return rowCount === 1;
}

export async function deleteAgent(tx: Tx, id: string): Promise<void> {
  await tx.query('delete from agent.agents where id = $1', [id]);
}

/** Those that begin with this text. */
export async function selectHandles(database: Database, beginning: string): Promise<string[]> {
  const { rows } = await database.query<{ handle: string }>(
    'select handle from agent.agents where starts_with(handle, $1)',
    [beginning],
  );
  return rows.map((row) => row.handle);
}

export async function selectAgentRefs(database: Database): Promise<{ id: string; handle: string }[]> {
  const { rows } = await database.query<{ id: string; handle: string }>('select id, handle from agent.agents');
  return rows;
}

export async function selectAgentNamesByProvider(handle: Database | Tx, provider: string): Promise<string[]> {
  const { rows } = await handle.query<{ name: string }>(
    'select name from agent.agents where provider = $1 order by name limit 20',
    [provider],
  );
  return rows.map((row) => row.name);
}

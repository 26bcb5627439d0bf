// Puts the ready personas and agents into a new database. An agent is made together with its persona only, so
// one that somebody removed stays away. Safe to call by several instances at once.
import { defaultTurnLimits } from '@gathering/contract/agents';
import type { Ctx } from '../../ctx.ts';
import { emitEvents, type NewEvent } from '../events/index.ts';
import { type ReadyAgent, readyAgents } from './ready-agents.ts';
import { insertAgentIfNew, insertPersonaIfNew, type PersonaRow } from './store-agents.ts';

/** Answers the handles of the agents that were made. */
export async function ensureReadyAgents(ctx: Ctx): Promise<string[]> {
  return ctx.tx(async (tx) => {
    const made: string[] = [];
    const events: NewEvent[] = [];
    for (const ready of readyAgents) {
      const persona = makePersona(ctx, ready);
      if (!(await insertPersonaIfNew(tx, persona))) continue;
      events.push({
        type: 'agents.persona-created',
        subject: `personas/${persona.id}`,
        payload: { name: persona.name },
      });
      const agent = makeAgent(ctx, ready, persona);
      if (!(await insertAgentIfNew(tx, agent))) continue;
      events.push({
        type: 'agents.created',
        subject: `agents/${agent.id}`,
        payload: { name: agent.name, handle: agent.handle },
      });
      made.push(agent.handle);
    }
    await emitEvents(ctx, tx, events);
    return made;
  });
}

function makePersona(ctx: Ctx, ready: ReadyAgent): PersonaRow {
  const now = ctx.clock.now();
  return { ...ready.persona, id: ctx.ids.next(), builtIn: true, createdAt: now, updatedAt: now };
}

function makeAgent(ctx: Ctx, ready: ReadyAgent, persona: PersonaRow) {
  return {
    id: ctx.ids.next(),
    handle: ready.handle,
    name: persona.name,
    personaId: persona.id,
    personaName: persona.name,
    provider: null,
    model: null,
    temperature: null,
    maxOutputTokens: null,
    skills: [...ready.skills],
    limits: defaultTurnLimits,
    instructions: '',
    createdAt: persona.createdAt,
    updatedAt: persona.updatedAt,
  };
}

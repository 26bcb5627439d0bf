// Runs a turn to its end, or from where its journal stops. Whoever calls it again, here or elsewhere, gets the
// same outcome: what has ended is read, what is open goes on, and two who try at once do not both write.
import type { TurnLimits } from '@gathering/contract/agents';
import { AppError } from '@gathering/contract/errors';
import type { Project } from '@gathering/contract/projects';
import { offlineProviderName } from '@gathering/contract/providers';
import { actorName, type Ctx, type Tx } from '../../ctx.ts';
import { type Step, type TurnEnd, TurnLost } from '../../llm/journal.ts';
import type { LoopLimits } from '../../llm/limits.ts';
import { type LoopPorts, type LoopResult, runLoop } from '../../llm/loop.ts';
import type { Tool } from '../../llm/tool.ts';
import { targetOf } from '../../platform/breaker-rules.ts';
import { readProject } from '../projects/index.ts';
import { openModel } from '../providers/index.ts';
import { callTool } from '../skills/index.ts';
import { admitQuestion } from './admit-question.ts';
import { buildPrompt, trimHistory } from './build-prompt.ts';
import { noteRunning, ShownText } from './running-turns.ts';
import { type AgentWithPersona, selectAgentWithPersona } from './store-agents.ts';
import { selectHistory } from './store-chats.ts';
import { selectSteps, selectTurn, type TurnRow, takeTurnOver } from './store-turns.ts';
import { openJournal, type TurnBeginning, type TurnJournal } from './turn-journal.ts';
import { outcomeOf, outcomeOfLoop, type TurnOutcome } from './turn-outcome.ts';

export interface RunTurnOptions {
  /** Joins the transaction that ends the turn. */
  readonly onEnd?: (tx: Tx, end: TurnEnd) => Promise<void>;
  readonly tuning?: LoopPorts['tuning'];
  /** Hard caps besides the agent's own: the lower one holds. */
  readonly limits?: Partial<LoopLimits>;
  /** As `LoopPorts.mayGoOn`. */
  readonly mayGoOn?: () => Promise<boolean>;
  /** What goes with the question to a model that reasons. The built-in one goes by the wording of its task alone. */
  readonly frame?: TurnFrame;
  /** The turn's agent, where the caller has just read it. */
  readonly agent?: AgentWithPersona;
}

/** Told apart from the task, so that whoever looks at the turn sees what was asked. */
export interface TurnFrame {
  /** Added to what the agent is told of itself. */
  readonly rules: string;
  /** Added to the task. */
  readonly standing: string;
  /** Offered besides the tools of the agent's skills. */
  readonly tools: readonly Tool[];
}

const longestHistory = 200;

/**
 * Throws AppError `agents.turn-not-found`, TurnLost when another worker has it, and the reason of `ctx.signal`
 * when the process drains: then the turn stays as it is and can be run again.
 */
export async function runTurn(ctx: Ctx, turnId: string, options: RunTurnOptions = {}): Promise<TurnOutcome> {
  const turn = await requireTurn(ctx, turnId);
  const steps = turn.status === 'pending' && turn.attempt === 0 ? [] : await selectSteps(ctx.database, turnId);
  const ended = outcomeOf(turn, steps);
  if (ended !== undefined) return ended;
  if (turn.attempt === 0) return workOn(ctx, turn, 'pending', [], options);
  const taken = await takeOver(ctx, turnId);
  return taken === undefined ? runTurn(ctx, turnId, options) : workOn(ctx, taken.turn, 'taken', taken.steps, options);
}

/** From now on every earlier attempt is refused, so the steps that are read here are the whole truth. */
async function takeOver(ctx: Ctx, turnId: string): Promise<{ turn: TurnRow; steps: Step[] } | undefined> {
  return ctx.tx(async (tx) => {
    const turn = await takeTurnOver(tx, turnId);
    return turn === undefined ? undefined : { turn, steps: await selectSteps(tx, turnId) };
  });
}

export async function workOn(
  ctx: Ctx,
  turn: TurnRow,
  beginning: TurnBeginning,
  found: readonly Step[],
  options: RunTurnOptions,
): Promise<TurnOutcome> {
  const stop = new AbortController();
  const signal = AbortSignal.any([ctx.signal, stop.signal]);
  const shown = new ShownText();
  const strikeOff = noteRunning(turn.id, {
    get shownText() {
      return shown.text;
    },
    abort: (reason) => stop.abort(reason),
  });
  const journal = openJournal(ctx, turn, beginning, found, options.onEnd);
  try {
    return outcomeOfLoop(turn, await loop({ ...ctx, signal }, turn, journal, shown, options));
  } catch (error) {
    if (!(error instanceof TurnLost) && !signal.aborted) throw error;
    // Cancelled or ended by somebody else: the row says how. Otherwise it is theirs, or for a later attempt.
    const outcome = await readOutcome(ctx, turn.id);
    if (outcome === undefined) throw error;
    if (outcome.status === 'cancelled')
      publisher(ctx, turn)({ kind: 'turn-ended', status: 'cancelled', stopReason: 'cancelled' });
    return outcome;
  } finally {
    strikeOff();
  }
}

async function loop(
  ctx: Ctx,
  turn: TurnRow,
  journal: TurnJournal,
  shown: ShownText,
  options: RunTurnOptions,
): Promise<LoopResult> {
  const parts = await gather(ctx, turn, journal.steps, options);
  if ('refused' in parts) {
    const end: TurnEnd = { stopReason: 'model-failed', detail: parts.refused ?? null, text: '', data: null };
    await journal.write({ ended: [], intended: [], retaken: [], waiting: [], end });
    publisher(ctx, turn)({ kind: 'turn-ended', status: 'failed', stopReason: 'model-failed' });
    return { kind: 'ended', end, steps: journal.steps };
  }
  const { agent, model, project, tools, prompt } = parts;
  const publish = publisher(ctx, turn);
  const egressAllow = ctx.config.egressAllow.map(({ host, port }) => `${host}:${port}`);
  return runLoop(
    {
      turnId: turn.id,
      model,
      prompt,
      steps: journal.steps,
      tools,
      temperature: agent.temperature,
      maxOutputTokens: agent.maxOutputTokens,
      outputSchema: turn.outputSchema,
      limits: lowerOf(agent.limits, options.limits),
    },
    {
      journal,
      clock: ctx.clock,
      signal: ctx.signal,
      // A turn may take long: each call asks anew what whoever set the agent to work may do.
      callTool: async (tool, args, { idempotencyKey, signal }) => {
        const actor = await ctx.findActor(actorName(ctx.actor), ctx.actor.scopes);
        return callTool(tool, args, {
          may: (permission) => actor !== null && ctx.judge(actor, permission, { projectId: turn.projectId }),
          projectRoot: project?.folder ?? null,
          closedFolders: [ctx.config.dataDir],
          signal,
          clock: ctx.clock,
          breakers: ctx.breakers,
          egressAllow,
          idempotencyKey,
        });
      },
      onDelta: (delta) => {
        shown.follow(delta);
        publish(delta);
      },
      onBug: (error, step) =>
        ctx.log.warn({ err: error, turnId: turn.id, step: step.index }, 'A step of a turn failed.'),
      admitQuestion: (withinMs) => admitQuestion(ctx, model.provider, withinMs, options.tuning?.pause),
      ...(options.mayGoOn && { mayGoOn: options.mayGoOn }),
      ...(model.provider !== offlineProviderName && {
        breaker: ctx.breakers.of(targetOf('vendor', model.provider)),
      }),
      ...(options.tuning && { tuning: options.tuning }),
    },
  );
}

/** Numbers what is shown of this attempt; later attempts have higher numbers. Turns of pipelines show nothing. */
function publisher(ctx: Ctx, turn: TurnRow): LoopPorts['onDelta'] {
  let sequence = (turn.attempt + 1) * 1_000_000;
  const { chatId } = turn;
  if (chatId === null) return () => undefined;
  return (delta) => {
    ctx.deltas.publish(chatId, turn.id, sequence, delta);
    sequence += 1;
  };
}

async function gather(ctx: Ctx, turn: TurnRow, steps: readonly Step[], at: RunTurnOptions) {
  const known = at.agent ?? (await selectAgentWithPersona(ctx.database, { id: turn.agentId }));
  if (known === undefined) return { refused: `The agent ${turn.agentName} does not exist any more.` };
  const { agent, persona } = known;
  try {
    const choice =
      agent.provider === null || agent.model === null ? null : { provider: agent.provider, model: agent.model };
    const model = await openModel(ctx, choice);
    const project = turn.projectId === null ? null : await readProject(ctx, turn.projectId);
    if (at.limits?.maxCostUsd != null && model.price === null) {
      return { refused: `The price of ${model.modelId} is not known, so a limit on cost cannot be kept.` };
    }
    const frame = model.provider === offlineProviderName ? undefined : at.frame;
    const own = ctx.tools.all.filter((tool) => agent.skills.some((skill) => tool.name.startsWith(`${skill}_`)));
    const tools = [...own, ...(frame?.tools ?? [])];
    // Once the first question is in the journal, it is what was asked.
    const prompt =
      steps.length > 0
        ? []
        : await writePrompt(ctx, turn, { agent, persona, project, hasTools: tools.length > 0, frame });
    return { agent, model, project, tools, prompt };
  } catch (error) {
    if (error instanceof AppError) return { refused: error.message };
    throw error;
  }
}

function lowerOf(own: TurnLimits, given: Partial<LoopLimits> = {}): LoopLimits {
  const { maxSteps = own.maxSteps, maxTokens = own.maxTokens, maxSeconds = own.maxSeconds, maxCostUsd = null } = given;
  return {
    maxSteps: Math.min(own.maxSteps, maxSteps),
    maxTokens: Math.min(own.maxTokens, maxTokens),
    maxSeconds: Math.min(own.maxSeconds, maxSeconds),
    maxCostUsd,
  };
}

interface PromptPlace {
  readonly project: Project | null;
  readonly hasTools: boolean;
  readonly frame: TurnFrame | undefined;
}

async function writePrompt(
  ctx: Ctx,
  turn: TurnRow,
  { agent, persona, project, hasTools, frame }: AgentWithPersona & PromptPlace,
) {
  const conversation =
    turn.chatId === null
      ? [{ role: 'user' as const, text: frame === undefined ? (turn.task ?? '') : `${turn.task}\n\n${frame.standing}` }]
      : trimHistory(await selectHistory(ctx.database, turn.chatId, longestHistory));
  const { outputSchema } = turn;
  const rules = frame?.rules ?? '';
  return buildPrompt({ persona, agent, project, outputSchema, hasTools, rules, today: ctx.clock.now(), conversation });
}

export async function requireTurn(ctx: Pick<Ctx, 'database'>, turnId: string): Promise<TurnRow> {
  const turn = await selectTurn(ctx.database, turnId);
  if (turn === undefined) throw new AppError('agents.turn-not-found');
  return turn;
}

/** Undefined while it is not over and waits for nobody. */
export async function readOutcome(ctx: Pick<Ctx, 'database'>, turnId: string): Promise<TurnOutcome | undefined> {
  const turn = await requireTurn(ctx, turnId);
  return outcomeOf(turn, turn.status === 'waiting' ? await selectSteps(ctx.database, turnId) : []);
}

// Sets an agent to work on a goal: one transaction writes it with its first turn's job, the event and the audit entry. From
// that commit on it goes on by itself, whoever dies. However many there are, they queue.
import type { Agent } from '@gathering/contract/agents';
import { AppError } from '@gathering/contract/errors';
import { storableText } from '@gathering/contract/storable';
import { defaultTaskLimits, longestGoal, type TaskLimits, taskLimitsSchema } from '@gathering/contract/tasks';
import { actorName, type Ctx, type Tx } from '../../ctx.ts';
import { findAgent } from '../agents/index.ts';
import { recordAudit } from '../audit/index.ts';
import { emitEvents } from '../events/index.ts';
import { readProject } from '../projects/index.ts';
import { runTaskTurnJob } from './job-names.ts';
import { insertTask } from './store.ts';
import { taskEvent } from './task-events.ts';

interface TaskRequest {
  /** Id or handle. */
  readonly agentRef: string;
  readonly goal: string;
  readonly projectId: string | null;
  readonly limits?: { readonly [K in keyof TaskLimits]?: TaskLimits[K] | undefined } | undefined;
}

/**
 * Refuses what could not begin: with `agents.not-found`, `projects.not-found` or `request.invalid`. It may look at more than
 * the database, so no transaction may be open.
 */
export async function prepareTask(ctx: Ctx, request: TaskRequest): Promise<void> {
  checkForm(request);
  requireFound(await findAgent(ctx.database, request.agentRef), request.agentRef);
  if (request.projectId !== null) await readProject(ctx, request.projectId);
}

/** Begins in the caller's transaction: it exists if and only if that commits. Answers its id; refuses as `prepareTask` does. */
export async function startTask(ctx: Ctx, tx: Tx, request: TaskRequest): Promise<string> {
  const limits = checkForm(request);
  const agent = requireFound(await findAgent(tx, request.agentRef), request.agentRef);
  const goal = storableText(request.goal).trim();
  const [id, turnId, jobId] = [ctx.ids.next(), ctx.ids.next(), ctx.ids.next()];
  const task = {
    ...{ id, turnId, jobId, goal, limits },
    title: makeTitle(goal),
    agentId: agent.id,
    agentName: agent.name,
    projectId: request.projectId,
    actorId: actorName(ctx.actor),
    scopes: ctx.actor.scopes,
    createdAt: ctx.clock.now(),
  };
  await insertTask(tx, task);
  await emitEvents(ctx, tx, [taskEvent('tasks.created', task, { status: 'pending' })]);
  const details = { agentId: agent.id, projectId: request.projectId };
  await recordAudit(ctx, tx, { action: 'tasks.start', object: `tasks/${id}`, details });
  await ctx.queue.enqueue(tx, [{ name: runTaskTurnJob, id: jobId, payload: { taskId: id, turnId } }]);
  return id;
}

function checkForm({ goal, limits = {} }: TaskRequest): TaskLimits {
  const given = Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
  const checked = taskLimitsSchema.safeParse({ ...defaultTaskLimits, ...given });
  const length = goal.trim().length;
  const faults = [
    ...(length > 0 && length <= longestGoal
      ? []
      : [{ at: '/goal', in: 'body' as const, rule: 'length', message: `A goal has 1 to ${longestGoal} characters.` }]),
    ...(checked.error?.issues ?? []).map(({ path, code, message }) => {
      return { at: `/limits/${path.join('/')}`, in: 'body' as const, rule: code, message };
    }),
  ];
  if (checked.data === undefined || faults.length > 0) throw new AppError('request.invalid', { faults });
  return checked.data;
}

function requireFound(agent: Agent | undefined, ref: string): Agent {
  if (agent === undefined) throw new AppError('agents.not-found', { detail: `There is no agent ${ref}.` });
  return agent;
}

const longestTitle = 120;

function makeTitle(goal: string): string {
  const line = goal.split('\n')[0]?.trim() ?? '';
  return line.length <= longestTitle
    ? line
    : `${line
        .slice(0, longestTitle - 1)
        .toWellFormed()
        .trimEnd()}…`;
}

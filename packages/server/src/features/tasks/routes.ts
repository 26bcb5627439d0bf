// Background runs over HTTP.
import * as contract from '@gathering/contract/tasks';
import type { Ctx } from '../../ctx.ts';
import { answer } from '../../platform/http/bind.ts';
import { cancelTask, decideTask, pauseTask, resumeTask, sendMessage } from './control-task.ts';
import { listTasks, readTask } from './read-task.ts';
import { prepareTask, startTask } from './start-task.ts';

export const tasksRoutes = [
  answer(contract.startTaskRoute, async (ctx: Ctx, { body }) => {
    const request = { agentRef: body.agent, goal: body.goal, projectId: body.projectId ?? null, limits: body.limits };
    await prepareTask(ctx, request);
    return readTask(ctx, await ctx.tx((tx) => startTask(ctx, tx, request)));
  }),
  answer(contract.listTasksRoute, listTasks),
  answer(contract.readTaskRoute, (ctx: Ctx, { params }) => readTask(ctx, params.id)),
  answer(contract.pauseTaskRoute, async (ctx: Ctx, { params }) => {
    await pauseTask(ctx, params.id);
    return readTask(ctx, params.id);
  }),
  answer(contract.resumeTaskRoute, async (ctx: Ctx, { params }) => {
    await resumeTask(ctx, params.id);
    return readTask(ctx, params.id);
  }),
  answer(contract.cancelTaskRoute, async (ctx: Ctx, { params }) => {
    await cancelTask(ctx, params.id);
    return readTask(ctx, params.id);
  }),
  answer(contract.sendTaskMessageRoute, async (ctx: Ctx, { params, body }) => {
    await sendMessage(ctx, params.id, body.text);
    return readTask(ctx, params.id);
  }),
  answer(contract.decideTaskRoute, async (ctx: Ctx, { params, body }) => {
    await decideTask(ctx, params.id, body.decision);
    return readTask(ctx, params.id);
  }),
];

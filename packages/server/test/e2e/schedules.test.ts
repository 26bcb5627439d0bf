// Schedules in the running product: they fire by themselves, start runs, call out with a key that stays, and outlive a restart.
import {
  createScheduleRoute,
  listReceiptsRoute,
  type Receipt,
  readSchedulerRoute,
} from '@gathering/contract/schedules';
import { listTasksRoute } from '@gathering/contract/tasks';
import { expect, it } from 'vitest';
import { type Api, createPipeline, makeDefinition, signIn } from '../api.ts';
import { eachDatabase } from '../db.ts';
import { startChatModel } from '../fakes/chat-model.ts';
import { startOutsideServer } from '../fakes/http-server.ts';
import { startInProcess } from '../in-process-server.ts';
import { makeAgentOn } from '../make-agent.ts';
import { waitFor } from '../wait-for.ts';

const receiptsOf = async (api: Api, id: string): Promise<Receipt[]> =>
  (await api.call(listReceiptsRoute, { params: { id }, query: {} })).items;

eachDatabase((_open, makePlace) => {
  it('a call is tried again with the same key, a run is started and its end is noted, a pause outlives a restart', async () => {
    const keys: string[] = [];
    const outside = await startOutsideServer(({ headers }, reply) => {
      keys.push(String(headers['idempotency-key']));
      reply.writeHead(keys.length === 1 ? 503 : 200).end('{}');
      return undefined;
    });
    const place = await makePlace();
    const settings = { GATHERING_EGRESS_ALLOW: outside.hostPort };
    let server = await startInProcess(place, settings);
    try {
      const api = await signIn(server.url);
      const once = () => ({ kind: 'once' as const, at: new Date(Date.now() + 1_500).toISOString() });
      const call = await api.call(createScheduleRoute, {
        body: {
          ...{ name: 'Calls', timing: once(), retries: 2, retrySeconds: 1 },
          action: { kind: 'call_api', url: `${outside.url}/hook`, body: { a: 1 } },
        },
      });
      const tell = { id: 'tell', type: 'action', config: { kind: 'notify', title: 'Told' } };
      const pipeline = await createPipeline(api, makeDefinition('Tells', [tell], [['start', 'tell']]));
      const run = await api.call(createScheduleRoute, {
        body: {
          ...{ name: 'Runs', timing: once() },
          action: { kind: 'execute_pipeline', pipelineId: pipeline.id },
        },
      });
      const [called] = await waitFor('the call to be done', async () => {
        const receipts = await receiptsOf(api, call.id);
        return receipts[0]?.outcome === 'completed' && receipts;
      });
      expect(called).toMatchObject({ status: 'run', attempt: 2, work: { kind: 'call' } });
      expect(keys).toEqual([`schedules/${call.id}/${called?.at}`, `schedules/${call.id}/${called?.at}`]);
      const [ran] = await waitFor('the run to be noted', async () => {
        const receipts = await receiptsOf(api, run.id);
        return receipts[0]?.outcome === 'completed' && receipts;
      });
      expect(ran).toMatchObject({ status: 'run', work: { kind: 'run' } });
      const every = await api.call(createScheduleRoute, {
        body: {
          ...{ name: 'Ticks', timing: { kind: 'interval', everySeconds: 1 } },
          action: { kind: 'send_notification', title: 'Tick' },
        },
      });
      expect((await api.request('PATCH', '/api/schedules/scheduler', pausing)).status).toBe(200);
      await server.stop();
      server = await startInProcess(place, settings);
      const after = await signIn(server.url);
      expect((await after.call(readSchedulerRoute, {})).pausedAt).not.toBeNull();
      await waitFor('an instant after the restart to be skipped', async () => {
        const receipts = await receiptsOf(after, every.id);
        return receipts.length > 2 && receipts[0]?.reason === 'scheduler-paused';
      });
    } finally {
      await server.stop();
    }
  });
});

eachDatabase((_open, makePlace) => {
  it('a background run is started with a goal, once, and how it ended is noted', async () => {
    const model = await startChatModel(() => ({
      calls: [{ tool: 'tasks_finish', input: { reached: true, result: 'Done.' } }],
    }));
    const server = await startInProcess(await makePlace());
    try {
      const api = await signIn(server.url);
      await makeAgentOn(api, model.baseUrl, 'Worker');
      const { id } = await api.call(createScheduleRoute, {
        body: {
          ...{ name: 'Works', timing: { kind: 'once', at: new Date(Date.now() + 1_500).toISOString() } },
          action: { kind: 'run_task', agent: 'worker', goal: 'Say that it is done.' },
        },
      });
      const [receipt] = await waitFor('the work to be noted', async () => {
        const receipts = await receiptsOf(api, id);
        return receipts[0]?.outcome === 'completed' && receipts;
      });
      expect(receipt).toMatchObject({ status: 'run', work: { kind: 'task' } });
      const { items } = await api.call(listTasksRoute, { query: {} });
      expect(items.map(({ id: taskId, status, title }) => [taskId, status, title])).toEqual([
        [receipt?.work?.id, 'completed', 'Say that it is done.'],
      ]);
    } finally {
      await server.stop();
    }
  });
});

const pausing = { headers: { 'content-type': 'application/json' }, body: JSON.stringify({ paused: true }) };

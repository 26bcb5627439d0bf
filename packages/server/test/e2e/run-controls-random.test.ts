// Runs that people pause, let go on, cancel and retry at random moments, several at once: none is stranded, and nothing that
// had ended well is done again.
import type { Json } from '@gathering/contract/json';
import { cancelRunRoute, startRunRoute } from '@gathering/contract/pipelines';
import { pauseRunRoute, resumeRunRoute, retryRunRoute } from '@gathering/contract/pipelines-controls';
import { expect, it } from 'vitest';
import { chain, createPipeline, type GivenNode, makeDefinition, readRun, signIn, statusesOf } from '../api.ts';
import { eachDatabase } from '../db.ts';
import { startOutsideServer } from '../fakes/http-server.ts';
import { startInProcess } from '../in-process-server.ts';
import { makeRandom } from '../make-random.ts';
import { waitFor } from '../wait-for.ts';

const controls = [pauseRunRoute, resumeRunRoute, cancelRunRoute, retryRunRoute] as const;
/** What these answer to whoever comes too late. */
const tooLate = ['run-ended', 'run-not-running', 'run-not-paused', 'run-not-stopped'].map(
  (code) => `pipelines.${code}`,
);

eachDatabase((_open, makePlace, kind) => {
  // promise: pause-holds-still
  // promise: retry-keeps-what-ended
  it('every run completes in the end, in its turn, and each of its nodes once', async () => {
    const random = makeRandom(kind === 'server' ? 7 : 3);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
    const outside = await startOutsideServer();
    const server = await startInProcess(await makePlace(), { GATHERING_EGRESS_ALLOW: outside.hostPort });
    try {
      const api = await signIn(server.url);
      const get = (id: string): GivenNode => ({ id, type: 'action', config: { kind: 'callApi', url: outside.url } });
      const value = (id: string): GivenNode => ({ id, type: 'transform', config: { expression: '1' } });
      const inner = await createPipeline(
        api,
        makeDefinition('Inner', [get('ask'), value('made')], chain('start', 'ask', 'made')),
      );
      const nodes: GivenNode[] = [
        get('ask'),
        { id: 'waits', type: 'delay', config: { seconds: 0.02 } },
        { id: 'sub', type: 'pipeline', config: { pipelineId: inner.id } },
        { id: 'each', type: 'map', config: { items: '[1, 2, 3]', pipelineId: inner.id, concurrency: 2 } },
        { id: 'any', type: 'join', config: { mode: 'any' } },
        { id: 'which', type: 'condition', config: { expression: 'false' } },
        value('no'),
        value('yes'),
        { id: 'all', type: 'join', config: { mode: 'all' } },
        value('end'),
      ];
      const edges: [string, string, string?][] = [
        ...chain('start', 'ask', 'sub', 'any', 'which'),
        ...chain('start', 'waits', 'any'),
        ...chain('ask', 'each', 'all', 'end'),
        ['which', 'no', 'then'],
        ['which', 'yes', 'else'],
        ...chain('no', 'all'),
        ...chain('yes', 'all'),
      ];
      const definition = {
        ...makeDefinition('Random', nodes, edges),
        settings: { concurrencyKey: '{{ input.group }}', concurrencyLimit: 2, timeoutSeconds: 3600 },
      };
      const pipeline = await createPipeline(api, definition);
      const runs = await Promise.all(
        Array.from({ length: 12 }, (_, at) => {
          const input: Json = { group: `g${at % 3}` };
          return api.call(startRunRoute, { params: { id: pipeline.id }, body: { input } });
        }),
      );
      const codes = new Set<string>();
      const control = (route: (typeof controls)[number], id: string): Promise<unknown> =>
        api.call(route, { params: { id } }).catch((error: { problem?: { code: string } }) => {
          codes.add(error.problem?.code ?? String(error));
        });
      let mostInTurn = 0;
      for (let round = 0; round < 60; round += 1) {
        await Promise.all(Array.from({ length: 4 }, () => control(pick(controls), pick(runs).id)));
        const { rows } = await server.database.query<{ runs: number }>(
          `select count(*)::int as runs from pipeline.runs where concurrency_group is not null and status in ('running', 'waiting', 'paused') group by concurrency_group`,
        );
        mostInTurn = Math.max(mostInTurn, ...rows.map((row) => row.runs));
      }
      await waitFor('every run to complete', async () => {
        const states = await Promise.all(runs.map(({ id }) => readRun(api, id)));
        for (const { id, status } of states) {
          if (status === 'paused') await control(resumeRunRoute, id);
          if (['failed', 'cancelled', 'timed_out'].includes(status)) await control(retryRunRoute, id);
        }
        return states.every(({ status }) => status === 'completed');
      });
      expect([...codes].filter((code) => !tooLate.includes(code))).toEqual([]);
      expect(mostInTurn).toBe(2);
      for (const { id } of runs) {
        const { no, ...others } = statusesOf(await readRun(api, id));
        expect([no, new Set(Object.values(others))]).toEqual(['skipped', new Set(['completed'])]);
      }
      const { rows: doubled } = await server.database.query(
        `select subject, payload ->> 'nodeId' as node from event.events
          where type = 'pipelines.node-ended' and payload ->> 'status' in ('completed', 'skipped') group by 1, 2 having count(*) > 1`,
      );
      expect(doubled).toEqual([]);
      await waitFor('no job to be left', async () => {
        const { rows } = await server.database.query<{ data: Json }>(
          `select data from pgboss.job where state in ('created', 'retry', 'active') and data ->> 'job' like 'pipelines.%'`,
        );
        return rows.length === 0;
      });
    } finally {
      await server.stop();
      await outside.close();
    }
  });
});

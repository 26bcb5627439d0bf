// Random graphs run through the whole engine and compared with a small model of what each node must become.
import type { PipelineDefinition, PipelineNode } from '@gathering/contract/pipeline-definition';
import { expect, it } from 'vitest';
import { makeCtx, systemActor } from '../../src/boot/make-ctx.ts';
import { openGround } from '../../src/boot/open-ground.ts';
import { startWorker } from '../../src/boot/worker.ts';
import { readRun, startRun } from '../../src/features/pipelines/index.ts';
import type { Tool } from '../../src/llm/tool.ts';
import { readConfig } from '../../src/platform/config.ts';
import { createLog } from '../../src/platform/log.ts';
import { eachDatabase } from '../db.ts';
import { makeRandom } from '../make-random.ts';

const echo: Tool = {
  name: 'test_echo',
  description: 'Answers what it is given.',
  inputSchema: { type: 'object', additionalProperties: false, properties: { value: {} } },
  effect: 'none',
  permission: 'signed-in',
  run: async (args) => ({ ok: true, text: '', data: args.value ?? null }),
};

function makeNode(id: string, random: () => number): PipelineNode {
  const kind = random();
  if (kind < 0.35) return { id, type: 'condition', config: { expression: random() < 0.5 ? 'true' : 'false' } };
  if (kind < 0.5) return { id, type: 'parallel', config: {} };
  if (kind < 0.6) return { id, type: 'delay', config: { seconds: random() < 0.5 ? 0 : 0.02 } };
  return { id, type: 'action', config: { kind: 'callTool', tool: echo.name, arguments: { value: id } } };
}

function makeGraph(seed: number, size: number): PipelineDefinition {
  const random = makeRandom(seed);
  const nodes: PipelineNode[] = [{ id: 'start', type: 'trigger', config: {} }];
  const edges: PipelineDefinition['edges'] = [];
  for (let index = 0; index < size; index += 1) {
    const node = makeNode(`n${index}`, random);
    const parents = new Set(
      Array.from({ length: 1 + Math.floor(random() * 3) }, () => Math.floor(random() * nodes.length)),
    );
    for (const at of parents) {
      const parent = nodes[at];
      if (!parent) continue;
      const when = parent.type === 'condition' ? { when: random() < 0.5 ? 'then' : 'else' } : {};
      edges.push({ from: parent.id, to: node.id, ...when });
    }
    nodes.push(node);
  }
  return { name: `random ${seed}`, description: '', nodes, edges };
}

/** What each node must end as: taken if any edge into it is taken, and skipped otherwise. */
function expectStatuses({ nodes, edges }: PipelineDefinition): Record<string, string> {
  const statuses: Record<string, string> = {};
  const byId = new Map(nodes.map((node) => [node.id, node]));
  for (const node of nodes) {
    const incoming = edges.filter((edge) => edge.to === node.id);
    const taken = incoming.filter((edge) => {
      if (statuses[edge.from] !== 'completed') return false;
      return edge.when === undefined || (edge.when === 'then') === (byId.get(edge.from)?.config.expression === 'true');
    });
    statuses[node.id] = incoming.length === 0 || taken.length > 0 ? 'completed' : 'skipped';
  }
  return statuses;
}

eachDatabase((_open, makePlace, kind) => {
  // promise: node-settled-once
  it('settles every node of 40 random graphs exactly once, as the graph says, all running at the same time', async () => {
    const place = await makePlace();
    const env = { GATHERING_DATA_DIR: place.dataDir, DATABASE_URL: place.databaseUrl, GATHERING_EMBEDDED_FSYNC: 'off' };
    const open = await openGround(readConfig(env), createLog('silent'), [echo]);
    try {
      const ctx = makeCtx(open.ground, { actor: systemActor('test') });
      await startWorker(open);
      const graphs = Array.from({ length: 40 }, (_, index) =>
        makeGraph(index + (kind === 'server' ? 1000 : 0), 3 + index),
      );
      const ended = Promise.withResolvers<void>();
      let remaining = graphs.length;
      const stop = open.feed.onBatch(({ events }) => {
        remaining -= events.filter(({ event }) => event.type === 'pipelines.run-ended').length;
        if (remaining === 0) ended.resolve();
      });
      const ids = await Promise.all(
        graphs.map((definition) => startRun(ctx, { pipelineId: null, definition, input: {}, projectId: null })),
      );
      await ended.promise;
      stop();
      for (const [index, id] of ids.entries()) {
        const run = await readRun(ctx, id);
        const graph = graphs[index] as PipelineDefinition;
        expect(run.status).toBe('completed');
        expect(Object.fromEntries(run.nodes.map((node) => [node.id, node.status]))).toEqual(expectStatuses(graph));
        expect(run.nodesDone).toBe(graph.nodes.length);
        const endOf = new Map(run.nodes.map((node) => [node.id, node.endedAt]));
        for (const { from, to } of graph.edges) {
          const begun = run.nodes.find((node) => node.id === to)?.startedAt;
          if (begun) expect(Date.parse(begun)).toBeGreaterThanOrEqual(Date.parse(endOf.get(from) ?? ''));
        }
      }
      const { rows } = await open.ground.database.query<{ doubled: number; told: number }>(
        `select count(*) filter (where times > 1) as doubled, count(*) as told from (
           select subject, payload ->> 'nodeId', count(*) as times from event.events where type = 'pipelines.node-ended' group by 1, 2) as per_node`,
      );
      expect(rows[0]).toEqual({ doubled: 0, told: graphs.reduce((sum, graph) => sum + graph.nodes.length, 0) });
    } finally {
      await open.queue.drain(1000);
      await open.close();
    }
  });
});

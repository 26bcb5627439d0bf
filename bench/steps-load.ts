// The loads of `bench:steps`: runs of no-op actions kept going for some seconds, and the raw commits that they are compared with.
import type { PipelineDefinition } from '@gathering/contract/pipeline-definition';
import pg from 'pg';
import type { Ctx } from '../packages/server/src/ctx.ts';
import { onRunsEnded, startRun } from '../packages/server/src/features/pipelines/index.ts';
import type { Tool } from '../packages/server/src/llm/tool.ts';

export const nothing: Tool = {
  name: 'bench_nothing',
  description: 'Does nothing.',
  inputSchema: { type: 'object', additionalProperties: false, properties: {} },
  effect: 'none',
  permission: 'signed-in',
  run: async () => ({ ok: true, text: '', data: null }),
};
const action = (id: string) => ({ id, type: 'action', config: { kind: 'callTool', tool: nothing.name } });

export function chain(length: number): PipelineDefinition {
  const ids = Array.from({ length }, (_, index) => `n${index}`);
  return {
    name: `chain of ${length}`,
    description: '',
    nodes: [{ id: 'start', type: 'trigger', config: {} }, ...ids.map(action)],
    edges: ids.map((id, index) => ({ from: index === 0 ? 'start' : `n${index - 1}`, to: id })),
  };
}

export function fanOut(width: number): PipelineDefinition {
  const ids = Array.from({ length: width }, (_, index) => `n${index}`);
  return {
    name: `fan-out of ${width}`,
    description: '',
    nodes: [
      { id: 'start', type: 'trigger', config: {} },
      ...ids.map(action),
      { id: 'join', type: 'parallel', config: {} },
    ],
    edges: ids.flatMap((id) => [
      { from: 'start', to: id },
      { from: id, to: 'join' },
    ]),
  };
}

/** Single-row inserts, each its own commit, by so many connections. */
export async function measureRawCommits(url: string, connections: number, seconds: number): Promise<number> {
  const clients = await Promise.all(
    Array.from({ length: connections }, async () => {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      return client;
    }),
  );
  await clients[0]?.query(
    'create table if not exists bench_raw (id bigint generated always as identity primary key, payload text not null)',
  );
  const until = performance.now() + seconds * 1000;
  const started = performance.now();
  const counts = await Promise.all(
    clients.map(async (client) => {
      let count = 0;
      while (performance.now() < until) {
        await client.query('insert into bench_raw (payload) values ($1)', ['one row']);
        count += 1;
      }
      return count;
    }),
  );
  const rate = (counts.reduce((sum, count) => sum + count, 0) / (performance.now() - started)) * 1000;
  await Promise.all(clients.map((client) => client.end()));
  return rate;
}

export interface Load {
  readonly nodesPerSecond: number;
  readonly nodes: number;
  /** From the commit that made a node ready to the commit that settled it, in ms. */
  readonly nodeMs: readonly number[];
}

/** Calls back with the ids of runs that have ended; returns how to stop. */
export type HearEnds = (run: (runIds: readonly string[]) => void) => () => void;

function watchEnds(hear: HearEnds): { until(id: string): Promise<void>; stop(): void } {
  const waiting = new Map<string, () => void>();
  const early = new Set<string>();
  const stop = hear((ids) => {
    for (const id of ids) {
      const end = waiting.get(id);
      if (end) end();
      else early.add(id);
      waiting.delete(id);
    }
  });
  return {
    until: (id) => (early.delete(id) ? Promise.resolve() : new Promise((resolve) => waiting.set(id, resolve))),
    stop,
  };
}

/**
 * Keeps `atOnce` runs going for so long; ends with the last of them. Hears of ends from the process that settles, unless
 * told otherwise: events are gathered for browsers and come up to 15 ms later.
 */
export async function measureRuns(
  ctx: Ctx,
  definition: PipelineDefinition,
  atOnce: number,
  seconds: number,
  hear: HearEnds = onRunsEnded,
): Promise<Load> {
  const ends = watchEnds(hear);
  const runIds: string[] = [];
  const started = performance.now();
  const until = started + seconds * 1000;
  const oneAfterTheOther = async (): Promise<void> => {
    do {
      const id = await startRun(ctx, { pipelineId: null, definition, input: {}, projectId: null });
      runIds.push(id);
      await ends.until(id);
    } while (performance.now() < until);
  };
  await Promise.all(Array.from({ length: atOnce }, oneAfterTheOther));
  const elapsedMs = performance.now() - started;
  ends.stop();
  const nodes = await checkSettledOnce(ctx, runIds, definition);
  return { nodesPerSecond: (nodes / elapsedMs) * 1000, nodes, nodeMs: await readNodeTimes(ctx, runIds.slice(0, 200)) };
}

/** Every action node ended `completed` with exactly one event, every job is done. Throws otherwise. Answers their number. */
async function checkSettledOnce(
  { database }: Ctx,
  runIds: readonly string[],
  definition: PipelineDefinition,
): Promise<number> {
  const expected = runIds.length * definition.nodes.filter((node) => node.type === 'action').length;
  const { rows } = await database.query<{ nodes: number; open: number; events: number; doubled: number }>(
    `select (select count(*) from pipeline.node_runs where run_id = any($1::uuid[]) and type = 'action' and status = 'completed') as nodes,
            (select count(*) from pipeline.runs where id = any($1::uuid[]) and status <> 'completed') as open,
            (select count(*) from (select substr(subject, 6)::uuid as run_id, payload ->> 'nodeId' as node_id from event.events where type = 'pipelines.node-ended' and subject = any($2::text[])) e
              join pipeline.node_runs n using (run_id, node_id) where n.type = 'action') as events,
            (select count(*) from (select subject, payload ->> 'nodeId' from event.events where type = 'pipelines.node-ended' and subject = any($2::text[]) group by 1, 2 having count(*) > 1) d) as doubled`,
    [runIds, runIds.map((id) => `runs/${id}`)],
  );
  const [found] = rows;
  if (found?.nodes !== expected || found.open !== 0 || found.events !== expected || found.doubled !== 0) {
    throw new Error(`Not every node was settled exactly once: expected ${expected}, found ${JSON.stringify(found)}.`);
  }
  return expected;
}

/** In a chain a node is ready when the one before it was settled: the times between are what a node costs. */
async function readNodeTimes({ database }: Ctx, runIds: readonly string[]): Promise<number[]> {
  const { rows } = await database.query<{ ms: number | null }>(
    `select extract(epoch from ended_at - lag(ended_at) over (partition by run_id order by position))::float8 * 1000 as ms
       from pipeline.node_runs where run_id = any($1::uuid[])`,
    [runIds],
  );
  return rows.flatMap((row) => (row.ms === null ? [] : [row.ms]));
}

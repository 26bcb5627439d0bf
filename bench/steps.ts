// Durable nodes per second: chains of 10 no-op actions at 1, 16 and 64 runs at once and a fan-out of 1,000, on PostgreSQL with
// fsync on, beside raw single-row commits in the same run: as the product runs them (a node that makes exactly one other ready
// is followed by it in the same slot), and with each node fetched, run and settled through the queue. Only action nodes count. After each load the database is asked whether each was settled once.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PipelineDefinition } from '@gathering/contract/pipeline-definition';
import pg from 'pg';
import { makeCtx, systemActor } from '../packages/server/src/boot/make-ctx.ts';
import { openGround } from '../packages/server/src/boot/open-ground.ts';
import { startWorker } from '../packages/server/src/boot/worker.ts';
import type { Ctx } from '../packages/server/src/ctx.ts';
import { onRunsEnded, startRun } from '../packages/server/src/features/pipelines/index.ts';
import type { Tool } from '../packages/server/src/llm/tool.ts';
import { type Config, readConfig } from '../packages/server/src/platform/config.ts';
import { createLog } from '../packages/server/src/platform/log.ts';
import { startPostgres } from '../packages/server/test/postgres-server.ts';
import { describeMachine, type Figures, printFigures, printTable, quantile, readOptions } from './report.ts';

const options = readOptions({ seconds: { type: 'string' } });
const secondsEach = Number(options.seconds ?? 6);

const nothing: Tool = {
  name: 'bench_nothing',
  description: 'Does nothing.',
  inputSchema: { type: 'object', additionalProperties: false, properties: {} },
  effect: 'none',
  permission: 'signed-in',
  run: async () => ({ ok: true, text: '', data: null }),
};
const action = (id: string) => ({ id, type: 'action', config: { kind: 'callTool', tool: nothing.name } });

function chain(length: number): PipelineDefinition {
  const ids = Array.from({ length }, (_, index) => `n${index}`);
  return {
    name: `chain of ${length}`,
    description: '',
    nodes: [{ id: 'start', type: 'trigger', config: {} }, ...ids.map(action)],
    edges: ids.map((id, index) => ({ from: index === 0 ? 'start' : `n${index - 1}`, to: id })),
  };
}

function fanOut(width: number): PipelineDefinition {
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
async function measureRawCommits(url: string, connections: number, seconds: number): Promise<number> {
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

interface Load {
  readonly nodesPerSecond: number;
  readonly nodes: number;
  /** From the commit that made a node ready to the commit that settled it, in ms. */
  readonly nodeMs: readonly number[];
}

/** Hears of ends from the process that settles: events are gathered for browsers and come up to 15 ms later. */
function watchEnds(): { until(id: string): Promise<void>; stop(): void } {
  const waiting = new Map<string, () => void>();
  const early = new Set<string>();
  const stop = onRunsEnded((ids) => {
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

/** Keeps `atOnce` runs going for so long; ends with the last of them. */
async function measureRuns(ctx: Ctx, definition: PipelineDefinition, atOnce: number, seconds: number): Promise<Load> {
  const ends = watchEnds();
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
            (select count(*) from event.events e join pipeline.node_runs n on 'runs/' || n.run_id = e.subject and n.node_id = e.payload ->> 'nodeId'
              where n.run_id = any($1::uuid[]) and n.type = 'action' and e.type = 'pipelines.node-ended') as events,
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

async function main(): Promise<void> {
  const server = await startPostgres({ fsync: true, settings: { shared_buffers: '256MB', max_connections: '100' } });
  const dataDir = await mkdtemp(join(tmpdir(), 'gathering-bench-'));
  try {
    console.log(`bench:steps on ${describeMachine()}, PostgreSQL 18 with fsync on\n`);
    const config = readConfig({ DATABASE_URL: server.url, GATHERING_DATA_DIR: dataDir, GATHERING_LOG_LEVEL: 'warn' });
    const raw: number[] = [];
    const measured = new Map<Way, Measured>();
    // The raw rate before, between and after, so that what else the machine does falls on both ways.
    const one = await measureRawCommits(server.url, 1, 3);
    for (const way of ways) {
      raw.push(await measureRawCommits(server.url, 16, 3));
      measured.set(way, await measureWay(config, way));
    }
    raw.push(await measureRawCommits(server.url, 16, 3));
    report({ one, sixteen: raw.reduce((sum, rate) => sum + rate, 0) / raw.length }, measured);
  } finally {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

const ways = ['queue', 'inline'] as const;
type Way = (typeof ways)[number];
const wayNames: Readonly<Record<Way, string>> = { queue: 'each through the queue', inline: 'inline' };

interface Measured {
  readonly loads: readonly { readonly atOnce: number; readonly load: Load }[];
  readonly fan: Load;
}

async function measureWay(config: Config, way: Way): Promise<Measured> {
  const open = await openGround(config, createLog('warn'), [nothing]);
  const ctx = makeCtx(open.ground, { actor: systemActor('bench') });
  await startWorker(open, { inline: way === 'inline' });
  await measureRuns(ctx, chain(10), 16, 2);
  const loads: { atOnce: number; load: Load }[] = [];
  for (const atOnce of [1, 16, 64])
    loads.push({ atOnce, load: await measureRuns(ctx, chain(10), atOnce, secondsEach) });
  const fan = await measureRuns(ctx, fanOut(1000), 1, secondsEach);
  await open.queue.drain(1000);
  await open.close();
  return { loads, fan };
}

function report(raw: { one: number; sixteen: number }, measured: ReadonlyMap<Way, Measured>): void {
  const row = (name: string, rate: number, p50: string, nodes: string) => [
    name,
    rate.toFixed(0),
    (rate / raw.sixteen).toFixed(2),
    p50,
    nodes,
  ];
  const rows = [...measured].flatMap(([way, { loads, fan }]) => [
    ...loads.map(({ atOnce, load }) => {
      const name = `chain of 10, ${atOnce} ${atOnce === 1 ? 'run' : 'runs'} at once, ${wayNames[way]}`;
      return row(name, load.nodesPerSecond, quantile(load.nodeMs, 0.5).toFixed(2), String(load.nodes));
    }),
    row(`fan-out of 1,000 and join, ${wayNames[way]}`, fan.nodesPerSecond, '', String(fan.nodes)),
  ]);
  printTable([
    ['load', 'nodes/s', 'of raw 16', 'p50 ms', 'settled once'],
    row('raw commits, 1 connection', raw.one, '', ''),
    row('raw commits, 16 connections', raw.sixteen, '', ''),
    ...rows,
  ]);
  if (!options.json) return;
  const figures: Record<string, number> = { rawCommitsBy1: raw.one, rawCommitsBy16: raw.sixteen };
  for (const [way, { loads, fan }] of measured) {
    const through = way === 'queue' ? 'ThroughQueue' : '';
    figures[`nodesPerSecond${through}FanOut`] = fan.nodesPerSecond;
    figures[`shareOfRaw${through}FanOut`] = fan.nodesPerSecond / raw.sixteen;
    for (const { atOnce, load } of loads) {
      figures[`nodesPerSecond${through}At${atOnce}Runs`] = load.nodesPerSecond;
      figures[`shareOfRaw${through}At${atOnce}Runs`] = load.nodesPerSecond / raw.sixteen;
      figures[`p50Ms${through}At${atOnce}Runs`] = quantile(load.nodeMs, 0.5);
    }
  }
  printFigures('steps', figures satisfies Figures);
}

await main();

// Durable nodes per second: chains of 10 no-op actions at 1, 16 and 64 runs at once and a fan-out of 1,000, on PostgreSQL with
// fsync on, beside raw single-row commits in the same run: as the product runs them (a node that makes exactly one other ready
// is followed by it in the same slot), and with each node fetched, run and settled through the queue. Only action nodes count.
// After each load the database is asked whether each was settled once. `--peers`: beside DBOS and LangGraph JS as well.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCtx, systemActor } from '../packages/server/src/boot/make-ctx.ts';
import { openGround } from '../packages/server/src/boot/open-ground.ts';
import { startWorker } from '../packages/server/src/boot/worker.ts';
import { type Config, readConfig } from '../packages/server/src/platform/config.ts';
import { createLog } from '../packages/server/src/platform/log.ts';
import { startPostgres } from '../packages/server/test/postgres-server.ts';
import { describeMachine, type Figures, printFigures, printTable, quantile, readOptions } from './report.ts';
import { installPeers, measurePeer, measureWorkers, type Peer, peerNames, peers } from './steps-beside.ts';
import { chain, fanOut, type Load, measureRawCommits, measureRuns, nothing } from './steps-load.ts';

const options = readOptions({ seconds: { type: 'string' }, peers: { type: 'boolean' } });
const secondsEach = Number(options.seconds ?? 6);

async function main(): Promise<void> {
  const server = await startPostgres({ fsync: true, settings: { shared_buffers: '256MB', max_connections: '100' } });
  const dataDir = await mkdtemp(join(tmpdir(), 'gathering-bench-'));
  try {
    console.log(`bench:steps on ${describeMachine()}, PostgreSQL 18 with fsync on\n`);
    const env = { DATABASE_URL: server.url, GATHERING_DATA_DIR: dataDir, GATHERING_LOG_LEVEL: 'warn' };
    const config = readConfig(env);
    const raw: number[] = [];
    const measured = new Map<Way, Measured>();
    // The raw rate before, between and after, so that what else the machine does falls on both ways.
    const one = await measureRawCommits(server.url, 1, 3);
    for (const way of ways) {
      raw.push(await measureRawCommits(server.url, 16, 3));
      measured.set(way, await measureWay(config, way));
    }
    raw.push(await measureRawCommits(server.url, 16, 3));
    const beside = options.peers ? await measureBeside(config, env, server.url) : null;
    report({ one, sixteen: raw.reduce((sum, rate) => sum + rate, 0) / raw.length }, measured, beside);
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

interface Beside {
  /** Steps a second, of each of several rounds. */
  readonly ours: readonly number[];
  readonly peers: ReadonlyMap<Peer, readonly number[]>;
  readonly workers: { readonly one: readonly number[]; readonly three: readonly number[] };
}

const rounds = 2;
const workerCounts = [
  ['one', 1],
  ['three', 3],
] as const;
const mean = (samples: readonly number[]): number => samples.reduce((sum, one) => sum + one, 0) / samples.length;

/** In turns, so that what else the machine does falls on all alike. */
async function measureBeside(config: Config, env: Record<string, string>, serverUrl: string): Promise<Beside> {
  await installPeers();
  const ours: number[] = [];
  const theirs = new Map<Peer, number[]>(peers.map((peer) => [peer, []]));
  const workers = { one: [] as number[], three: [] as number[] };
  for (let round = 0; round < rounds; round += 1) {
    for (const peer of peers) theirs.get(peer)?.push(await measurePeer(peer, serverUrl, secondsEach));
    const open = await openGround(config, createLog('warn'), [nothing]);
    const ctx = makeCtx(open.ground, { actor: systemActor('bench') });
    await startWorker(open);
    await measureRuns(ctx, chain(10), 64, 1);
    ours.push((await measureRuns(ctx, chain(10), 64, secondsEach)).nodesPerSecond);
    await open.queue.drain(1000);
    await open.close();
  }
  // Of two measurements with one worker the second may be a fifth more or less: so many, each first in half of them.
  for (let round = 0; round < rounds * 2; round += 1) {
    for (const [name, count] of round % 2 === 0 ? workerCounts : workerCounts.toReversed())
      workers[name].push(await measureWorkers(config, env, count, secondsEach));
  }
  return { ours, peers: theirs, workers };
}

function report(
  raw: { one: number; sixteen: number },
  measured: ReadonlyMap<Way, Measured>,
  beside: Beside | null,
): void {
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
    ...(beside === null ? [] : besideRows(beside, row)),
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
  if (beside !== null) Object.assign(figures, besideFigures(beside));
  printFigures('steps', figures satisfies Figures);
}

function besideRows(
  { ours, peers: theirs, workers }: Beside,
  row: (name: string, rate: number, p50: string, nodes: string) => string[],
): string[][] {
  return [
    row('chain of 10, 64 runs at once, beside the peers', mean(ours), '', ''),
    ...[...theirs].map(([peer, rates]) => row(`  ${peerNames[peer]}`, mean(rates), '', '')),
    row('chain of 10, 64 runs at once, one worker apart', mean(workers.one), '', ''),
    row('chain of 10, 64 runs at once, three workers apart', mean(workers.three), '', ''),
  ];
}

function besideFigures({ ours, peers: theirs, workers }: Beside): Record<string, number> {
  const times = (peer: Peer): number => mean(ours) / mean(theirs.get(peer) ?? []);
  return {
    timesDbos: times('dbos'),
    timesLangGraph: times('langgraph'),
    threeWorkersToOne: mean(workers.three) / mean(workers.one),
  };
}

await main();

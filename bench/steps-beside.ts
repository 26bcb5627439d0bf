// What `bench:steps -- --peers` adds: the same chains on DBOS and LangGraph JS, each with its own database on the same server and in
// turns with ours, and three workers in processes of their own beside one.
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { makeCtx, systemActor } from '../packages/server/src/boot/make-ctx.ts';
import { openGround } from '../packages/server/src/boot/open-ground.ts';
import type { Config } from '../packages/server/src/platform/config.ts';
import { createLog } from '../packages/server/src/platform/log.ts';
import { chain, type HearEnds, measureRuns, nothing } from './steps-load.ts';

const run = promisify(execFile);
const peersFolder = fileURLToPath(new URL('./peers/', import.meta.url));
const workerFile = fileURLToPath(new URL('./steps-worker.ts', import.meta.url));

export const peers = ['dbos', 'langgraph'] as const;
export type Peer = (typeof peers)[number];
export const peerNames: Readonly<Record<Peer, string>> = { dbos: 'DBOS', langgraph: 'LangGraph JS' };

/** Brings the peers along where they are not yet, as their own lock says. */
export async function installPeers(): Promise<void> {
  if (existsSync(`${peersFolder}node_modules`)) return;
  console.log('Installing the peers, once...');
  await run('npm', ['ci', '--workspaces=false'], { cwd: peersFolder });
}

/** Steps a second of chains of 10 at 64 runs. */
export async function measurePeer(peer: Peer, serverUrl: string, seconds: number): Promise<number> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  const found = await client.query('select 1 from pg_database where datname = $1', [peer]);
  if (found.rowCount === 0) await client.query(peer === 'dbos' ? 'create database dbos' : 'create database langgraph');
  await client.end();
  const url = new URL(serverUrl);
  url.pathname = `/${peer}`;
  const given = ['--peer', peer, '--url', url.href, '--runs', '64', '--steps', '10', '--seconds', String(seconds)];
  const { stdout } = await run(process.execPath, ['--no-deprecation', `${peersFolder}run.mjs`, ...given]);
  return (JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { stepsPerSecond: number }).stepsPerSecond;
}

/** Nodes a second at 64 runs with so many workers, none of them in this process; ends are heard by events. */
export async function measureWorkers(config: Config, env: Record<string, string>, count: number, seconds: number) {
  const stops = await Promise.all(Array.from({ length: count }, () => launchWorker(env)));
  const open = await openGround(config, createLog('warn'), [nothing]);
  const ctx = makeCtx(open.ground, { actor: systemActor('bench') });
  const hear: HearEnds = (onEnded) =>
    open.feed.onBatch(({ events }) => {
      const ended = events.filter(({ event }) => event.type === 'pipelines.run-ended');
      onEnded(ended.map(({ event }) => event.subject.slice('runs/'.length)));
    });
  try {
    await measureRuns(ctx, chain(10), 64, 2, hear);
    return (await measureRuns(ctx, chain(10), 64, seconds, hear)).nodesPerSecond;
  } finally {
    await open.close();
    await Promise.all(stops.map((stop) => stop()));
  }
}

async function launchWorker(env: Record<string, string>): Promise<() => Promise<void>> {
  const child = spawn(process.execPath, [workerFile], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve());
    child.once('exit', (code) => reject(new Error(`A worker ended with ${code} before it was ready.`)));
  });
  return () => {
    child.stdin.end();
    return ended;
  };
}

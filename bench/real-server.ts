// The real program as a process of its own, for benchmarks: on a database of the benchmark's own, measured from outside, killed
// and started again. Whatever is left when the benchmark ends, however it ends, is killed and its folders are removed.
import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { loginRoute } from '@gathering/contract/auth';
import { type Client, createClient } from '@gathering/contract/client';
import type { PipelineNode } from '@gathering/contract/pipeline-definition';
import { createPipelineRoute, listRunsRoute, startRunRoute } from '@gathering/contract/pipelines';
import { type Database, openDatabase } from '../packages/server/src/platform/db/database.ts';
import { createLog } from '../packages/server/src/platform/log.ts';
import { startPostgres } from '../packages/server/test/postgres-server.ts';

const program = fileURLToPath(new URL('../packages/server/src/main.ts', import.meta.url));
export const owner = { email: 'owner@example.org', password: 'a long sentence for measuring' };

const children = new Set<ChildProcess>();
const folders = new Set<string>();
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

export const databaseKinds = ['server', 'embedded'] as const;
export type DatabaseKind = (typeof databaseKinds)[number];

export interface Place {
  readonly kind: DatabaseKind;
  readonly dataDir: string;
  /** Undefined: the embedded database, in `dataDir`. */
  readonly databaseUrl: string | undefined;
}

/** A folder that is gone when the body has ended. */
export async function withFolder<T>(body: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'gathering-bench-'));
  folders.add(folder);
  try {
    return await body(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
    folders.delete(folder);
  }
}

/** A fresh database of this kind; the PostgreSQL server has fsync on. */
export function withPlace<T>(kind: DatabaseKind, body: (place: Place) => Promise<T>): Promise<T> {
  return withFolder(async (dataDir) => {
    if (kind === 'embedded') return body({ kind, dataDir, databaseUrl: undefined });
    const postgres = await startPostgres({
      fsync: true,
      settings: { shared_buffers: '256MB', max_connections: '100' },
    });
    try {
      return await body({ kind, dataDir, databaseUrl: postgres.url });
    } finally {
      await postgres.stop();
    }
  });
}

/** The kinds that the option `--database` names; both without it. */
export function chooseKinds(chosen: string | undefined): readonly DatabaseKind[] {
  if (chosen === undefined) return databaseKinds;
  const kinds = databaseKinds.filter((kind) => kind === chosen);
  if (kinds.length === 0) throw new Error(`--database is ${databaseKinds.join(' or ')}, not ${chosen}.`);
  return kinds;
}

/** For questions while no server holds the embedded database. */
export async function askDatabase<T>(place: Place, ask: (database: Database) => Promise<T>): Promise<T> {
  const { dataDir, databaseUrl } = place;
  const log = createLog('warn');
  const database = await openDatabase({ dataDir, databaseUrl, poolSize: 4, embeddedFsync: true, log });
  try {
    return await ask(database);
  } finally {
    await database.close();
  }
}

export interface RealServer {
  readonly url: string;
  readonly child: ChildProcess;
  /** By the clock with which rows are stamped as well. */
  readonly spawnedAt: Date;
  readonly readyAt: Date;
  signIn(account?: { readonly email: string; readonly password: string }): Promise<Client>;
  /** As a power cut. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

export interface LaunchOptions {
  readonly nodeOptions?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Without dashboard and limits of rates; the owner is there. */
export async function launchServer(
  place: Place,
  { nodeOptions = [], env = {} }: LaunchOptions = {},
): Promise<RealServer> {
  const { PATH, HOME, TMPDIR } = process.env;
  const spawnedAt = new Date();
  const child = spawn(process.execPath, [...nodeOptions, program, 'serve', '--no-dashboard'], {
    env: {
      PATH,
      HOME,
      TMPDIR,
      PORT: '0',
      GATHERING_DATA_DIR: place.dataDir,
      DATABASE_URL: place.databaseUrl,
      GATHERING_OWNER_EMAIL: owner.email,
      GATHERING_OWNER_PASSWORD: owner.password,
      GATHERING_SECRET_KEY: 'one key for every instance of this benchmark',
      GATHERING_RATE_LIMITS: 'off',
      GATHERING_LOG_LEVEL: 'error',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  children.add(child);
  child.once('exit', () => children.delete(child));
  const url = await whenReady(child);
  const end = (signal: NodeJS.Signals) => async (): Promise<void> => {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  };
  return {
    url,
    child,
    spawnedAt,
    readyAt: new Date(),
    signIn: async (account = owner) => {
      const { accessToken } = await createClient({ baseUrl: url })(loginRoute, { body: account });
      return createClient({ baseUrl: url, token: () => accessToken });
    },
    kill: end('SIGKILL'),
    stop: end('SIGTERM'),
  };
}

function whenReady(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stdout?.setEncoding('utf8').on('data', (piece: string) => {
      said += piece;
      const url = /GatheRing is ready at (\S+)/.exec(said)?.[1];
      if (url !== undefined) resolve(url);
    });
    child.once('exit', (code) => reject(new Error(`The server ended with ${code} before it was ready.`)));
  });
}

/** Resident memory, in MB. */
export async function readMemory(child: ChildProcess): Promise<number> {
  const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) / 1024;
}

/** What the nodes of runs call: a server of this process on loopback. */
export async function startOutside(answer: RequestListener): Promise<{ hostPort: string; close(): void }> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const hostPort = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { hostPort, close };
}

export type GivenNode = Pick<PipelineNode, 'id' | 'type' | 'config'>;

/** Answers the id of the saved pipeline. */
export async function createChain(call: Client, name: string, nodes: readonly GivenNode[]): Promise<string> {
  const edges = nodes.map(({ id }, index) => ({ from: nodes[index - 1]?.id ?? 'start', to: id }));
  const start: GivenNode = { id: 'start', type: 'trigger', config: {} };
  return (await call(createPipelineRoute, { body: { name, description: '', nodes: [start, ...nodes], edges } })).id;
}

/** Starts so many runs, several at once, each with its number as input. */
export async function startRuns(call: Client, pipelineId: string, count: number, atOnce = 16): Promise<void> {
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < count) {
      next += 1;
      await call(startRunRoute, { params: { id: pipelineId }, body: { input: { number: next } } });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}

/** Looks again until it is so; ends what hangs. */
export async function waitUntil(
  what: string,
  isSo: () => Promise<boolean> | boolean,
  withinMs = 300_000,
): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`Waited ${withinMs / 1000} s until ${what}.`);
    await pause(100);
  }
}

export function waitUntilAllEnded(call: Client): Promise<void> {
  return waitUntil('every run has ended', async () => {
    const pages = await Promise.all(
      (['pending', 'running', 'waiting'] as const).map((status) =>
        call(listRunsRoute, { query: { status, limit: 1 } }),
      ),
    );
    return pages.every(({ items }) => items.length === 0);
  });
}

/** Every run there is has completed, and each of its nodes ended with exactly one event. Throws otherwise. */
export async function requireSettledOnce(database: Database, expectedRuns: number): Promise<void> {
  const { rows } = await database.query<{ runs: number; completed: number; otherwise: number; error: unknown }>(
    `select count(*)::int as runs, (count(*) filter (where status = 'completed'))::int as completed,
            (select count(*)::int from (
               select 1 from pipeline.node_runs node
                 left join event.events event on event.subject = 'runs/' || node.run_id
                  and event.type = 'pipelines.node-ended' and event.payload ->> 'nodeId' = node.node_id
                group by node.run_id, node.node_id, node.status
               having count(event.id) <> 1 or node.status <> 'completed') other) as otherwise,
            (select error from pipeline.run_bodies where error is not null limit 1) as error
       from pipeline.runs`,
  );
  const [found] = rows;
  if (found?.runs !== expectedRuns || found.completed !== expectedRuns || found.otherwise !== 0)
    throw new Error(`Of ${expectedRuns} runs not every node was settled exactly once: ${JSON.stringify(found)}.`);
}

// What identity costs: an authenticated read beside an unauthenticated one on the same connection, in turns; sign-ins per
// second; and how alike the refusals of an unknown e-mail, a wrong password and a disabled account are in time.
// On PostgreSQL with fsync on. Limits and lock-out are out of the way: the one by its setting, the other by removing its rows.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { startPostgres } from '../packages/server/test/postgres-server.ts';
import { findFreePort } from './free-port.ts';
import { describeMachine, printFigures, printTable, quantile, readOptions } from './report.ts';

const options = readOptions({ reads: { type: 'string' }, seconds: { type: 'string' } });
const reads = Number(options.reads ?? 3_000);
const seconds = Number(options.seconds ?? 5);
const owner = { email: 'owner@example.org', password: 'a long bench sentence' };
const program = fileURLToPath(new URL('../packages/server/src/main.ts', import.meta.url));

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly ms: number;
}

/** One connection that stays open: what is measured is the server, not the making of connections. */
class Client {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #base: string;

  constructor(base: string) {
    this.#base = base;
  }

  send(method: string, path: string, given: { token?: string; body?: unknown } = {}): Promise<Answer> {
    const text = given.body === undefined ? undefined : JSON.stringify(given.body);
    const headers = {
      ...(given.token === undefined ? {} : { authorization: `Bearer ${given.token}` }),
      ...(text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
    };
    const began = performance.now();
    return new Promise((resolve, reject) => {
      const sent = request(`${this.#base}/api${path}`, { method, headers, agent: this.#agent }, (reply) => {
        let body = '';
        reply.setEncoding('utf8');
        reply.on('data', (chunk: string) => {
          body += chunk;
        });
        reply.on('end', () => resolve({ status: reply.statusCode ?? 0, body, ms: performance.now() - began }));
      });
      sent.on('error', reject);
      sent.end(text);
    });
  }

  async expect(status: number, ...call: Parameters<Client['send']>): Promise<Answer> {
    const answer = await this.send(...call);
    if (answer.status !== status) throw new Error(`${call[0]} ${call[1]} answered ${answer.status}: ${answer.body}`);
    return answer;
  }

  close(): void {
    this.#agent.destroy();
  }
}

async function signIn(client: Client, body: { email: string; password: string }): Promise<string> {
  const { body: text } = await client.expect(200, 'POST', '/auth/login', { body });
  return (JSON.parse(text) as { accessToken: string }).accessToken;
}

/** Both routes ask the database one question of their own; only one of them asks who is there. */
async function measureReads(client: Client, token: string): Promise<{ open: number[]; known: number[] }> {
  const open: number[] = [];
  const known: number[] = [];
  for (let at = -200; at < reads; at += 1) {
    const first = await client.expect(200, 'GET', '/auth/setup');
    const second = await client.expect(200, 'GET', '/auth/me', { token });
    // The first ones warm both sides up.
    if (at < 0) continue;
    open.push(first.ms);
    known.push(second.ms);
  }
  return { open, known };
}

async function measureSignIns(base: string, forget: () => Promise<void>): Promise<number> {
  const clients = Array.from({ length: 8 }, () => new Client(base));
  const until = performance.now() + seconds * 1000;
  const began = performance.now();
  let count = 0;
  await Promise.all(
    clients.map(async (client) => {
      while (performance.now() < until) {
        await signIn(client, owner);
        count += 1;
      }
      client.close();
    }),
  );
  await forget();
  return (count / (performance.now() - began)) * 1000;
}

/** In turns, so that whatever else the machine does falls on all three alike. */
async function measureRefusals(client: Client, forget: () => Promise<void>): Promise<Record<string, number[]>> {
  const bodies = {
    'unknown e-mail': { email: 'nobody@example.org', password: 'a long wrong sentence' },
    'wrong password': { email: owner.email, password: 'a long wrong sentence' },
    'disabled account': { email: 'disabled@example.org', password: owner.password },
  };
  const times: Record<string, number[]> = Object.fromEntries(Object.keys(bodies).map((name) => [name, []]));
  for (let round = 0; round < 60; round += 1) {
    for (const [name, body] of Object.entries(bodies)) {
      const { ms } = await client.expect(401, 'POST', '/auth/login', { body });
      times[name]?.push(ms);
    }
    await forget();
  }
  return times;
}

/** Largest distance of two empirical distributions (Kolmogorov-Smirnov); 0: the same, 1: apart. */
function distance(a: readonly number[], b: readonly number[]): number {
  const share = (samples: readonly number[], at: number) =>
    samples.filter((value) => value <= at).length / samples.length;
  return Math.max(...[...a, ...b].map((at) => Math.abs(share(a, at) - share(b, at))));
}

async function makeDisabledUser(database: pg.Client): Promise<void> {
  await database.query(
    `insert into auth.users (id, email, email_key, name, role, password_hash, created_at, disabled_at)
     select gen_random_uuid(), 'disabled@example.org', 'disabled@example.org', 'Disabled', 'viewer', password_hash, now(), now() from auth.users where role = 'owner'`,
  );
}

const server = await startPostgres({ fsync: true, settings: {} });
const dataDir = await mkdtemp(join(tmpdir(), 'gathering-bench-'));
const port = await findFreePort();
const base = `http://127.0.0.1:${port}`;
const child = spawn(process.execPath, [program, 'serve'], {
  env: {
    ...process.env,
    DATABASE_URL: server.url,
    GATHERING_DATA_DIR: dataDir,
    PORT: String(port),
    GATHERING_LOG_LEVEL: 'error',
    GATHERING_RATE_LIMITS: 'off',
    GATHERING_OWNER_EMAIL: owner.email,
    GATHERING_OWNER_PASSWORD: owner.password,
  },
  stdio: ['ignore', 'ignore', 'inherit'],
});
try {
  while (!(await fetch(`${base}/api/health/ready`).catch(() => null))?.ok) {
    if (child.exitCode !== null) throw new Error(`The server ended with code ${child.exitCode} before it was ready.`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const database = new pg.Client({ connectionString: server.url });
  await database.connect();
  const forget = async () => void (await database.query('delete from auth.sign_in_failures'));
  const client = new Client(base);
  const token = await signIn(client, owner);
  const { open, known } = await measureReads(client, token);
  const signInsPerSecond = await measureSignIns(base, forget);
  await makeDisabledUser(database);
  const refusals = await measureRefusals(client, forget);
  client.close();
  await database.end();
  report(open, known, signInsPerSecond, refusals);
} finally {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  if (child.exitCode === null) {
    child.kill('SIGTERM');
    await ended;
  }
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
}

function report(
  open: readonly number[],
  known: readonly number[],
  signInsPerSecond: number,
  refusals: Readonly<Record<string, readonly number[]>>,
): void {
  const ms = (samples: readonly number[], q: number) => quantile(samples, q).toFixed(2);
  const cost = (q: number) => quantile(known, q) - quantile(open, q);
  console.log(`bench:auth on ${describeMachine()}, PostgreSQL 18 with fsync on\n`);
  printTable([
    ['read, in ms', 'p50', 'p90', 'p99'],
    ['unauthenticated', ms(open, 0.5), ms(open, 0.9), ms(open, 0.99)],
    ['authenticated', ms(known, 0.5), ms(known, 0.9), ms(known, 0.99)],
    ['identity costs (aim: 0.5)', cost(0.5).toFixed(2), cost(0.9).toFixed(2), cost(0.99).toFixed(2)],
  ]);
  console.log(`\nsign-ins per second, 8 at once: ${signInsPerSecond.toFixed(1)}\n`);
  const wrong = refusals['wrong password'] ?? [];
  printTable([
    ['refused sign-in, in ms', 'p50', 'p90', 'distance to wrong password'],
    ...Object.entries(refusals).map(([name, times]) => [
      name,
      ms(times, 0.5),
      ms(times, 0.9),
      distance(times, wrong).toFixed(2),
    ]),
  ]);
  if (!options.json) return;
  printFigures('auth', {
    unauthenticatedP50Ms: quantile(open, 0.5),
    unauthenticatedP99Ms: quantile(open, 0.99),
    authenticatedP50Ms: quantile(known, 0.5),
    authenticatedP99Ms: quantile(known, 0.99),
    identityP50Ms: cost(0.5),
    identityP99Ms: cost(0.99),
    signInsPerSecond,
    distanceUnknownEmail: distance(refusals['unknown e-mail'] ?? [], wrong),
    distanceDisabled: distance(refusals['disabled account'] ?? [], wrong),
  });
}

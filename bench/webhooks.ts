// Webhooks to started runs: signed deliveries on loopback through the whole server, many connections at once, each with a
// body of its own; after the load the database is asked whether each of them started exactly one run.
import { createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loginRoute } from '@gathering/contract/auth';
import { createClient } from '@gathering/contract/client';
import { createPipelineRoute } from '@gathering/contract/pipelines';
import { createTriggerRoute } from '@gathering/contract/pipelines-triggers';
import { startServer } from '../packages/server/src/boot/start-server.ts';
import { readConfig } from '../packages/server/src/platform/config.ts';
import { createLog } from '../packages/server/src/platform/log.ts';
import { startPostgres } from '../packages/server/test/postgres-server.ts';
import { describeMachine, printFigures, printTable, quantile, readOptions } from './report.ts';

const options = readOptions({ deliveries: { type: 'string' }, connections: { type: 'string' } });
const deliveries = Number(options.deliveries ?? 6_000);
const connections = Number(options.connections ?? 32);
const owner = { email: 'owner@example.org', password: 'a long sentence for measuring' };
const aim = 500;

/** What is started has its first job in the queue and waits: what a run does afterwards is no part of this. */
const definition = {
  name: 'Delivered',
  description: '',
  nodes: [
    { id: 'start', type: 'trigger', config: { input: { type: 'object', required: ['order'] } } },
    { id: 'wait', type: 'delay', config: { seconds: 86_400 } },
  ],
  edges: [{ from: 'start', to: 'wait' }],
};

interface Target {
  readonly url: string;
  readonly secret: string;
  readonly agent: Agent;
}

/** Milliseconds until the run is told to have started. */
function deliver({ url, secret, agent }: Target, order: number): Promise<number> {
  const body = JSON.stringify({ order });
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'x-gathering-timestamp': timestamp,
    'x-gathering-signature': `sha256=${signature}`,
  };
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const sent = request(url, { method: 'POST', agent, headers }, (reply) => {
      reply.resume();
      reply.once('end', () => {
        if (reply.statusCode === 202) resolve(performance.now() - start);
        else reject(new Error(`A delivery was answered ${reply.statusCode}.`));
      });
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

interface Measured {
  readonly perSecond: number;
  readonly times: readonly number[];
}

async function load(target: Target, from: number, count: number): Promise<Measured> {
  const times: number[] = [];
  let next = from;
  const start = performance.now();
  const work = async (): Promise<void> => {
    while (next < from + count) {
      next += 1;
      times.push(await deliver(target, next));
    }
  };
  await Promise.all(Array.from({ length: connections }, work));
  return { perSecond: count / ((performance.now() - start) / 1000), times };
}

async function measure(databaseUrl: string | undefined): Promise<Measured> {
  const dataDir = await mkdtemp(join(tmpdir(), 'gathering-bench-webhooks-'));
  const config = readConfig({
    GATHERING_DATA_DIR: dataDir,
    DATABASE_URL: databaseUrl,
    GATHERING_OWNER_EMAIL: owner.email,
    GATHERING_OWNER_PASSWORD: owner.password,
    GATHERING_RATE_LIMITS: 'off',
    PORT: '0',
  });
  const onLost = (error: Error): void => {
    throw error;
  };
  const server = await startServer({ config, log: createLog('warn'), withDashboard: false, onLost });
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  try {
    const { accessToken } = await createClient({ baseUrl: server.url })(loginRoute, { body: owner });
    const call = createClient({ baseUrl: server.url, token: () => accessToken });
    const { id } = await call(createPipelineRoute, { body: definition });
    const body = { kind: 'webhook' as const, name: 'Bench' };
    const { url, secret } = await call(createTriggerRoute, { params: { id }, body });
    const target = { url: url ?? '', secret: secret ?? '', agent };
    const warmUp = Math.ceil(deliveries / 10);
    await load(target, 0, warmUp);
    const measured = await load(target, warmUp, deliveries);
    await requireOnce(server.open.ground.database, id, warmUp + deliveries);
    return measured;
  } finally {
    agent.destroy();
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function requireOnce(
  database: { query<R>(text: string, values: unknown[]): Promise<{ rows: R[] }> },
  pipelineId: string,
  expected: number,
): Promise<void> {
  const { rows } = await database.query<{ runs: number; orders: number }>(
    `select count(*)::int as runs, count(distinct b.input -> 'order')::int as orders
       from pipeline.runs r join pipeline.run_bodies b on b.run_id = r.id where r.pipeline_id = $1`,
    [pipelineId],
  );
  const { runs, orders } = rows[0] ?? { runs: 0, orders: 0 };
  if (runs !== expected || orders !== expected)
    throw new Error(`Of ${expected} deliveries ${orders} started runs, ${runs} in all.`);
}

console.log(`bench:webhooks on ${describeMachine()}, PostgreSQL 18 with fsync on`);
console.log(`${deliveries} signed deliveries over ${connections} connections, sent by the same process\n`);
const postgres = await startPostgres({ fsync: true, settings: {} });
const rows: string[][] = [['database', 'webhooks to started runs per second', 'p50 ms', 'p99 ms', 'aim']];
const figures: Record<string, number> = {};
try {
  for (const [kind, url] of [
    ['server', postgres.url],
    ['embedded', undefined],
  ] as const) {
    const { perSecond, times } = await measure(url);
    const [p50, p99] = [quantile(times, 0.5), quantile(times, 0.99)];
    rows.push([kind, Math.round(perSecond).toString(), p50.toFixed(1), p99.toFixed(1), `${aim}`]);
    figures[kind === 'server' ? 'webhooksPerSecond' : 'embeddedWebhooksPerSecond'] = perSecond;
    figures[`${kind}P50Ms`] = p50;
    figures[`${kind}P99Ms`] = p99;
  }
} finally {
  await postgres.stop();
}
printTable(rows);
if (options.json) printFigures('webhooks', figures);
process.exit(0);

// A small fleet on one PostgreSQL server and the outside world that it works with: a server for payments and mails that knows
// repetitions by their key, a model, and a thing that often is away. And the ways in which all of that is broken.
import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PipelineDefinition } from '@gathering/contract/pipeline-definition';
import pg from 'pg';
import { onTestFinished } from 'vitest';
import { type Api, type GivenNode, makeDefinition, signIn, withToken } from '../api.ts';
import { startChatModel } from '../fakes/chat-model.ts';
import { type OutsideServer, startOutsideServer } from '../fakes/http-server.ts';
import { makeAgentOn } from '../make-agent.ts';
import { startPostgres } from '../postgres-server.ts';
import { type ServerProcess, serversOfGroup } from '../server-process.ts';

const clockModule = new URL('../fakes/jumping-clock.ts', import.meta.url).href;
/** Instances may disagree by this much; timers of the queue are off by as much. */
const clockJumpMs = 5_000;

export interface ChaosWorld {
  readonly instances: ServerProcess[];
  /** Through whichever instance answers now. */
  readonly api: () => Api;
  readonly outside: OutsideServer;
  readonly model: OutsideServer;
  /** The effects that really took place, by their key: a server that knows a key does nothing again. */
  readonly effects: Map<string, number>;
  readonly order: PipelineDefinition;
  query<R>(text: string, values?: unknown[]): Promise<R[]>;
  /** SIGKILL, and another one in its place. */
  replace(at: number): Promise<void>;
  cutConnections(): Promise<void>;
  /** A backend dies by SIGKILL: the server ends all others and recovers from its log. */
  crashDatabase(): Promise<void>;
}

/** Call it in the body of a group. */
export function chaosWorlds(count: number): () => Promise<ChaosWorld> {
  const start = serversOfGroup();
  return async () => {
    // What is committed must outlive the server's own crash, not the machine's.
    const server = await startPostgres({ fsync: false, settings: { synchronous_commit: 'on' } });
    onTestFinished(() => server.stop());
    const effects = new Map<string, number>();
    const outside = await startOutsideServer(({ path, method, headers }) => {
      const key = headers['idempotency-key'];
      if (method === 'POST' && typeof key === 'string' && !effects.has(key)) effects.set(key, 1);
      else if (method === 'POST' && typeof key !== 'string') effects.set(`without key: ${path}`, 2);
    });
    // A host of its own: one that fails five times in a row is left alone for a while, with all that it has.
    const flaky = await startOutsideServer((_call, reply) => {
      if (Math.random() < 0.3) reply.writeHead(503).end();
    });
    const model = await startChatModel((_asked, messages) => {
      const hasResult = messages.some(({ role }) => role === 'tool');
      return hasResult ? { text: 'It counted them.' } : { calls: [{ tool: 'text_count', input: { text: 'a b c' } }] };
    });
    const secretKey = randomBytes(32).toString('base64');
    const launch = () =>
      start(
        {
          kind: 'server',
          dataDir: mkdtempSync(join(tmpdir(), 'gathering-chaos-')),
          databaseUrl: server.url,
        },
        {
          env: {
            GATHERING_SECRET_KEY: secretKey,
            GATHERING_EGRESS_ALLOW: `${outside.hostPort},${flaky.hostPort}`,
            NODE_OPTIONS: `--import ${clockModule}`,
            CLOCK_JUMP_MS: String(clockJumpMs),
          },
        },
      );
    const first = await launch();
    const { token, ...rest } = await signIn(first.url);
    const instances = [first];
    await makeAgentOn({ token, ...rest }, model.baseUrl, 'Counter', ['text']);
    while (instances.length < count) instances.push(await launch());
    const query = <R>(text: string, values: unknown[] = []) => ask<R>(server.url, text, values);
    return {
      instances,
      api: () => withToken((instances[0] as ServerProcess).url, token),
      outside,
      model,
      effects,
      order: makeOrder(outside, flaky),
      query,
      replace: async (at) => {
        await instances[at]?.kill();
        instances[at] = await launch();
      },
      cutConnections: async () => {
        await query(
          "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'gathering' and pid <> pg_backend_pid()",
        );
      },
      crashDatabase: async () => {
        const [backend] = await query<{ pid: number }>(
          "select pid from pg_stat_activity where application_name = 'gathering' limit 1",
        );
        if (backend) process.kill(backend.pid, 'SIGKILL');
      },
    };
  };
}

/** Again while the database recovers. */
async function ask<R>(url: string, text: string, values: unknown[]): Promise<R[]> {
  for (;;) {
    const client = new pg.Client({ connectionString: url, application_name: 'chaos' });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return (await client.query(text, values)).rows as R[];
    } catch (error) {
      if (!isAway(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

/** It starts, ends, or let the connection go (PostgreSQL, Appendix A, classes 08 and 57P). */
function isAway(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return /^(57P|08|ECONN)/.test(code) || (error instanceof Error && /terminated unexpectedly/.test(error.message));
}

/** Work of every kind: effects with keys, a chain, a fan-out with its join, an agent, retries and a delay. */
function makeOrder(outside: OutsideServer, flaky: OutsideServer): PipelineDefinition {
  const post = (id: string): GivenNode => ({
    id,
    type: 'action',
    config: {
      kind: 'callApi',
      method: 'POST',
      url: `${outside.url}/${id}`,
      headers: { 'idempotency-key': `{{ run.id }}-${id}` },
    },
  });
  const note = (id: string): GivenNode => ({ id, type: 'action', config: { kind: 'notify', title: id } });
  const links = ['one', 'two', 'three', 'four', 'five', 'six'];
  const leaves = ['left', 'middle', 'right', 'last'];
  const nodes: GivenNode[] = [
    { id: 'split', type: 'parallel' },
    post('payment'),
    ...links.map(note),
    { id: 'reader', type: 'agent', config: { agentId: 'counter', task: 'Count the words.' } },
    { id: 'choice', type: 'condition', config: { expression: 'nodes.six.status == "completed"' } },
    ...leaves.map(note),
    note('never'),
    { id: 'join', type: 'parallel' },
    {
      id: 'flaky',
      type: 'action',
      config: { kind: 'callApi', url: flaky.url },
      retry: { attempts: 20, baseSeconds: 0.05, maxSeconds: 0.2 },
    },
    { id: 'pause', type: 'delay', config: { seconds: 0.1 } },
    post('mail'),
  ];
  const chain = ['split', ...links, 'choice'];
  return makeDefinition('Order', nodes, [
    ['start', 'split'],
    ['split', 'payment'],
    ['split', 'reader'],
    ...chain.slice(1).map((id, at): [string, string] => [chain[at] ?? '', id]),
    ...leaves.map((id): [string, string, string] => ['choice', id, 'then']),
    ['choice', 'never', 'else'],
    ...['payment', 'reader', 'never', ...leaves].map((id): [string, string] => [id, 'join']),
    ['join', 'flaky'],
    ['flaky', 'pause'],
    ['pause', 'mail'],
  ]);
}

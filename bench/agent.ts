// What the journal costs: one turn with one tool call against a fake model on a local port, all of it journaled, beside
// the bare AI SDK doing the same, in turns, and beside a single commit in the same run. On both databases, synced to disk.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LLMock } from '@copilotkit/aimock';
import { isStepCount, jsonSchema, streamText, tool } from 'ai';
import { makeCtx, systemActor } from '../packages/server/src/boot/make-ctx.ts';
import { type OpenGround, openGround } from '../packages/server/src/boot/open-ground.ts';
import type { Ctx } from '../packages/server/src/ctx.ts';
import { createAgent } from '../packages/server/src/features/agents/agent-service.ts';
import { runAgentTask } from '../packages/server/src/features/agents/index.ts';
import { createPersona } from '../packages/server/src/features/agents/persona-service.ts';
import { openAdapter } from '../packages/server/src/features/providers/open-adapter.ts';
import { createProvider } from '../packages/server/src/features/providers/service.ts';
import type { Tool } from '../packages/server/src/llm/tool.ts';
import { readConfig } from '../packages/server/src/platform/config.ts';
import { createLog } from '../packages/server/src/platform/log.ts';
import { startPostgres } from '../packages/server/test/postgres-server.ts';
import { describeMachine, type Figures, printFigures, printTable, quantile, readOptions } from './report.ts';

const options = readOptions({ turns: { type: 'string' } });
const turns = Number(options.turns ?? 300);
const warmUp = 30;
const allowedMs = 3;
const mostCommits = 4;

const modelId = 'fake-1';
const task = 'What does the file a.txt say?';
const inputSchema = { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] } as const;

const readTool: Tool = {
  name: 'bench_read',
  description: 'Reads a file.',
  inputSchema,
  effect: 'none',
  permission: 'signed-in',
  run: async () => ({ ok: true, text: 'hello', data: 'hello' }),
};

async function startModel(): Promise<LLMock> {
  const mock = new LLMock({ port: 0, journalMaxEntries: 10 });
  const usage = { prompt_tokens: 120, completion_tokens: 30 };
  const toolCalls = [{ id: 'call_1', name: readTool.name, arguments: '{"path":"a.txt"}' }];
  mock.on({ hasToolResult: false }, { toolCalls, usage });
  mock.on({ hasToolResult: true }, { content: 'The file says hello.', usage });
  await mock.start();
  return mock;
}

async function runBare(baseUrl: string): Promise<void> {
  const model = await openAdapter({ kind: 'openai-compatible', modelId, baseUrl, apiKey: null });
  const result = streamText({
    model,
    system: 'You read files.',
    prompt: task,
    tools: {
      bench_read: tool({
        description: readTool.description,
        inputSchema: jsonSchema<{ path: string }>(inputSchema),
        execute: async () => 'hello',
      }),
    },
    stopWhen: isStepCount(5),
  });
  let text = '';
  for await (const piece of result.textStream) text += piece;
  if (text !== 'The file says hello.') throw new Error(`The bare SDK answered ${JSON.stringify(text)}.`);
}

interface Setting {
  readonly ctx: Ctx;
  readonly handle: string;
  readonly commitMs: number[];
  commits(): number;
}

async function prepare(open: OpenGround, baseUrl: string): Promise<Setting> {
  let commits = 0;
  const commitMs: number[] = [];
  const plain = makeCtx(open.ground, { actor: systemActor('bench') });
  const ctx: Ctx = {
    ...plain,
    tx: async (run) => {
      const started = performance.now();
      const result = await plain.tx(run);
      commits += 1;
      commitMs.push(performance.now() - started);
      return result;
    },
  };
  await createProvider(ctx, { body: { name: 'bench', kind: 'openai-compatible', baseUrl, models: [{ id: modelId }] } });
  const text = { background: '', instructions: '', traits: [], specializations: [], languages: ['English'] };
  const persona = await createPersona(ctx, {
    body: { name: 'Bench', role: 'Reads files', communicationStyle: 'concise', ...text },
  });
  const agent = await createAgent(ctx, {
    body: {
      name: 'Bench',
      personaId: persona.id,
      model: { provider: 'bench', model: modelId },
      temperature: null,
      maxOutputTokens: null,
      skills: ['bench'],
      limits: {},
      instructions: '',
    },
  });
  return { ctx, handle: agent.handle, commitMs, commits: () => commits };
}

async function runJournaled({ ctx, handle }: Setting): Promise<void> {
  const turn = { turnId: ctx.ids.next(), agentRef: handle, task, projectId: null, outputSchema: null };
  const outcome = await runAgentTask(ctx, turn);
  if (outcome.status !== 'completed') throw new Error(`A turn ended ${outcome.stopReason}: ${outcome.detail}`);
}

async function timeOf(run: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await run();
  return performance.now() - started;
}

interface Measured {
  readonly bareMs: number;
  readonly turnMs: number;
  readonly turnP95Ms: number;
  readonly commitMs: number;
  readonly journalCommitMs: number;
  readonly commitsPerTurn: number;
}

/** One after the other, so that a slow moment of the machine falls on all of them. */
async function measure(open: OpenGround, baseUrl: string): Promise<Measured> {
  const setting = await prepare(open, baseUrl);
  const { database } = open.ground;
  await database.exec('create table bench_single (id bigint generated always as identity primary key, payload text)');
  const insertOne = () =>
    database.transaction((tx) => tx.query('insert into bench_single (payload) values ($1)', ['one row']));
  const samples = { bare: [] as number[], turn: [] as number[], commit: [] as number[] };
  let before = 0;
  for (let at = -warmUp; at < turns; at += 1) {
    if (at === 0) {
      before = setting.commits();
      setting.commitMs.length = 0;
    }
    const bare = await timeOf(() => runBare(baseUrl));
    const turn = await timeOf(() => runJournaled(setting));
    const commit = await timeOf(insertOne);
    if (at < 0) continue;
    samples.bare.push(bare);
    samples.turn.push(turn);
    samples.commit.push(commit);
  }
  return {
    bareMs: quantile(samples.bare, 0.5),
    turnMs: quantile(samples.turn, 0.5),
    turnP95Ms: quantile(samples.turn, 0.95),
    commitMs: quantile(samples.commit, 0.5),
    journalCommitMs: quantile(setting.commitMs, 0.5),
    commitsPerTurn: (setting.commits() - before) / turns,
  };
}

async function measureOn(databaseUrl: string | undefined, baseUrl: string): Promise<Measured> {
  const dataDir = await mkdtemp(join(tmpdir(), 'gathering-bench-'));
  const config = readConfig({ GATHERING_DATA_DIR: dataDir, DATABASE_URL: databaseUrl });
  const open = await openGround(config, createLog('silent'), [readTool]);
  try {
    return await measure(open, baseUrl);
  } finally {
    await open.queue.drain(0);
    await open.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

const ms = (value: number): string => value.toFixed(2);
/** With the turn's own commits, each of several statements; and with commits of a single row in their place. */
const aimOf = (one: Measured): number => one.bareMs + allowedMs + mostCommits * one.journalCommitMs;
const strictAimOf = (one: Measured): number => one.bareMs + allowedMs + mostCommits * one.commitMs;
const isWithin = (one: Measured, aim: number): boolean => one.turnMs <= aim && one.commitsPerTurn <= mostCommits;

function describe(name: string, one: Measured): string[] {
  const verdict = (aim: number): string => `${ms(aim)} ${isWithin(one, aim) ? 'met' : 'missed'}`;
  const numbers = [one.bareMs, one.commitMs, one.journalCommitMs, one.turnMs, one.turnP95Ms].map(ms);
  return [name, ...numbers, one.commitsPerTurn.toFixed(1), verdict(aimOf(one)), verdict(strictAimOf(one))];
}

function figuresOf(prefix: string, one: Measured): Figures {
  const round = (value: number): number => Math.round(value * 100) / 100;
  return {
    [`${prefix}BareP50Ms`]: round(one.bareMs),
    [`${prefix}TurnP50Ms`]: round(one.turnMs),
    [`${prefix}TurnP95Ms`]: round(one.turnP95Ms),
    [`${prefix}SingleRowCommitP50Ms`]: round(one.commitMs),
    [`${prefix}JournalCommitP50Ms`]: round(one.journalCommitMs),
    [`${prefix}OverheadP50Ms`]: round(one.turnMs - one.bareMs),
    [`${prefix}CommitsPerTurn`]: one.commitsPerTurn,
    [`${prefix}AimP50Ms`]: round(aimOf(one)),
    [`${prefix}WithinAim`]: isWithin(one, aimOf(one)),
    [`${prefix}StrictAimP50Ms`]: round(strictAimOf(one)),
    [`${prefix}WithinStrictAim`]: isWithin(one, strictAimOf(one)),
  };
}

const mock = await startModel();
const postgres = await startPostgres({ fsync: true });
try {
  const server = await measureOn(postgres.url, `${mock.url}/v1`);
  const embedded = await measureOn(undefined, `${mock.url}/v1`);
  console.log(`${turns} turns with one tool call each, on ${describeMachine()}; p50 in ms unless named otherwise\n`);
  const head = ['database', 'bare SDK', 'single-row commit', 'commit of the turn', 'turn', 'its p95', 'commits', 'aim'];
  printTable([[...head, 'strict aim'], describe('PostgreSQL', server), describe('embedded', embedded)]);
  console.log(
    `\nThe aim: the bare SDK + ${allowedMs} ms + ${mostCommits} commits as the turn made them; strict: as a single row makes them.`,
  );
  if (options.json) printFigures('agent', { ...figuresOf('server', server), ...figuresOf('embedded', embedded) });
} finally {
  await postgres.stop();
  await mock.stop();
}

// One peer under the same load as ours: chains of no-op steps, so many runs at once, each step durable before the next begins.
// Prints one line: {"stepsPerSecond": ...}. Called by `bench:steps -- --peers` with its own database on the same server.
import { parseArgs } from 'node:util';
import pg from 'pg';

const { values } = parseArgs({
  options: {
    peer: { type: 'string' },
    url: { type: 'string' },
    runs: { type: 'string' },
    steps: { type: 'string' },
    seconds: { type: 'string' },
  },
});
const { peer, url } = values;
const [runs, steps, seconds] = [Number(values.runs), Number(values.steps), Number(values.seconds)];

/** Keeps so many runs going for so long; answers steps a second, and of each run its time. */
async function measure(runOnce, longMs) {
  const started = performance.now();
  const until = started + longMs;
  let done = 0;
  const oneAfterTheOther = async () => {
    do {
      await runOnce();
      done += steps;
    } while (performance.now() < until);
  };
  await Promise.all(Array.from({ length: runs }, oneAfterTheOther));
  return (done / (performance.now() - started)) * 1000;
}

/** A workflow whose steps are checkpointed one by one (DBOS: one row a step, two commits with its start and end). */
async function openDbos() {
  const { DBOS } = await import('@dbos-inc/dbos-sdk');
  DBOS.setConfig({
    name: 'bench',
    systemDatabaseUrl: url,
    systemDatabasePoolSize: 16,
    logLevel: 'error',
    runAdminServer: false,
  });
  const nothing = async () => true;
  const chain = DBOS.registerWorkflow(
    async () => {
      for (let step = 0; step < steps; step += 1) await DBOS.runStep(nothing, { name: `step${step}` });
    },
    { name: 'chain' },
  );
  await DBOS.launch();
  const check = async (count) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const { rows } = await client.query('select count(*)::int as count from dbos.operation_outputs');
    await client.end();
    if (rows[0].count < count) throw new Error(`DBOS kept ${rows[0].count} steps of ${count}.`);
  };
  return { runOnce: async () => (await DBOS.startWorkflow(chain)()).getResult(), check, close: () => DBOS.shutdown() };
}

/** A graph whose state is saved after each node, before the next one begins (durability "sync"). */
async function openLangGraph() {
  const { Annotation, StateGraph } = await import('@langchain/langgraph');
  const { PostgresSaver } = await import('@langchain/langgraph-checkpoint-postgres');
  const pool = new pg.Pool({ connectionString: url, max: 16 });
  const saver = new PostgresSaver(pool);
  await saver.setup();
  const State = Annotation.Root({ count: Annotation() });
  let graph = new StateGraph(State);
  for (let step = 0; step < steps; step += 1)
    graph = graph.addNode(`n${step}`, async ({ count }) => ({ count: count + 1 }));
  graph = graph.addEdge('__start__', 'n0');
  for (let step = 1; step < steps; step += 1) graph = graph.addEdge(`n${step - 1}`, `n${step}`);
  const app = graph.addEdge(`n${steps - 1}`, '__end__').compile({ checkpointer: saver });
  let threads = 0;
  const check = async (count) => {
    const { rows } = await pool.query('select count(*)::int as count from checkpoints');
    if (rows[0].count < count) throw new Error(`LangGraph kept ${rows[0].count} states of ${count}.`);
  };
  const runOnce = async () => {
    threads += 1;
    const thread = {
      configurable: { thread_id: `t${process.pid}-${threads}` },
      durability: 'sync',
      recursionLimit: steps + 5,
    };
    const { count } = await app.invoke({ count: 0 }, thread);
    if (count !== steps) throw new Error(`LangGraph ran ${count} nodes of ${steps}.`);
  };
  return { runOnce, check, close: () => pool.end() };
}

const opened = await (peer === 'dbos' ? openDbos() : openLangGraph());
await measure(opened.runOnce, 1000);
const stepsPerSecond = await measure(opened.runOnce, seconds * 1000);
await opened.check(Math.floor(stepsPerSecond * seconds));
await opened.close();
process.stdout.write(`${JSON.stringify({ stepsPerSecond })}\n`);
process.exit(0);

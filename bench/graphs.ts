// Recorded workflows as pipelines of delays, their seconds scaled down: how much longer than its critical path a run takes, beside
// what a node costs in a chain as deep, in the same run. After each run the database is asked whether every node ended once,
// never began before its parents had ended, and lasted as long as it should.
import type { PipelineDefinition } from '@gathering/contract/pipeline-definition';
import { makeCtx, systemActor } from '../packages/server/src/boot/make-ctx.ts';
import { openGround } from '../packages/server/src/boot/open-ground.ts';
import { startWorker } from '../packages/server/src/boot/worker.ts';
import type { Ctx } from '../packages/server/src/ctx.ts';
import { onRunsEnded, startRun } from '../packages/server/src/features/pipelines/index.ts';
import { readConfig } from '../packages/server/src/platform/config.ts';
import { createLog } from '../packages/server/src/platform/log.ts';
import {
  asDelays,
  findCriticalPath,
  missingWorkflows,
  type RecordedTask,
  readWorkflow,
  workflowNames,
} from '../packages/server/test/workflows.ts';
import { chooseKinds, type DatabaseKind, type Place, withPlace } from './real-server.ts';
import { describeMachine, printFigures, printTable, quantile, readOptions } from './report.ts';

const options = readOptions({ seconds: { type: 'string' }, database: { type: 'string' } });
const criticalSeconds = Number(options.seconds ?? 20);
const aim = 1.1;
const noOpSeconds = 0.01;
const chainsEach = 10;

interface Measured {
  readonly kind: DatabaseKind;
  readonly name: string;
  readonly nodes: number;
  readonly depth: number;
  readonly criticalMs: number;
  readonly makespanMs: number;
  readonly overheadMs: number;
  readonly ratio: number;
}

async function measurePlace({ kind, dataDir, databaseUrl }: Place): Promise<Measured[]> {
  const config = readConfig({ DATABASE_URL: databaseUrl, GATHERING_DATA_DIR: dataDir, GATHERING_LOG_LEVEL: 'warn' });
  const open = await openGround(config, createLog('warn'));
  try {
    const ctx = makeCtx(open.ground, { actor: systemActor('bench') });
    await startWorker(open);
    await measureOverhead(ctx, 10);
    const measured: Measured[] = [];
    for (const name of workflowNames) measured.push({ kind, name, ...(await measureWorkflow(ctx, name)) });
    return measured;
  } finally {
    await open.queue.drain(1000);
    await open.close();
  }
}

async function measureWorkflow(ctx: Ctx, name: (typeof workflowNames)[number]) {
  const tasks = readWorkflow(name);
  const path = findCriticalPath(tasks);
  const definition = asDelays(name, tasks, criticalSeconds / path.seconds);
  const before = await measureOverhead(ctx, path.nodes);
  const { runId, elapsedMs } = await runToEnd(ctx, definition);
  const overheadMs = quantile([...before, ...(await measureOverhead(ctx, path.nodes))], 0.5);
  await requireOrder(ctx, runId, definition);
  const criticalMs = criticalSeconds * 1000;
  const ratio = elapsedMs / (criticalMs + path.nodes * overheadMs);
  return { nodes: tasks.length, depth: path.nodes, criticalMs, makespanMs: elapsedMs, overheadMs, ratio };
}

/** What each node of a chain takes beyond its delay, in ms, of several chains one after the other. */
async function measureOverhead(ctx: Ctx, depth: number): Promise<number[]> {
  const tasks = Array.from({ length: depth }, (_, at): RecordedTask => {
    return { id: `n${at}`, parents: at === 0 ? [] : [`n${at - 1}`], seconds: noOpSeconds };
  });
  const samples: number[] = [];
  for (let round = 0; round < chainsEach; round += 1) {
    const { elapsedMs } = await runToEnd(ctx, asDelays(`chain of ${depth}`, tasks, 1));
    samples.push(elapsedMs / depth - noOpSeconds * 1000);
  }
  return samples;
}

/** From the wish to start it to the commit with which it ended. */
async function runToEnd(ctx: Ctx, definition: PipelineDefinition): Promise<{ runId: string; elapsedMs: number }> {
  const ended = new Set<string>();
  let wake: () => void = () => undefined;
  const stop = onRunsEnded((ids) => {
    for (const id of ids) ended.add(id);
    wake();
  });
  const began = performance.now();
  const runId = await startRun(ctx, { pipelineId: null, definition, input: {}, projectId: null });
  while (!ended.has(runId))
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  stop();
  return { runId, elapsedMs: performance.now() - began };
}

/** Stamps are of whole milliseconds. */
const stampMs = 1;

async function requireOrder({ database }: Ctx, runId: string, { nodes, edges }: PipelineDefinition): Promise<void> {
  const { rows } = await database.query<{
    status: string;
    completed: number;
    once: number;
    early: number;
    short: number;
  }>(
    `select r.status,
            (select count(*)::int from pipeline.node_runs where run_id = $1 and status = 'completed') as completed,
            (select count(*)::int from (select 1 from event.events where subject = 'runs/' || $1::text and type = 'pipelines.node-ended'
               group by payload ->> 'nodeId' having count(*) = 1) one) as once,
            (select count(*)::int from unnest($2::text[], $3::text[]) as edge (parent, child)
               join pipeline.node_runs p on p.run_id = $1 and p.node_id = edge.parent
               join pipeline.node_runs c on c.run_id = $1 and c.node_id = edge.child
              where c.started_at < p.ended_at) as early,
            (select count(*)::int from pipeline.node_runs where run_id = $1 and type = 'delay'
                and extract(epoch from ended_at - started_at) * 1000 + $4 < (config ->> 'seconds')::float8 * 1000) as short
       from pipeline.runs r where r.id = $1`,
    [runId, edges.map(({ from }) => from), edges.map(({ to }) => to), stampMs],
  );
  const [found] = rows;
  const { status, completed, once, early, short } = found ?? {};
  if (status !== 'completed' || completed !== nodes.length || once !== nodes.length || early !== 0 || short !== 0)
    throw new Error(`Of ${nodes.length} nodes not each ended once and in order: ${JSON.stringify(found)}.`);
}

function report(measured: readonly Measured[]): void {
  printTable([
    ['workflow', 'database', 'nodes', 'depth', 'critical path', 'makespan', 'overhead of a node', 'ratio', 'aim'],
    ...measured.map(({ kind, name, nodes, depth, criticalMs, makespanMs, overheadMs, ratio }) => [
      name,
      kind,
      String(nodes),
      String(depth),
      `${(criticalMs / 1000).toFixed(2)} s`,
      `${(makespanMs / 1000).toFixed(2)} s`,
      `${overheadMs.toFixed(1)} ms`,
      ratio.toFixed(3),
      aim.toFixed(2),
    ]),
  ]);
  if (!options.json) return;
  const figures = measured.flatMap(({ kind, name, makespanMs, overheadMs, ratio }) => {
    const of = `${name.split('-')[0]}${kind === 'embedded' ? 'Embedded' : 'Server'}`;
    return [
      [`${of}Ratio`, ratio],
      [`${of}MakespanMs`, makespanMs],
      [`${of}OverheadMs`, overheadMs],
    ] as const;
  });
  const worstRatio = Math.max(...measured.map(({ ratio }) => ratio));
  printFigures('graphs', { worstRatio, ...Object.fromEntries(figures) });
}

console.log(`bench:graphs on ${describeMachine()}\n`);
if (missingWorkflows === null) {
  const measured: Measured[] = [];
  for (const kind of chooseKinds(options.database)) measured.push(...(await withPlace(kind, measurePlace)));
  report(measured);
} else {
  console.log(missingWorkflows);
  if (options.json) printFigures('graphs', {});
}
process.exit(0);

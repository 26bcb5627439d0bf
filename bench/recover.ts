// After a power cut: 1,000 runs under way while the server is killed, then the time from its next start until each of them has moved
// on and until all have completed, each node settled once; and how long the work of one of two instances lies still when
// that one is killed. What is told comes from the stamps of the rows, so that looking costs the measured server nothing.
import type { Client } from '@gathering/contract/client';
import { listRunsRoute } from '@gathering/contract/pipelines';
import {
  askDatabase,
  chooseKinds,
  createChain,
  type DatabaseKind,
  type GivenNode,
  launchServer,
  type Place,
  type RealServer,
  requireSettledOnce,
  startOutside,
  startRuns,
  waitUntil,
  waitUntilAllEnded,
  withPlace,
} from './real-server.ts';
import { measureTakeover } from './recover-takeover.ts';
import { describeMachine, printFigures, printTable, quantile, readOptions } from './report.ts';

const options = readOptions({ runs: { type: 'string' }, database: { type: 'string' } });
const runs = Number(options.runs ?? 1_000);
const aimsMs: Readonly<Record<DatabaseKind, number>> = { server: 15_000, embedded: 10_000 };
const takeoverAimMs = 15_000;

/** Long enough that the first run still goes on when the last has begun. */
const rounds = 6;
/** So long the outside takes for an answer: every slot of the server is busy when it is killed. */
const answerMs = 100;
const linksOf = (url: string): GivenNode[] =>
  Array.from({ length: rounds }, (_, round): GivenNode[] => [
    { id: `call${round}`, type: 'action', config: { kind: 'callApi', url } },
    { id: `work${round}`, type: 'transform', config: { expression: `nodes.call${round}.output.status` } },
    { id: `rest${round}`, type: 'delay', config: { seconds: 3 } },
  ]).flat();

interface Recovery {
  readonly kind: DatabaseKind;
  /** Jobs that were being done when the server was killed. */
  readonly cutOff: number;
  readonly readyMs: number;
  /** From the start of the process until each run had a node end again, and until all had completed. */
  readonly movingMs: number;
  readonly medianMovingMs: number;
  readonly completedMs: number;
}

async function measureRecovery(place: Place): Promise<Recovery> {
  const outside = await startOutside((_, reply) => void setTimeout(() => reply.end('done'), answerMs));
  const options = { env: { GATHERING_EGRESS_ALLOW: outside.hostPort } };
  const first = await launchServer(place, options);
  const call = await first.signIn();
  const pipelineId = await createChain(call, 'Interrupted', linksOf(`http://${outside.hostPort}/`));
  await startRuns(call, pipelineId, runs);
  await waitUntil('every run is under way', () => areAllUnderWay(call, pipelineId));
  const killedAt = new Date();
  await first.kill();
  const second = await launchServer(place, options);
  await waitUntilAllEnded(await second.signIn());
  await second.stop();
  outside.close();
  return { kind: place.kind, ...(await readRecovery(place, killedAt, second)) };
}

/** The trigger and one node after it have ended. */
async function areAllUnderWay(call: Client, pipelineId: string): Promise<boolean> {
  let cursor: string | undefined;
  let found = 0;
  do {
    const page = await call(listRunsRoute, { query: { pipelineId, limit: 200, cursor } });
    found += page.items.filter(({ nodesDone, endedAt }) => nodesDone >= 2 && endedAt === null).length;
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return found === runs;
}

function readRecovery(place: Place, killedAt: Date, { spawnedAt, readyAt }: RealServer) {
  return askDatabase(place, async (database) => {
    await requireSettledOnce(database, runs);
    const { rows } = await database.query<{ begun: boolean; movedAt: Date | null; endedAt: Date }>(
      `select min(n.ended_at) <= $1 as begun, min(n.ended_at) filter (where n.ended_at > $1) as "movedAt", max(n.ended_at) as "endedAt"
         from pipeline.node_runs n group by n.run_id`,
      [killedAt],
    );
    const interrupted = rows.flatMap(({ begun, movedAt, endedAt }) => (begun && movedAt ? [{ movedAt, endedAt }] : []));
    if (interrupted.length !== runs) throw new Error(`Only ${interrupted.length} of ${runs} runs were interrupted.`);
    const { rows: retried } = await database.query<{ count: number }>(
      'select count(*)::int as count from pipeline.node_runs where attempt > 0',
    );
    const moving = interrupted.map(({ movedAt }) => movedAt.getTime() - spawnedAt.getTime());
    return {
      cutOff: retried[0]?.count ?? 0,
      readyMs: readyAt.getTime() - spawnedAt.getTime(),
      movingMs: Math.max(...moving),
      medianMovingMs: quantile(moving, 0.5),
      completedMs: Math.max(...interrupted.map(({ endedAt }) => endedAt.getTime())) - spawnedAt.getTime(),
    };
  });
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;

console.log(`bench:recover on ${describeMachine()}`);
console.log(`${runs} interrupted runs of ${3 * rounds} nodes after the trigger\n`);
const rows = [['database', 'cut off', 'ready', 'half moved on', 'all moved on', 'after ready', 'aim', 'all completed']];
const figures: Record<string, number> = {};
for (const kind of chooseKinds(options.database)) {
  const { cutOff, readyMs, medianMovingMs, movingMs, completedMs } = await withPlace(kind, measureRecovery);
  rows.push([
    kind,
    String(cutOff),
    seconds(readyMs),
    seconds(medianMovingMs),
    seconds(movingMs),
    seconds(Math.max(0, movingMs - readyMs)),
    seconds(aimsMs[kind]),
    seconds(completedMs),
  ]);
  Object.assign(figures, {
    [`${kind}CutOff`]: cutOff,
    [`${kind}ReadyMs`]: readyMs,
    [`${kind}MovingMs`]: movingMs,
    [`${kind}CompletedMs`]: completedMs,
  });
}
printTable(rows);
if (chooseKinds(options.database).includes('server')) {
  const { works, firstMs, medianMs, lastMs } = await withPlace('server', measureTakeover);
  console.log(
    '\nTwo instances on one server; the one that did the work was killed. From the kill until the other did it:',
  );
  printTable([
    ['calls under way', 'first', 'half', 'all', 'aim'],
    [String(works), seconds(firstMs), seconds(medianMs), seconds(lastMs), seconds(takeoverAimMs)],
  ]);
  Object.assign(figures, { takeoverFirstMs: firstMs, takeoverMedianMs: medianMs, takeoverMs: lastMs });
}
if (options.json) printFigures('recover', figures);
process.exit(0);

// What grows: the resident memory of a server over 20,000 short runs, the rows of every table before and after retention removed
// what was made old, and how long pages of 100,000 ended runs take over the API. The server is a process of its own; it
// collects its garbage before its memory is read. After the load the database is asked whether every node was settled once.
import { markAllNotificationsRoute } from '@gathering/contract/notifications';
import { changeSettingsRoute } from '@gathering/contract/operations';
import { askMemory, type Memory, memoryOptions } from './growth-ask-memory.ts';
import { type Listing, measureListing, printListing } from './growth-listing.ts';
import { measureRetention, printRetention, type Retention, readCounts } from './growth-retention.ts';
import {
  askDatabase,
  chooseKinds,
  createChain,
  type DatabaseKind,
  launchServer,
  type Place,
  requireSettledOnce,
  startRuns,
  waitUntilAllEnded,
  withPlace,
} from './real-server.ts';
import { describeMachine, printFigures, printTable, readOptions } from './report.ts';

const options = readOptions({ runs: { type: 'string' }, listed: { type: 'string' }, database: { type: 'string' } });
const runs = Number(options.runs ?? 20_000);
const listed = Number(options.listed ?? 100_000);
const runsASample = 1_000;
/** Before the first sample: code is compiled, pools and caches fill. */
const warmUpRuns = 2_000;
const aimMb = 1;
const retentionDays = 7;

interface Growth {
  readonly samples: readonly Memory[];
  readonly runsPerSecond: number;
  readonly retention: Retention;
  readonly listing: Listing;
}

async function measureGrowth(place: Place): Promise<Growth> {
  const first = await launchServer(place);
  await first.stop();
  const before = await askDatabase(place, readCounts);
  const { samples, runsPerSecond } = await measureLoad(place);
  const after = await askDatabase(place, async (database) => {
    await requireSettledOnce(database, warmUpRuns + runs);
    return readCounts(database);
  });
  const retention = await measureRetention(place, { before, after, retentionDays });
  return { samples, runsPerSecond, retention, listing: await measureListing(place, listed) };
}

async function measureLoad(place: Place): Promise<Pick<Growth, 'samples' | 'runsPerSecond'>> {
  const server = await launchServer(place, { nodeOptions: memoryOptions });
  const call = await server.signIn();
  const days = { runRetentionDays: retentionDays, eventRetentionDays: retentionDays };
  await call(changeSettingsRoute, { body: days });
  const pipelineId = await createChain(call, 'Short', [
    { id: 'work', type: 'transform', config: { expression: 'input.number * 2.0' } },
    { id: 'tell', type: 'action', config: { kind: 'notify', title: 'It is {{ nodes.work.output }}.' } },
  ]);
  const samples: Memory[] = [];
  let busyMs = 0;
  const load = async (count: number): Promise<void> => {
    // An access token lasts for a quarter of an hour.
    const fresh = await server.signIn();
    const began = performance.now();
    await startRuns(fresh, pipelineId, count);
    await waitUntilAllEnded(fresh);
    busyMs += performance.now() - began;
    samples.push(await askMemory(server.child));
  };
  await load(warmUpRuns);
  busyMs = 0;
  for (let done = 0; done < runs; done += runsASample) await load(Math.min(runsASample, runs - done));
  // Retention removes only what somebody has read.
  await (await server.signIn())(markAllNotificationsRoute, {});
  await server.stop();
  const row = (name: string, of: (memory: Memory) => number) =>
    console.log(
      `${place.kind}, ${name} in MB after each ${runsASample} runs: ${samples.map(of).map(Math.round).join(' ')}`,
    );
  row('resident', ({ residentMb }) => residentMb);
  row('heap', ({ heapTotalMb }) => heapTotalMb);
  row('external', ({ externalMb }) => externalMb);
  return { samples, runsPerSecond: (runs / busyMs) * 1000 };
}

/** Slope of the straight line with the least squares: how much a sample is above the one before. */
function slopeOf(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const moved = values.reduce((sum, value, at) => sum + (at - middle) * (value - mean), 0);
  return moved / values.reduce((sum, _, at) => sum + (at - middle) ** 2, 0);
}

function report(measured: ReadonlyMap<DatabaseKind, Growth>): void {
  const rows = [...measured].map(([kind, { samples, runsPerSecond }]) => {
    const resident = samples.map(({ residentMb }) => residentMb);
    return [
      kind,
      `${resident[0]?.toFixed(0)} MB`,
      `${resident.at(-1)?.toFixed(0)} MB`,
      `${slopeOf(resident).toFixed(2)} MB`,
      `${slopeOf(samples.map(({ heapMb }) => heapMb)).toFixed(2)} MB`,
      `${aimMb} MB`,
      runsPerSecond.toFixed(0),
    ];
  });
  printTable([
    ['database', `after ${warmUpRuns}`, `after ${runs} more`, 'slope/1,000', 'of the heap', 'aim below', 'runs/s'],
    ...rows,
  ]);
  for (const [kind, { retention, listing }] of measured) {
    printRetention(kind, retention);
    printListing(kind, listing);
  }
  if (!options.json) return;
  const figures: Record<string, number> = {};
  for (const [kind, { samples, runsPerSecond, retention, listing }] of measured) {
    figures[`${kind}SlopeMb`] = slopeOf(samples.map(({ residentMb }) => residentMb));
    figures[`${kind}HeapSlopeMb`] = slopeOf(samples.map(({ heapMb }) => heapMb));
    figures[`${kind}RunsPerSecond`] = runsPerSecond;
    figures[`${kind}RowsKept`] = retention.kept;
    figures[`${kind}ListP95Ms`] = listing.worstP95Ms;
  }
  printFigures('growth', figures);
}

console.log(`bench:growth on ${describeMachine()}`);
console.log(`${runs} runs of 3 nodes through one server process, ${listed} runs listed\n`);
const measured = new Map<DatabaseKind, Growth>();
for (const kind of chooseKinds(options.database)) measured.set(kind, await withPlace(kind, measureGrowth));
report(measured);
process.exit(0);

// What `bench:growth` measures of lists: many ended runs written by SQL, then pages of them over the API, one after the other: the
// newest, all of them by cursor, and from places all over the list with filters, for the owner and for somebody who sees one run in a
// hundred. Nothing is analysed or vacuumed by hand. The walk must show each run once, latest first.
import type { Client } from '@gathering/contract/client';
import { listRunsRoute, type RunStatus } from '@gathering/contract/pipelines';
import type { Database } from '../packages/server/src/platform/db/database.ts';
import { systemIds } from '../packages/server/src/platform/ids.ts';
import { accountPassword, makeAccount } from '../packages/server/test/accounts.ts';
import { askDatabase, createChain, type DatabaseKind, launchServer, type Place } from './real-server.ts';
import { printTable, quantile } from './report.ts';

const pageSize = 50;
const requestsEach = 200;
const aimMs = 150;

interface Case {
  readonly name: string;
  readonly times: readonly number[];
}

export interface Listing {
  readonly count: number;
  readonly cases: readonly Case[];
  readonly worstP95Ms: number;
}

interface Filter {
  readonly status?: RunStatus;
  readonly pipelineId?: string;
}

export async function measureListing(place: Place, count: number): Promise<Listing> {
  const [often, rarely] = await createPipelines(place);
  const member = await askDatabase(place, async (database) => {
    const { id, email } = await makeAccount(database, 'member');
    await insertRuns(database, { count, often, rarely, memberId: id });
    return { email, password: accountPassword };
  });
  const server = await launchServer(place);
  const call = await server.signIn();
  const cases: Case[] = [{ name: 'first page', times: await readPages(call, {}, [undefined]) }];
  const walk = await walkAll(call, count);
  cases.push({ name: 'every page by cursor', times: walk.times });
  cases.push({ name: 'last tenth of the pages', times: walk.times.slice(-Math.ceil(walk.times.length / 10)) });
  const filters: [string, Filter][] = [
    ['completed', { status: 'completed' }],
    ['failed, 1 in 10', { status: 'failed' }],
    ['timed out, 1 in 10,000', { status: 'timed_out' }],
    ['running, none', { status: 'running' }],
    ['of a pipeline that runs often', { pipelineId: often }],
    ['of one that runs rarely, 1 in 1,000', { pipelineId: rarely }],
    ['failed, of the one that runs often', { pipelineId: often, status: 'failed' }],
    ['failed, of the one that runs rarely', { pipelineId: rarely, status: 'failed' }],
  ];
  for (const [name, filter] of filters) {
    cases.push({ name: `${name}: first page`, times: await readPages(call, filter, [undefined]) });
    cases.push({ name: `${name}: from anywhere`, times: await readPages(call, filter, walk.cursors) });
  }
  const theirs = await server.signIn(member);
  cases.push({ name: 'of a member who sees 1 in 100: first page', times: await readPages(theirs, {}, [undefined]) });
  const timedOut = await readPages(theirs, { status: 'timed_out' }, [undefined]);
  cases.push({ name: 'of that member, timed out: first page', times: timedOut });
  await server.stop();
  return { count, cases, worstP95Ms: Math.max(...cases.map(({ times }) => quantile(times, 0.95))) };
}

async function createPipelines(place: Place): Promise<[often: string, rarely: string]> {
  const server = await launchServer(place);
  const call = await server.signIn();
  const nodes = [{ id: 'work', type: 'transform', config: { expression: '1.0' } }];
  const ids: [string, string] = [await createChain(call, 'Often', nodes), await createChain(call, 'Rarely', nodes)];
  await server.stop();
  return ids;
}

const batch = 5_000;

async function insertRuns(
  database: Database,
  { count, often, rarely, memberId }: { count: number; often: string; rarely: string; memberId: string },
): Promise<void> {
  const strangers = Array.from({ length: 20 }, () => systemIds.next());
  const statusOf = (at: number): RunStatus => {
    if (at % 10_000 === 5) return 'timed_out';
    if (at % 10 === 3) return 'failed';
    return at % 100 === 7 ? 'cancelled' : 'completed';
  };
  for (let from = 0; from < count; from += batch) {
    const numbers = Array.from({ length: Math.min(batch, count - from) }, (_, index) => from + index);
    await database.query(
      `with given as (
         select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) as g (id, pipeline_id, actor_id, status)
       ), added as (
         insert into pipeline.runs (id, pipeline_id, pipeline_name, actor_id, status, nodes_total, nodes_done, open_nodes, created_at, started_at, ended_at)
         select id, pipeline_id, 'Listed', actor_id, status, 2, 2, 0, now(), now(), now() from given returning id
       )
       insert into pipeline.run_bodies (run_id, definition, input)
       select added.id, '{"name": "Listed", "description": "", "nodes": [], "edges": []}', 'null' from added`,
      [
        numbers.map(() => systemIds.next()),
        numbers.map((at) => (at % 1_000 === 11 ? rarely : often)),
        numbers.map((at) => `users/${at % 100 === 0 ? memberId : strangers[at % strangers.length]}`),
        numbers.map(statusOf),
      ],
    );
  }
}

/** Milliseconds of each page, begun at these cursors in turns. */
async function readPages(call: Client, filter: Filter, cursors: readonly (string | undefined)[]): Promise<number[]> {
  const times: number[] = [];
  for (let request = 0; request < requestsEach; request += 1) {
    const cursor = cursors[Math.floor((request * cursors.length) / requestsEach)];
    const began = performance.now();
    const { items } = await call(listRunsRoute, { query: { ...filter, limit: pageSize, cursor } });
    times.push(performance.now() - began);
    const isOther = items.some(
      ({ status, pipelineId }) =>
        (filter.status ?? status) !== status || (filter.pipelineId ?? pipelineId) !== pipelineId,
    );
    if (isOther) throw new Error(`A page shows runs that its filter leaves out: ${JSON.stringify(filter)}.`);
  }
  return times;
}

/** From the newest to the oldest; the cursors are all over the list. */
async function walkAll(call: Client, count: number): Promise<{ times: number[]; cursors: string[] }> {
  const times: number[] = [];
  const cursors: string[] = [];
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const began = performance.now();
    const page = await call(listRunsRoute, { query: { limit: pageSize, cursor } });
    times.push(performance.now() - began);
    seen.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor ?? undefined;
    if (cursor !== undefined) cursors.push(cursor);
  } while (cursor !== undefined);
  const isInOrder = seen.every((id, at) => at === 0 || id < (seen[at - 1] ?? ''));
  if (seen.length !== count || !isInOrder) throw new Error(`A walk through ${count} runs showed ${seen.length}.`);
  return { times, cursors };
}

export function printListing(kind: DatabaseKind, { count, cases }: Listing): void {
  console.log(`\nPages of ${pageSize} of ${count} runs on the ${kind} database:`);
  printTable([
    ['page', 'requests', 'p50 ms', 'p95 ms', 'p99 ms', 'aim, p95'],
    ...cases.map(({ name, times }) => [
      name,
      String(times.length),
      ...[0.5, 0.95, 0.99].map((q) => quantile(times, q).toFixed(1)),
      String(aimMs),
    ]),
  ]);
}

// The SQL of ends of nodes of which it is known what follows. Runs are locked first, in the order of their ids, as in
// `store/settle-nodes.ts`.
import type { Tx } from '../../../platform/db/database.ts';
import type { Consequence } from '../run-shapes.ts';
import { jsonText } from './json-text.ts';
import type { EndRow } from './settle-nodes.ts';

export interface ForeseenRow
  extends Pick<EndRow, 'runId' | 'nodeId' | 'attempt' | 'branch' | 'input' | 'output' | 'startedAt' | 'at'> {
  readonly jobId: string;
  readonly foreseen: { readonly consequence: Consequence; readonly node: { readonly uncounted: number } };
}

/**
 * Ends nodes of which it is known what follows. Nothing is answered; whatever is not as foreseen (a run that is paused or
 * over, a node that another attempt owns, a child that has or has not become ready, a run with more open nodes) fails the
 * transaction with a serialization failure. Sent in one piece with the commit this takes one round trip, and half the
 * processor time of `advance`. A node whose job goes on leaves it to the one behind it to be counted as done, so that a
 * chain changes the row of its run once. The limits cut nothing off: with them a plan that is kept is one for few rows, by
 * key, also when it was made while the tables were small.
 */
export function endForeseen(tx: Tx, rows: readonly ForeseenRow[], at: Date): Promise<unknown> {
  const sent: Promise<unknown>[] = [endNodes(tx, rows)];
  const arrivals = countArrivals(rows);
  if (arrivals.length > 0) sent.push(countDown(tx, arrivals));
  const counts = countEnded(rows);
  const last = rows.filter(({ foreseen }) => foreseen.consequence.kind === 'run-ends');
  const isOver = new Set(last.map(({ runId }) => runId));
  const going = [...counts].filter(([runId]) => !isOver.has(runId));
  if (going.length > 0) sent.push(countDone(tx, going));
  if (last.length > 0)
    sent.push(
      completeWithLast(
        tx,
        last.map((row) => ({ ...row, ended: counts.get(row.runId) ?? 0 })),
        at,
      ),
    );
  return Promise.all(sent);
}

// The limit of what follows is known only when the runs are locked, all of them active: without that nothing is changed.
const endText = `with run as (
    select id from pipeline.runs where id = any($1::uuid[]) and status in ('pending', 'running', 'waiting') order by id for no key update
  ), ended as (
    update pipeline.node_runs n
       set status = 'completed', branch = c.branch, input = coalesce(c.input, n.input), output = c.output, error = null,
           started_at = coalesce(n.started_at, c.started_at), ended_at = c.at, waiting_kind = null, question = null
      from (select * from unnest($3::uuid[], $4::text[], $5::uuid[], $6::int[], $7::text[], $8::jsonb[], $9::jsonb[], $10::timestamptz[], $11::timestamptz[])
              as c(run_id, node_id, job_id, attempt, branch, input, output, started_at, at) limit (select case when count(*) = $2::int then $12::int else 0 end from run)) as c
     where n.run_id = c.run_id and n.node_id = c.node_id and n.job_id = c.job_id and n.attempt = c.attempt and n.status in ('pending', 'running', 'waiting')
    returning 1
  )`;
const endOnlyText = `${endText}
  select pipeline.expect_rows((select count(*) from run) + (select count(*) from ended), $2::int + $12::int)`;
/** The job of a node becomes the owner of the one behind it. */
const endAndGoOnText = `${endText}, heir as (
    update pipeline.node_runs n set waiting_for = 0, live_parents = 1, job_id = c.job_id, attempt = c.attempt, uncounted = c.uncounted
      from (select * from unnest($3::uuid[], $13::text[], $5::uuid[], $6::int[], $14::int[]) as c(run_id, node_id, job_id, attempt, uncounted) limit (select case when count(*) = $2::int then $12::int else 0 end from run)) as c
     where n.run_id = c.run_id and n.node_id = c.node_id and n.status = 'pending' and n.waiting_for = 1 and n.live_parents = 0
    returning 1
  )
  select pipeline.expect_rows((select count(*) from run) + (select count(*) from ended) + (select count(*) from heir), $2::int + $12::int + $15::int)`;

function endNodes(tx: Tx, rows: readonly ForeseenRow[]): Promise<unknown> {
  const runIds = [...new Set(rows.map(({ runId }) => runId))];
  const values = [
    runIds,
    runIds.length,
    rows.map((row) => row.runId),
    rows.map((row) => row.nodeId),
    rows.map((row) => row.jobId),
    rows.map((row) => row.attempt),
    rows.map((row) => row.branch),
    rows.map((row) => jsonText(row.input)),
    rows.map((row) => jsonText(row.output)),
    rows.map((row) => row.startedAt),
    rows.map((row) => row.at),
    rows.length,
  ];
  const heirIds = rows.map(({ foreseen: { consequence } }) =>
    consequence.kind === 'goes-on' ? consequence.heir.id : null,
  );
  const heirs = heirIds.filter((id) => id !== null).length;
  if (heirs === 0) return tx.query(endOnlyText, values);
  return tx.query(endAndGoOnText, [...values, heirIds, rows.map((row) => row.foreseen.node.uncounted + 1), heirs]);
}

/** Nodes that each run counts as done from now on. */
function countEnded(rows: readonly ForeseenRow[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { runId, foreseen } of rows) {
    if (foreseen.consequence.kind === 'goes-on') continue;
    counts.set(runId, (counts.get(runId) ?? 0) + foreseen.node.uncounted + 1);
  }
  return counts;
}

function countDone(tx: Tx, counts: readonly (readonly [runId: string, ended: number])[]): Promise<unknown> {
  return tx.query(
    `update pipeline.runs r set open_nodes = r.open_nodes - c.ended, nodes_done = r.nodes_done + c.ended
       from (select * from unnest($1::uuid[], $2::int[]) as c(id, ended) limit $3::int) as c where r.id = c.id`,
    [counts.map(([id]) => id), counts.map(([, ended]) => ended), counts.length],
  );
}

interface ArrivalRow {
  readonly runId: string;
  readonly nodeId: string;
  arrived: number;
  live: number;
}

function countArrivals(rows: readonly ForeseenRow[]): ArrivalRow[] {
  const counts = new Map<string, ArrivalRow>();
  for (const { runId, foreseen } of rows) {
    if (foreseen.consequence.kind !== 'arrives') continue;
    for (const { nodeId, isLive } of foreseen.consequence.at) {
      const key = `${runId} ${nodeId}`;
      const count = counts.get(key) ?? { runId, nodeId, arrived: 0, live: 0 };
      counts.set(key, count);
      count.arrived += 1;
      if (isLive) count.live += 1;
    }
  }
  return [...counts.values()];
}

/** Of nodes that go on waiting for others. */
function countDown(tx: Tx, arrivals: readonly ArrivalRow[]): Promise<unknown> {
  return tx.query(
    `with child as (
      update pipeline.node_runs n set waiting_for = n.waiting_for - c.arrived, live_parents = n.live_parents + c.live
        from (select * from unnest($1::uuid[], $2::text[], $3::int[], $4::int[]) as c(run_id, node_id, arrived, live) limit $5::int) as c
       where n.run_id = c.run_id and n.node_id = c.node_id and n.status = 'pending' and n.needs is null and n.waiting_for > c.arrived
      returning 1
    ) select pipeline.expect_rows(count(*), $5) from child`,
    [
      arrivals.map((row) => row.runId),
      arrivals.map((row) => row.nodeId),
      arrivals.map((row) => row.arrived),
      arrivals.map((row) => row.live),
      arrivals.length,
    ],
  );
}

/** Of runs that end with this one node, the only one that leads nowhere: its output is that of the run. */
function completeWithLast(
  tx: Tx,
  last: readonly (ForeseenRow & { readonly ended: number })[],
  at: Date,
): Promise<unknown> {
  return tx.query(
    `with done as (
      update pipeline.runs r set status = 'completed', ended_at = $5, paused_at = null, open_nodes = 0, nodes_done = r.nodes_done + c.ended
        from (select * from unnest($1::uuid[], $2::int[]) as c(id, ended) limit $6::int) as c
       where r.id = c.id and r.open_nodes = c.ended
      returning 1
    ), told as (
      update pipeline.run_bodies b set output = jsonb_build_object(c.node_id, c.output)
        from (select * from unnest($1::uuid[], $3::text[], $4::jsonb[]) as c(run_id, node_id, output) limit $6::int) as c
       where b.run_id = c.run_id
      returning 1
    ) select pipeline.expect_rows((select count(*) from done) + (select count(*) from told), 2 * $6::int)`,
    [
      last.map((row) => row.runId),
      last.map((row) => row.ended),
      last.map((row) => row.nodeId),
      last.map((row) => jsonText(row.output)),
      at,
      last.length,
    ],
  );
}

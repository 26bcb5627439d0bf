// What a worker needs to know of a node. The transaction that made it ready has read it already, so this process
// remembers it for its job's first attempt; otherwise it is loaded, those that begin together with one query.
import type { PipelineNode } from '@gathering/contract/pipeline-definition';
import type { Database } from '../../platform/db/database.ts';
import { policyOf } from './node-policy.ts';
import { type NodeWorkRow, readNodeWork, takeOverNode } from './store/runs.ts';
import { lockRuns } from './store/settle-nodes.ts';

interface Asked {
  readonly runId: string;
  readonly nodeId: string;
  readonly resolve: (row: NodeWorkRow | null) => void;
  readonly reject: (error: unknown) => void;
}

const waiting = new WeakMap<Database, Asked[]>();

const remembered = new WeakMap<Database, Map<string, NodeWorkRow>>();
/** Of one database; the oldest are forgotten first, and loaded when their turn comes. */
const maxRemembered = 5_000;

/** As a node is that nobody has begun with yet. */
export const untouched = {
  status: 'pending',
  run_status: 'running',
  tries: 0,
  intended_key: null,
  decision: null,
  waiting_kind: null,
  waiting_until: null,
  started_at: null,
} as const;

/** What the definition says of a node, as its row has it. */
export const workOf = (node: PipelineNode) => ({
  node_id: node.id,
  type: node.type,
  name: node.name ?? node.id,
  config: node.config,
  policy: policyOf(node),
});

/** Keeps a node that just became ready, by its job. Call it after the commit only. */
export function rememberNode(database: Database, ready: NodeWorkRow): void {
  const rows = remembered.get(database) ?? new Map<string, NodeWorkRow>();
  remembered.set(database, rows);
  if (rows.size >= maxRemembered) rows.delete(rows.keys().next().value ?? '');
  rows.set(ready.job_id, ready);
}

/**
 * The node of a job that begins, or goes on. What is remembered may be older than a cancellation: effects ask first
 * (`announce`), and settlements are guarded. A job that is taken up again may have gone on to another node than it began
 * with, so the rows are asked what it owns; from then on its earlier attempts change nothing any more.
 */
export async function loadNodeOfJob(
  database: Database,
  job: { id: string; attempt: number },
  runId: string,
  nodeId: string,
): Promise<NodeWorkRow | null> {
  const rows = remembered.get(database);
  const row = rows?.get(job.id);
  rows?.delete(job.id);
  if (row !== undefined && row.attempt === job.attempt) return row;
  if (job.attempt === 0) return loadNode(database, runId, nodeId);
  return database.transaction(async (tx) => {
    // Whoever settles this run now may hand the job its next node: seen only after that.
    await lockRuns(tx, [runId]);
    return takeOverNode(tx, runId, job);
  });
}

/** Null: there is no such node (its run was removed). */
export function loadNode(database: Database, runId: string, nodeId: string): Promise<NodeWorkRow | null> {
  return new Promise((resolve, reject) => {
    const asked = waiting.get(database);
    const one = { runId, nodeId, resolve, reject };
    if (asked) {
      asked.push(one);
      return;
    }
    waiting.set(database, [one]);
    setImmediate(() => void answer(database));
  });
}

async function answer(database: Database): Promise<void> {
  const asked = waiting.get(database) ?? [];
  waiting.delete(database);
  try {
    const rows = await readNodeWork(database, asked);
    const byKey = new Map(rows.map((row) => [`${row.run_id} ${row.node_id}`, row]));
    for (const one of asked) one.resolve(byKey.get(`${one.runId} ${one.nodeId}`) ?? null);
  } catch (error) {
    for (const one of asked) one.reject(error);
  }
}

// Loads the nodes of jobs that begin together with one query: a fetch hands out many jobs in one tick.
import type { Database } from '../../platform/db/database.ts';
import { type NodeWorkRow, readNodeWork } from './store/runs.ts';

interface Asked {
  readonly runId: string;
  readonly nodeId: string;
  readonly resolve: (row: NodeWorkRow | null) => void;
  readonly reject: (error: unknown) => void;
}

const waiting = new WeakMap<Database, Asked[]>();

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

// The door to the queue as features see it: enqueue, cancel, extend. Which engine stands behind it is
// nobody's business outside of this folder.
import type { Tx } from '../platform/db/database.ts';
import type { NewJob, Settlement } from './settlement.ts';

export interface Queue {
  /** Adds jobs in the caller's transaction: they exist if and only if it commits. */
  enqueue(tx: Tx, jobs: readonly NewJob[]): Promise<void>;
  /** Cancels queued and running jobs in the caller's transaction; running handlers are told after the commit. */
  cancel(tx: Tx, name: string, jobIds: readonly string[]): Promise<void>;
  /** Takes queued jobs out in the caller's transaction and answers which; those that have begun stay as they are. */
  takeBack(tx: Tx, name: string, jobIds: readonly string[]): Promise<string[]>;
  /** Commits a change of a running job in the batches in which jobs are settled; resolves when it is committed. */
  mark(settlement: Settlement): Promise<void>;
  /** Aborts the handlers of these jobs if they run in this process, or in another one. */
  abort(jobIds: readonly string[], reason: string): void;
}

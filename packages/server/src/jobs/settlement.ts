// What a job leaves behind: rows that are committed with its completion, and the jobs that follow from them.
import type { Tx } from '../platform/db/database.ts';

export interface NewJob {
  /** `<feature>.<verb>-<noun>` of a registered job. */
  readonly name: string;
  readonly payload: Readonly<Record<string, unknown>>;
  /**
   * Given where the caller's rows refer to the job; made otherwise. That of the job which leaves this one behind: it does
   * not end but goes on with this payload, in the same slot. Only a group that `fencesItself` may do so.
   */
  readonly id?: string;
  /** Not before this instant. */
  readonly startAfter?: Date;
  /** Of those that are due the higher goes first (`priorities.ts`); 0 unless given. */
  readonly priority?: number;
  /** The request that the job goes back to; left out: the one that enqueues it. */
  readonly requestId?: string | null;
}

/** What a handler leaves to be committed in one transaction with its job's completion, together with others. */
export interface Settlement {
  readonly group: SettlementGroup;
  readonly item: unknown;
}

/**
 * Commits many settlements of one kind at once. Called inside the settling transaction, perhaps again
 * after a rollback; must change nothing but the database. Queries may be sent without awaiting each.
 */
export interface SettlementGroup {
  readonly name: string;
  /**
   * Its own rows tell job and attempt, and what a stale attempt leaves changes none of them. Otherwise the batch is
   * rolled back and done again without the stale one.
   */
  readonly fencesItself?: boolean;
  /**
   * Takes the locks that order this group against everybody else's, unless the first statement of `commit` does; sent
   * before all other statements.
   */
  lock(tx: Tx, items: readonly unknown[]): Promise<unknown>;
  /** Resolves to the jobs that the changes make due. */
  commit(tx: Tx, items: readonly unknown[]): Promise<readonly NewJob[]>;
}

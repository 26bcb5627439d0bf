// Commits what handlers leave, many jobs in one transaction. Natural batching: one transaction at a time takes all that
// has come in during the one before, so a lone job waits for nobody and a crowd shares its fsync. The next one begins
// when the commit of the last is sent, and works while the disk does (a tenth more at 64 runs). Two that begin whenever
// they can were measured: batches half as large, a quarter more processor time of the database for each job.
// Invariant: a settlement is committed together with its job's completion, or not at all.
import type { Database, Tx } from '../platform/db/database.ts';
import { type BossQueue, endJobs } from './open-boss.ts';
import type { NewJob, Settlement, SettlementGroup } from './settlement.ts';

/** What became of an attempt. `stale`: somebody else owns the job now; a new job: it goes on with that payload. */
export type Outcome = 'settled' | 'stale' | NewJob;

interface Attempt {
  readonly queue: BossQueue;
  readonly id: string;
  readonly retryCount: number;
}

interface Entry {
  /** Null: a mark that belongs to a running job and completes none. */
  readonly attempt: Attempt | null;
  readonly settlements: readonly Settlement[];
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: unknown) => void;
}

class StaleAttempts extends Error {
  readonly live: ReadonlySet<string>;
  constructor(live: ReadonlySet<string>) {
    super('Some attempts are not the current ones any more.');
    this.live = live;
  }
}

export interface SettlerOptions {
  readonly database: Database;
  /** Has jobs done that a settlement made due. */
  readonly enqueue: (tx: Tx, jobs: readonly NewJob[]) => Promise<void>;
  readonly largestBatch: number;
}

export class Settler {
  readonly #options: SettlerOptions;
  #waiting: Entry[] = [];
  /** A transaction is being filled; others may be on their way to disk. */
  #filling = false;
  #underWay = 0;

  constructor(options: SettlerOptions) {
    this.#options = options;
  }

  /** Ends a job with what it leaves, unless what it leaves is that it goes on. */
  settle(queue: BossQueue, id: string, retryCount: number, settlements: readonly Settlement[]): Promise<Outcome> {
    return this.#add({ queue, id, retryCount }, settlements);
  }

  /** Commits a change in the same batches without completing a job. */
  async mark(settlement: Settlement): Promise<void> {
    await this.#add(null, [settlement]);
  }

  #add(attempt: Entry['attempt'], settlements: readonly Settlement[]): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ attempt, settlements, resolve, reject });
      // After the current tick, so that handlers that end together are committed together.
      if (!this.#filling) setImmediate(() => this.#next());
    });
  }

  #next(): void {
    // The embedded database has one connection: there a second transaction would only take its batch too early.
    const most = this.#options.database.kind === 'server' ? 2 : 1;
    if (this.#filling || this.#waiting.length === 0 || this.#underWay >= most) return;
    this.#filling = true;
    this.#underWay += 1;
    let isFilled = false;
    const onFilled = (): void => {
      if (isFilled) return;
      isFilled = true;
      this.#filling = false;
      // After the commit is sent, so that it goes first.
      setImmediate(() => this.#next());
    };
    void this.#commitOrSplit(this.#takeBatch(), onFilled).finally(() => {
      this.#underWay -= 1;
      onFilled();
      this.#next();
    });
  }

  /** Two attempts of one job never share a batch: the queue tells by the job's id which are current. */
  #takeBatch(): Entry[] {
    const ids = new Set<string>();
    const batch: Entry[] = [];
    const later: Entry[] = [];
    for (const entry of this.#waiting.splice(0, this.#options.largestBatch)) {
      const id = entry.attempt?.id;
      if (id !== undefined && ids.has(id)) later.push(entry);
      else batch.push(entry);
      if (id !== undefined) ids.add(id);
    }
    this.#waiting.unshift(...later);
    return batch;
  }

  async #commitOrSplit(batch: readonly Entry[], onFilled: () => void): Promise<void> {
    try {
      const goingOn = await this.#commit(batch, onFilled);
      for (const entry of batch) entry.resolve(goingOn.get(entry.attempt?.id ?? '') ?? 'settled');
    } catch (error) {
      if (error instanceof StaleAttempts) await this.#commitLive(batch, error.live, onFilled);
      else if (batch.length === 1) {
        batch[0]?.reject(error);
      } else {
        // One that cannot be committed must not take the others with it.
        for (const entry of batch) await this.#commitOrSplit([entry], onFilled);
      }
    }
  }

  async #commitLive(batch: readonly Entry[], ids: ReadonlySet<string>, onFilled: () => void): Promise<void> {
    const live = batch.filter((entry) => entry.attempt === null || ids.has(entry.attempt.id));
    for (const entry of batch) if (!live.includes(entry)) entry.resolve('stale');
    if (live.length > 0) await this.#commitOrSplit(live, onFilled);
  }

  /** Answers the jobs that go on, by their ids. */
  #commit(batch: readonly Entry[], onFilled: () => void): Promise<ReadonlyMap<string, NewJob>> {
    const groups = new Map<SettlementGroup, unknown[]>();
    // Jobs that end whatever comes of the batch, and those of groups that may have them go on.
    const ending = new Map<BossQueue, Attempt[]>();
    const undecided: Attempt[] = [];
    for (const { attempt, settlements } of batch) {
      for (const { group, item } of settlements) appendTo(groups, group, item);
      if (attempt === null) continue;
      // One that does not fence itself needs the fence of the queue, whatever comes with it.
      const fenceThemselves = settlements.length > 0 && settlements.every(({ group }) => group.fencesItself);
      if (fenceThemselves) undecided.push(attempt);
      else appendTo(ending, attempt.queue, attempt);
    }
    return this.#options.database.transaction(async (tx) => {
      // Sent without waiting for each: the connection answers them in this order.
      const locks = [...groups].map(([group, items]) => group.lock(tx, items));
      // Groups before jobs, as whoever cancels does: the rows of features are locked before those of the queue.
      const commits = [...groups].map(([group, items]) => group.commit(tx, items));
      const ends = [...ending].map(([queue, attempts]) => endJobs(tx, queue, attempts));
      // All are waited for even when one fails, so that no rejection is left without a reader.
      await Promise.allSettled([...locks, ...ends, ...commits]);
      await Promise.all(locks);
      const [live, jobs] = await Promise.all([Promise.all(ends), Promise.all(commits)]);
      const asked = [...ending.values()].reduce((sum, attempts) => sum + attempts.length, 0);
      const alive = new Set(live.flat());
      if (alive.size < asked) throw new StaleAttempts(new Set([...alive, ...undecided.map(({ id }) => id)]));
      const goingOn = await this.#sendJobs(tx, jobs.flat(), undecided);
      onFilled();
      return goingOn;
    });
  }

  /** Parts what goes on from what is new, and ends the jobs that neither go on nor have ended. */
  async #sendJobs(
    tx: Tx,
    jobs: readonly NewJob[],
    undecided: readonly Attempt[],
  ): Promise<ReadonlyMap<string, NewJob>> {
    const ids = new Set(undecided.map(({ id }) => id));
    const goingOn = new Map(jobs.flatMap((job) => (job.id !== undefined && ids.has(job.id) ? [[job.id, job]] : [])));
    const ended = Map.groupBy(
      undecided.filter(({ id }) => !goingOn.has(id)),
      ({ queue }) => queue,
    );
    // Not waited for: an attempt that is stale ends nothing, and a statement that fails makes the transaction fail.
    for (const [queue, attempts] of ended) endJobs(tx, queue, attempts).catch(() => undefined);
    const due = jobs.filter((job) => job.id === undefined || !goingOn.has(job.id));
    if (due.length > 0) await this.#options.enqueue(tx, due);
    return goingOn;
  }
}

function appendTo<K, V>(groups: Map<K, V[]>, key: K, value: V): void {
  const group = groups.get(key);
  if (group) group.push(value);
  else groups.set(key, [value]);
}

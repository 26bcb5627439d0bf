// Takes jobs of one queue as fast as slots come free. Woken by whoever knows of work (a commit here, a
// notification from elsewhere, a timer); polls as the safety net. One fetch at a time, as large as the free slots. While nothing
// is known to wait, whoever makes work due may have slots for it and spare the way through the queue.
// Invariant: what waits in the queue goes before what comes, as far as this process knows.
import { type Database, DatabaseUnavailable } from '../platform/db/database.ts';
import { runOutsideTransaction } from '../platform/db/transaction-guard.ts';
import type { Log } from '../platform/log.ts';
import { type BossQueue, type FetchedJob, fetchJobs } from './open-boss.ts';
import { startOfFetch } from './priorities.ts';

const pollMs = 500;

/** A crowd is taken in portions, so that the first work while the next are fetched, and settle in turns. */
const largestPortion = 24;

export class Pump {
  readonly queue: BossQueue;
  readonly slots: number;
  readonly #database: Database;
  readonly #log: Log;
  readonly #onJob: (job: FetchedJob) => Promise<void>;
  #busy = 0;
  #fetching = false;
  /** Something may wait in the queue. */
  #due = true;
  #running = false;
  #failing = false;
  #timer: NodeJS.Timeout | undefined;
  #idle: (() => void) | undefined;
  #beatAt: Date | null = null;
  /** Fetches in a row that got all that they asked for: others may be waiting. */
  #full = 0;

  constructor(options: {
    database: Database;
    queue: BossQueue;
    slots: number;
    log: Log;
    onJob: (job: FetchedJob) => Promise<void>;
  }) {
    this.#database = options.database;
    this.queue = options.queue;
    this.slots = options.slots;
    this.#log = options.log;
    this.#onJob = options.onJob;
  }

  /** When it last heard from the queue. */
  get beatAt(): Date | null {
    return this.#beatAt;
  }

  get free(): number {
    return this.slots - this.#busy;
  }

  start(): void {
    this.#running = true;
    this.#timer = setInterval(() => this.wake(), pollMs);
    this.wake();
  }

  /** No new jobs from now on. */
  pause(): void {
    this.#running = false;
    clearInterval(this.#timer);
  }

  /** Resolves when nothing runs any more. */
  async whenIdle(): Promise<void> {
    if (this.#busy === 0 && !this.#fetching) return;
    await new Promise<void>((resolve) => {
      this.#idle = resolve;
    });
  }

  /** There may be something to take. */
  wake(): void {
    this.#due = true;
    this.#fill();
  }

  /** Keeps up to so many slots for jobs that are about to be due, and answers how many: they `begin`, or are given back. */
  reserve(most: number): number {
    if (!this.#running || this.#due || this.#fetching) return 0;
    const slots = Math.min(most, this.free);
    this.#busy += slots;
    return slots;
  }

  /** Jobs for which slots were kept; they are this worker's already. */
  begin(jobs: readonly FetchedJob[]): void {
    for (const job of jobs) this.#work(job);
  }

  giveBack(slots: number): void {
    this.#busy -= slots;
    this.#fill();
    this.#checkIdle();
  }

  #fill(): void {
    if (!this.#running || !this.#due || this.#fetching || this.free === 0) return;
    this.#fetching = true;
    // After the current tick: slots that a batch of settlements frees together are filled by one fetch.
    setImmediate(() => void runOutsideTransaction(() => this.#fetch()));
  }

  async #fetch(): Promise<void> {
    try {
      for (;;) {
        this.#due = false;
        const asked = Math.min(this.free, largestPortion);
        const jobs = asked > 0 && this.#running ? await this.#ask(asked) : [];
        this.#beatAt = new Date();
        if (this.#failing) this.#log.info({ queue: this.queue }, 'The queue answers again');
        this.#failing = false;
        this.#busy += jobs.length;
        this.begin(jobs);
        this.#due ||= jobs.length === asked;
        if (!this.#running || this.free === 0 || !this.#due) break;
      }
    } catch (error) {
      if (!this.#failing)
        this.#log.warn({ err: error, queue: this.queue }, 'The queue cannot be read; polling until it can');
      this.#failing = true;
      this.#due = true;
      if (!(error instanceof DatabaseUnavailable)) this.#beatAt = null;
    } finally {
      this.#fetching = false;
      this.#checkIdle();
    }
  }

  /** The highest and oldest, or now and then those from a level further down, so that nothing waits for ever. */
  async #ask(asked: number): Promise<FetchedJob[]> {
    const maxPriority = startOfFetch(this.#full);
    let jobs = await fetchJobs(this.#database, this.queue, asked, maxPriority);
    if (maxPriority !== null && jobs.length < asked)
      jobs = [...jobs, ...(await fetchJobs(this.#database, this.queue, asked - jobs.length, null))];
    this.#full = jobs.length < asked ? 0 : this.#full + 1;
    return jobs;
  }

  #work(job: FetchedJob): void {
    this.#onJob(job)
      .catch((error: unknown) =>
        this.#log.error(
          { err: error, jobId: job.id },
          'A job could neither be settled nor failed; its heartbeat will run out',
        ),
      )
      .finally(() => this.giveBack(1));
  }

  #checkIdle(): void {
    if (this.#busy > 0 || this.#fetching) return;
    this.#idle?.();
    this.#idle = undefined;
  }
}

// Takes jobs of one queue as fast as slots come free. Woken by whoever knows of work (a commit here, a
// notification from elsewhere, a timer); polls as the safety net. One fetch at a time, as large as the free slots.
import type { PgBoss } from 'pg-boss';
import { DatabaseUnavailable } from '../platform/db/database.ts';
import { runOutsideTransaction } from '../platform/db/transaction-guard.ts';
import type { Log } from '../platform/log.ts';
import { startOfFetch } from './priorities.ts';

export interface FetchedJob {
  readonly id: string;
  readonly retryCount: number;
  readonly data: unknown;
}

const pollMs = 500;

/**
 * A crowd is taken in portions, so that the first work while the next are fetched, and settle in turns. The text of a
 * fetch holds its size: few sizes are few statements, which a connection keeps planned.
 */
const largestPortion = 24;
const portionOf = (free: number): number => (free < 8 ? free : Math.min(largestPortion, free - (free % 8)));

export class Pump {
  readonly queue: string;
  readonly slots: number;
  readonly #boss: PgBoss;
  readonly #log: Log;
  readonly #onJob: (job: FetchedJob) => Promise<void>;
  #busy = 0;
  #fetching = false;
  #again = false;
  #running = false;
  #failing = false;
  #timer: NodeJS.Timeout | undefined;
  #idle: (() => void) | undefined;
  #beatAt: Date | null = null;
  /** Fetches in a row that got all that they asked for: others may be waiting. */
  #full = 0;

  constructor(options: {
    boss: PgBoss;
    queue: string;
    slots: number;
    log: Log;
    onJob: (job: FetchedJob) => Promise<void>;
  }) {
    this.#boss = options.boss;
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

  wake(): void {
    if (!this.#running) return;
    if (this.#fetching) {
      this.#again = true;
      return;
    }
    if (this.free === 0) return;
    this.#fetching = true;
    // After the current tick: slots that a batch of settlements frees together are filled by one fetch.
    setImmediate(() => void runOutsideTransaction(() => this.#fetch()));
  }

  async #fetch(): Promise<void> {
    try {
      for (;;) {
        this.#again = false;
        const asked = portionOf(this.free);
        const jobs = asked > 0 && this.#running ? await this.#ask(asked) : [];
        this.#beatAt = new Date();
        if (this.#failing) this.#log.info({ queue: this.queue }, 'The queue answers again');
        this.#failing = false;
        for (const job of jobs) this.#take({ id: job.id, retryCount: job.retryCount, data: job.data });
        if (!this.#running || this.free === 0 || (jobs.length < asked && !this.#again)) break;
      }
    } catch (error) {
      if (!this.#failing)
        this.#log.warn({ err: error, queue: this.queue }, 'The queue cannot be read; polling until it can');
      this.#failing = true;
      if (!(error instanceof DatabaseUnavailable)) this.#beatAt = null;
    } finally {
      this.#fetching = false;
      this.#checkIdle();
    }
  }

  /** The highest and oldest, or now and then those from a level further down, so that nothing waits for ever. */
  async #ask(asked: number): Promise<FetchedJob[]> {
    const maxPriority = startOfFetch(this.#full);
    const fetch = (batchSize: number) => this.#boss.fetch(this.queue, { batchSize });
    let jobs =
      maxPriority === null ? await fetch(asked) : await this.#boss.fetch(this.queue, { batchSize: asked, maxPriority });
    if (maxPriority !== null && jobs.length < asked) jobs = [...jobs, ...(await fetch(asked - jobs.length))];
    this.#full = jobs.length < asked ? 0 : this.#full + 1;
    return jobs;
  }

  #take(job: FetchedJob): void {
    this.#busy += 1;
    this.#onJob(job)
      .catch((error: unknown) =>
        this.#log.error(
          { err: error, jobId: job.id },
          'A job could neither be settled nor failed; its heartbeat will run out',
        ),
      )
      .finally(() => {
        this.#busy -= 1;
        this.wake();
        this.#checkIdle();
      });
  }

  #checkIdle(): void {
    if (this.#busy > 0 || this.#fetching) return;
    this.#idle?.();
    this.#idle = undefined;
  }
}

// Says of the jobs that run here that they live, and finds those that somebody else has taken over meanwhile.
import type { PgBoss } from 'pg-boss';
import type { Log } from '../platform/log.ts';
import { type BossQueue, heartbeatEveryMs, settledIds } from './open-boss.ts';

/** An attempt of a job that runs in this process. */
export interface ActiveJob {
  readonly queue: BossQueue;
  readonly id: string;
  readonly retryCount: number;
  readonly controller: AbortController;
  /** By the clock of the process that nobody sets. */
  readonly sinceMs: number;
}

/** Reasons with which a handler's signal is aborted. */
export const abortReasons = { drain: 'drain', fenced: 'fenced' } as const;

/** So long a job that was taken needs no sign of life; with the pause between two it stays well below `heartbeatSeconds`. */
const newForMs = 1_000;

export class Heartbeat {
  readonly #boss: PgBoss;
  readonly #log: Log;
  readonly #active: ReadonlySet<ActiveJob>;
  readonly #suspects = new WeakSet<ActiveJob>();
  #timer: NodeJS.Timeout | undefined;

  /** `active` is looked at whenever it beats. */
  constructor(boss: PgBoss, log: Log, active: ReadonlySet<ActiveJob>) {
    this.#boss = boss;
    this.#log = log;
    this.#active = active;
  }

  start(): void {
    this.#timer = setInterval(() => void this.#beat(), heartbeatEveryMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #beat(): Promise<void> {
    // That it was taken is the first sign of life of a job. Most end before another is due, and their rows are left to those who
    // settle them: two who change many of them at once may wait for each other.
    const oldEnoughMs = performance.now() - newForMs;
    const lasting = [...this.#active].filter(({ sinceMs }) => sinceMs <= oldEnoughMs);
    const byQueue = Map.groupBy(lasting, (active) => active.queue);
    for (const [queue, actives] of byQueue) {
      try {
        const attempts = actives.map(({ id, retryCount }) => ({ id, retryCount }));
        const owned = new Set(settledIds(await this.#boss.touch(queue, attempts)));
        // Ended meanwhile is not fenced: only those that still run here and are not ours any more.
        for (const active of actives) if (!owned.has(active.id) && this.#active.has(active)) this.#suspect(active);
      } catch (error) {
        this.#log.warn({ err: error, queue }, 'The heartbeat of running jobs could not be written');
      }
    }
  }

  /** Twice in a row not ours: a settlement under way explains one miss, not two. */
  #suspect(active: ActiveJob): void {
    if (this.#suspects.has(active)) active.controller.abort(abortReasons.fenced);
    else this.#suspects.add(active);
  }
}

// The queue and the worker of one process: enqueues for everybody, runs what its slots allow, says that it
// lives, gives back what it cannot finish. Knows jobs by their definitions only.
import { storableText } from '@gathering/contract/storable';
import type { PgBoss } from 'pg-boss';
import type { Database, Tx } from '../platform/db/database.ts';
import { runOutsideTransaction } from '../platform/db/transaction-guard.ts';
import { newId } from '../platform/ids.ts';
import type { Log } from '../platform/log.ts';
import { currentRequestId, runInRequest } from '../platform/request-scope.ts';
import { type KeepDeadLetter, keepDeadLetters, type OnDead } from './dead-letters.ts';
import { type JobDefinition, maxAttempts, type QueueName, queueNames } from './define-job.ts';
import { type ActiveJob, abortReasons, Heartbeat } from './heartbeat.ts';
import { type JobData, leaveBehind } from './leave-behind.ts';
import {
  type BossQueue,
  exhaustedQueue,
  type FetchedJob,
  insertBegun,
  openBoss,
  releaseJobs,
  removeQueued,
  within,
} from './open-boss.ts';
import { Pump } from './pump.ts';
import type { Queue } from './queue.ts';
import type { NewJob, Settlement } from './settlement.ts';
import { Settler } from './settler.ts';

export interface WorkerOptions<C> {
  readonly slots: Readonly<Record<QueueName, number>>;
  readonly makeCtx: (signal: AbortSignal, requestId: string | null) => C;
  /** Whether a job may go on with what follows from it, in its slot. True unless given. */
  readonly inline?: boolean;
}

export interface OpenQueue<C> extends Queue {
  startWorker(options: WorkerOptions<C>): Promise<void>;
  /** When the worker last heard from its queues; null: it does not run or hears nothing. */
  workerBeat(): Date | null;
  /** Takes no new jobs, gives running ones `graceMs`, then aborts them and hands them back. */
  drain(graceMs: number): Promise<void>;
  close(): Promise<void>;
}

/** So long one job may go on with what follows from it, while others wait for its slot. */
const sliceMs = 500;
const wakeChannel = 'gathering_jobs';
const abortChannel = 'gathering_abort';

export async function openQueue<C>(
  database: Database,
  log: Log,
  definitions: readonly JobDefinition<C>[],
  onDead?: OnDead,
): Promise<OpenQueue<C>> {
  const boss = await openBoss(database, log);
  return new ProcessQueue(database, boss, log, definitions, keepDeadLetters(onDead));
}

/** Under the request that it goes back to, or the one that makes it. */
const dataOf = ({ name, payload, requestId }: NewJob, current: string | null): JobData => ({
  job: name,
  payload,
  requestId: requestId === undefined ? current : requestId,
});

class ProcessQueue<C> implements OpenQueue<C> {
  readonly #settler: Settler;
  readonly #database: Database;
  readonly #boss: PgBoss;
  readonly #log: Log;
  readonly #keepDead: KeepDeadLetter;
  readonly #definitions: ReadonlyMap<string, JobDefinition<C>>;
  /** A set, not a map by id: an attempt that was fenced may still run beside the one that took over. */
  readonly #active = new Set<ActiveJob>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #stops: Array<() => Promise<void>> = [];
  #pumps: readonly Pump[] = [];
  readonly #heartbeat: Heartbeat;
  #wakeQueued = new Set<string>();
  #closed = false;
  #goesOn = false;

  constructor(
    database: Database,
    boss: PgBoss,
    log: Log,
    definitions: readonly JobDefinition<C>[],
    keepDead: KeepDeadLetter,
  ) {
    this.#keepDead = keepDead;
    this.#database = database;
    this.#boss = boss;
    this.#log = log;
    this.#heartbeat = new Heartbeat(boss, log, this.#active);
    this.#definitions = new Map(definitions.map((definition) => [definition.name, definition]));
    this.#settler = new Settler({
      database,
      enqueue: (tx, jobs) => this.#beginOrEnqueue(tx, jobs),
      largestBatch: 500,
    });
  }

  async enqueue(tx: Tx, jobs: readonly NewJob[]): Promise<void> {
    const requestId = currentRequestId();
    const byQueue = Map.groupBy(jobs, ({ name }) => this.#definitionOf(name).queue);
    tx.afterCommit(() => {
      for (const [queue, some] of byQueue) this.#wakeFor(queue, some);
    });
    // Waits until the statements are on their way, not for their answers, so that a commit can follow at once:
    // one that fails makes the transaction fail.
    await Promise.all([...byQueue].map(([queue, some]) => this.#sendInsert(tx, queue, some, requestId)));
  }

  /** Begins with what is due in slots that are free here, where nothing is known to wait; the rest goes through the queue. */
  async #beginOrEnqueue(tx: Tx, jobs: readonly NewJob[]): Promise<void> {
    const rest: NewJob[] = [];
    for (const [queue, some] of Map.groupBy(jobs, ({ name }) => this.#definitionOf(name).queue))
      rest.push(...this.#beginSome(tx, queue, some));
    if (rest.length > 0) await this.enqueue(tx, rest);
  }

  /** Answers those with which nobody begins here. */
  #beginSome(tx: Tx, queue: QueueName, jobs: readonly NewJob[]): readonly NewJob[] {
    const pump = this.#goesOn ? this.#pumps.find((one) => one.queue === queue) : undefined;
    const due = jobs.filter(({ startAfter }) => startAfter === undefined);
    const slots = pump?.reserve(due.length) ?? 0;
    if (pump === undefined || slots === 0) return jobs;
    const begun = due.toSorted((a, b) => (b.priority ?? 0) - (a.priority ?? 0)).slice(0, slots);
    const requestId = currentRequestId();
    const rows = begun.map((job) => ({
      id: job.id ?? newId(),
      data: dataOf(job, requestId),
      priority: job.priority ?? 0,
    }));
    tx.afterFailure(() => pump.giveBack(slots));
    tx.afterCommit(() => this.#begin(pump, rows));
    // If it fails, so does the transaction.
    insertBegun(tx, queue, rows).catch(() => undefined);
    const isBegun = new Set(begun);
    return jobs.filter((job) => !isBegun.has(job));
  }

  #begin(pump: Pump, jobs: readonly { readonly id: string; readonly data: JobData }[]): void {
    const fetched = jobs.map(({ id, data }) => ({ id, retryCount: 0, data }));
    if (this.#goesOn) {
      pump.begin(fetched);
      return;
    }
    // The worker has stopped meanwhile.
    releaseJobs(this.#database, fetched)
      .catch((error: unknown) => this.#log.warn({ err: error }, 'Jobs could not be given back; they are taken over'))
      .finally(() => pump.giveBack(jobs.length));
  }

  #sendInsert(tx: Tx, queue: QueueName, jobs: readonly NewJob[], requestId: string | null): Promise<void> {
    return new Promise((resolve, reject) => {
      const executeSql = (text: string, values?: unknown[]) => {
        const answer = tx.query(text, values);
        resolve();
        return answer;
      };
      const rows = jobs.map((job) => ({
        id: job.id,
        data: dataOf(job, requestId),
        startAfter: job.startAfter,
        priority: job.priority,
      }));
      this.#boss.insert(queue, rows, { db: { executeSql }, returnId: false }).then(() => resolve(), reject);
    });
  }

  async cancel(tx: Tx, name: string, jobIds: readonly string[]): Promise<void> {
    const { queue } = this.#definitionOf(name);
    if (jobIds.length === 0) return;
    tx.afterCommit(() => this.abort(jobIds, 'cancelled'));
    await this.#boss.cancel(queue, [...jobIds], within(tx));
  }

  async takeBack(tx: Tx, name: string, jobIds: readonly string[]): Promise<string[]> {
    const { queue } = this.#definitionOf(name);
    return jobIds.length === 0 ? [] : removeQueued(tx, queue, jobIds);
  }

  #definitionOf(name: string): JobDefinition<C> {
    const definition = this.#definitions.get(name);
    if (!definition) throw new Error(`Job "${name}" is not registered in boot/jobs.ts.`);
    return definition;
  }

  mark(settlement: Settlement): Promise<void> {
    return this.#settler.mark(settlement);
  }

  abort(jobIds: readonly string[], reason: string): void {
    const elsewhere = jobIds.filter((id) => !this.#abortHere(id, reason));
    if (elsewhere.length === 0 || this.#database.kind === 'embedded') return;
    // A notification holds less than 8,000 bytes: 100 ids a message stay well below.
    for (let at = 0; at < elsewhere.length; at += 100) {
      const payload = JSON.stringify({ ids: elsewhere.slice(at, at + 100), reason });
      this.#tell(abortChannel, payload);
    }
  }

  async startWorker({ slots, makeCtx, inline = true }: WorkerOptions<C>): Promise<void> {
    this.#goesOn = inline;
    if (this.#database.kind === 'embedded') {
      const released = await releaseJobs(this.#database, 'all');
      if (released > 0) this.#log.info({ released }, 'Jobs that were cut off are taken up again');
    }
    const pumps = queueNames.map((queue) => this.#makePump(queue, slots[queue], makeCtx));
    this.#pumps = [...pumps, this.#makePump(exhaustedQueue, 4, makeCtx)];
    if (this.#database.kind === 'server') {
      this.#stops.push(
        await this.#database.listen(
          wakeChannel,
          (queue) => this.#pumps.find((pump) => pump.queue === queue)?.wake(),
          () => this.#pumps.forEach((pump) => void pump.wake()),
        ),
        await this.#database.listen(abortChannel, (payload) => {
          const { ids, reason } = JSON.parse(payload) as { ids: string[]; reason: string };
          for (const id of ids) this.#abortHere(id, reason);
        }),
      );
    }
    this.#heartbeat.start();
    for (const pump of this.#pumps) pump.start();
  }

  workerBeat(): Date | null {
    const beats = this.#pumps.map((pump) => pump.beatAt?.getTime() ?? 0);
    const oldest = Math.min(...beats);
    return beats.length > 0 && oldest > 0 ? new Date(oldest) : null;
  }

  async drain(graceMs: number): Promise<void> {
    this.#goesOn = false;
    for (const pump of this.#pumps) pump.pause();
    const idle = Promise.all(this.#pumps.map((pump) => pump.whenIdle()));
    const grace = Promise.withResolvers<void>();
    const timer = setTimeout(grace.resolve, graceMs);
    await Promise.race([idle, grace.promise]);
    clearTimeout(timer);
    for (const active of this.#active) active.controller.abort(abortReasons.drain);
    // Handlers stop at the next await; those that hang are left to the heartbeat.
    const last = Promise.withResolvers<void>();
    const lastTimer = setTimeout(last.resolve, 2000);
    await Promise.race([idle, last.promise]);
    clearTimeout(lastTimer);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#heartbeat.stop();
    for (const timer of this.#timers) clearTimeout(timer);
    for (const pump of this.#pumps) pump.pause();
    await Promise.all(this.#stops.map((stop) => stop()));
    await this.#boss.stop({ graceful: false });
  }

  #makePump(queue: BossQueue, slots: number, makeCtx: WorkerOptions<C>['makeCtx']): Pump {
    return new Pump({
      database: this.#database,
      queue,
      slots,
      log: this.#log,
      onJob: (job) => this.#runJob(queue, job, makeCtx),
    });
  }

  async #runJob(queue: BossQueue, fetched: FetchedJob, makeCtx: WorkerOptions<C>['makeCtx']): Promise<void> {
    const { id, retryCount } = fetched;
    const data = fetched.data as JobData;
    const controller = new AbortController();
    const active: ActiveJob = { queue, id, retryCount, controller, sinceMs: performance.now() };
    this.#active.add(active);
    const ctx = makeCtx(controller.signal, data.requestId);
    const until = performance.now() + sliceMs;
    const mayGoOn = (): boolean => this.#goesOn && performance.now() < until;
    let current: JobData | null = data;
    try {
      while (current !== null) {
        const now: JobData = current;
        // It has just gone on to this one, which another worker may as well begin.
        if (now !== data && !this.#goesOn) {
          await releaseJobs(this.#database, [{ id, retryCount }]);
          return;
        }
        if (queue === exhaustedQueue) {
          await this.#endForGood(active, now, ctx, 'Its worker died too often.');
          return;
        }
        const settlement = await runInRequest(now.requestId, () => this.#handle(active, now, ctx, mayGoOn));
        current = await this.#settle(active, now, settlement === undefined ? [] : [settlement]);
      }
    } catch (error) {
      await this.#giveBack(active, current ?? data, ctx, error);
    } finally {
      this.#active.delete(active);
    }
  }

  #handle(
    { id, retryCount }: ActiveJob,
    { job: name, payload }: JobData,
    ctx: C,
    mayGoOn: () => boolean,
  ): Promise<Settlement | undefined> {
    const definition = this.#definitions.get(name);
    if (!definition) throw new Error(`Job "${name}" is not known to this version.`);
    return definition.run(ctx, { id, payload, attempt: retryCount, mayGoOn });
  }

  async #endForGood(active: ActiveJob, data: JobData, ctx: C, message: string): Promise<void> {
    const definition = this.#definitions.get(data.job);
    const [log, keep] = [this.#log, this.#keepDead];
    await this.#settle(active, data, await leaveBehind({ definition, attempt: active, data, ctx, message, keep, log }));
  }

  /** What the job goes on with; null: it has ended here. */
  async #settle(
    { queue, id, retryCount }: ActiveJob,
    data: JobData,
    settlements: readonly Settlement[],
  ): Promise<JobData | null> {
    const outcome = await this.#settler.settle(queue, id, retryCount, settlements);
    if (typeof outcome === 'object')
      return { job: outcome.name, payload: outcome.payload, requestId: outcome.requestId ?? data.requestId };
    if (outcome === 'stale')
      this.#log.info({ job: data.job, jobId: id }, 'Somebody else owns this job now; its result was dropped');
    return null;
  }

  async #giveBack(active: ActiveJob, data: JobData, ctx: C, error: unknown): Promise<void> {
    const { queue, id, retryCount, controller } = active;
    const attempt = { id, retryCount };
    if (controller.signal.aborted) {
      // Cancelled or fenced jobs are somebody else's by now.
      if (controller.signal.reason === abortReasons.drain) await releaseJobs(this.#database, [attempt]);
      return;
    }
    const message = storableText(error instanceof Error ? error.message : String(error));
    // A job that this version does not know is left to those that do, until its claims are used up.
    if (queue !== exhaustedQueue && retryCount + 1 >= maxAttempts && this.#definitions.has(data.job)) {
      this.#log.error({ err: error, job: data.job, jobId: id, attempt: retryCount }, 'A job failed for the last time');
      await this.#endForGood(active, data, ctx, message);
      return;
    }
    this.#log.warn({ err: error, job: data.job, jobId: id, attempt: retryCount }, 'A job failed; it is tried again');
    await this.#boss.fail(queue, [attempt], { message });
  }

  #abortHere(id: string, reason: string): boolean {
    const found = [...this.#active].filter((active) => active.id === id);
    for (const active of found) active.controller.abort(reason);
    return found.length > 0;
  }

  /** Wakes our own pump; others only where there is more than our free slots take, or no worker here. */
  #wakeFor(queue: QueueName, jobs: readonly NewJob[]): void {
    if (this.#closed) return;
    const pump = this.#pumps.find((one) => one.queue === queue);
    const now = Date.now();
    const due = jobs.filter((job) => !job.startAfter || job.startAfter.getTime() <= now);
    for (const job of jobs)
      if (job.startAfter && job.startAfter.getTime() > now) this.#wakeAt(queue, job.startAfter.getTime() - now);
    if (due.length === 0) return;
    const free = pump?.free ?? 0;
    pump?.wake();
    if (due.length > free && this.#database.kind === 'server') this.#tellWorkers(queue);
  }

  #wakeAt(queue: QueueName, inMs: number): void {
    // Longer waits are found by polling; timers only make short ones exact.
    if (inMs > 3_600_000 || this.#timers.size > 10_000) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#pumps.find((one) => one.queue === queue)?.wake();
    }, inMs + 1);
    this.#timers.add(timer);
  }

  #tellWorkers(queue: string): void {
    if (this.#wakeQueued.has(queue)) return;
    this.#wakeQueued.add(queue);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#wakeQueued.delete(queue);
      this.#tell(wakeChannel, queue);
    }, 10);
    this.#timers.add(timer);
  }

  #tell(channel: string, payload: string): void {
    runOutsideTransaction(() => this.#database.notify(channel, payload)).catch((error: unknown) => {
      this.#log.warn({ err: error, channel }, 'Other instances could not be told; they poll');
    });
  }
}

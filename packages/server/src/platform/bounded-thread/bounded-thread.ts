// A thread for work that somebody else wrote and that may never end: one request at a time, cut off when a part
// of its answer takes too much time or memory. The time is the thread's own, not the wall's: a machine under load
// must not fail an honest request. Started when first needed; keeps no process alive.
import { Worker } from 'node:worker_threads';
import type { ThreadMessage, ThreadRequest } from './serve-thread.ts';

export interface BoundedAnswer<Part> {
  /** What was answered, in order. */
  readonly parts: readonly Part[];
  /** Why the part after these never came; null: all came. */
  readonly failure: string | null;
  /** What was cut off cannot even be interrupted, such as the compilation of a pattern: only its process can be ended. */
  readonly isStuck?: true;
}

interface Waiting<Request, Part> {
  readonly request: Request;
  readonly resolve: (answer: BoundedAnswer<Part>) => void;
  readonly parts: Part[];
}

/** However little of the processor a request gets, it does not keep the others waiting longer than so many limits. */
const wallFactor = 20;
/** A thread that does not even say what it has used is stuck once its whole process has worked for so many limits. */
const stuckFactor = 2;

export class BoundedThread<Request, Part> {
  readonly #file: URL;
  readonly #limitMs: number;
  readonly #queue: Waiting<Request, Part>[] = [];
  #worker: Worker | null = null;
  #isReady = false;
  #current: Waiting<Request, Part> | null = null;
  #lastId = 0;
  #cpuMs = 0;
  #processCpuMs = 0;
  #since = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `file` calls `serveThread`. `limitMs` is for each part of an answer. */
  constructor(file: URL, limitMs: number) {
    this.#file = file;
    this.#limitMs = limitMs;
  }

  /** Never rejects: what went wrong is in the answer. */
  ask(request: Request): Promise<BoundedAnswer<Part>> {
    return new Promise((resolve) => {
      this.#queue.push({ request, resolve, parts: [] });
      if (this.#current === null) this.#next();
    });
  }

  #next(): void {
    const next = this.#queue.shift() ?? null;
    this.#current = next;
    if (next === null) {
      this.#worker?.unref();
      return;
    }
    const worker = this.#worker ?? this.#start();
    worker.ref();
    // A thread that is starting is given its request when it is ready: loading does not count.
    if (this.#isReady) this.#post(worker, next);
  }

  #start(): Worker {
    // Flags of the process may be about its main program and no thread would start with them.
    const worker = new Worker(this.#file, {
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: 128, stackSizeMb: 4 },
    });
    this.#worker = worker;
    this.#isReady = false;
    worker.on('message', (message: ThreadMessage<Part>) => {
      if (worker === this.#worker) this.#receive(worker, message);
    });
    worker.on('error', (error) => this.#replace(worker, describeEnd(error)));
    worker.on('exit', () => this.#replace(worker, 'its thread ended'));
    return worker;
  }

  #post(worker: Worker, { request }: Waiting<Request, Part>): void {
    this.#lastId += 1;
    this.#since = performance.now();
    this.#processCpuMs = processCpuMs();
    this.#watch(worker, this.#limitMs);
    const message: ThreadRequest<Request> = { id: this.#lastId, request };
    try {
      worker.postMessage(message);
    } catch (error) {
      // What cannot be sent to a thread, a function for example, concerns this request only.
      this.#finish(describeEnd(error));
    }
  }

  #receive(worker: Worker, message: ThreadMessage<Part>): void {
    this.#cpuMs = message.cpuMs;
    const current = this.#current;
    if (message.kind === 'ready') {
      this.#isReady = true;
      if (current) this.#post(worker, current);
      return;
    }
    if (current === null || message.id !== this.#lastId) return;
    this.#processCpuMs = processCpuMs();
    if (message.kind === 'part') current.parts.push(message.part);
    else this.#finish(null);
  }

  #watch(worker: Worker, afterMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look(worker), afterMs);
  }

  async #look(worker: Worker): Promise<void> {
    const id = this.#lastId;
    const used = await Promise.race([usedMs(worker), silence(this.#limitMs)]);
    // Meanwhile it may have answered, and the thread may work for another.
    if (worker !== this.#worker || this.#current === null || id !== this.#lastId) return;
    const isOverdue = performance.now() - this.#since >= this.#limitMs * wallFactor;
    if (used === 'silent') {
      const isStuck = processCpuMs() - this.#processCpuMs >= this.#limitMs * stuckFactor;
      if (isStuck || isOverdue) this.#replace(worker, this.#tooLong(), true);
      else this.#watch(worker, 0);
      return;
    }
    // What it had worked when the part before this one was done.
    const spent = used === null ? this.#limitMs : used - this.#cpuMs;
    if (spent >= this.#limitMs || isOverdue) this.#replace(worker, this.#tooLong());
    else this.#watch(worker, Math.max(20, this.#limitMs - spent));
  }

  #tooLong(): string {
    return `it took longer than ${this.#limitMs} ms and was cut off; make it simpler`;
  }

  #replace(worker: Worker, failure: string, isStuck = false): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    this.#isReady = false;
    void worker.terminate();
    if (this.#current) this.#finish(failure, isStuck);
  }

  #finish(failure: string | null, isStuck = false): void {
    clearTimeout(this.#timer);
    const current = this.#current;
    this.#next();
    current?.resolve({ parts: current.parts, failure, ...(isStuck && { isStuck }) });
  }
}

/** Of all threads of this process. */
function processCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function silence(afterMs: number): Promise<'silent'> {
  return new Promise((resolve) => void setTimeout(resolve, afterMs, 'silent').unref());
}

/** Null: this runtime cannot tell, or the thread has ended. */
async function usedMs(worker: Worker): Promise<number | null> {
  if (typeof worker.cpuUsage !== 'function') return null;
  try {
    const { user, system } = await worker.cpuUsage();
    return (user + system) / 1000;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_NOT_RUNNING') return null;
    throw error;
  }
}

function describeEnd(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') return 'it needs too much memory and was cut off; make it simpler';
  return `it could not be worked out: ${error instanceof Error ? error.message : String(error)}`;
}

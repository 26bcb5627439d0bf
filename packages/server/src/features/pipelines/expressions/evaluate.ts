// Evaluates expressions in a thread of their own: one request at a time, each cut off at `limitMs`. The
// thread is started when it is first needed and does not keep the process alive.
import { Worker } from 'node:worker_threads';
import type { Evaluation } from '@gathering/contract/expressions';
import type { EvaluationReply } from './worker.ts';

const limitMs = 250;

interface Waiting {
  readonly expressions: readonly string[];
  readonly scope: Readonly<Record<string, unknown>>;
  readonly resolve: (results: readonly Evaluation[]) => void;
}

class ExpressionThread {
  readonly #queue: Waiting[] = [];
  #worker: Worker | null = null;
  #current: Waiting | null = null;
  #timer: NodeJS.Timeout | undefined;
  #lastId = 0;

  evaluate(expressions: readonly string[], scope: Readonly<Record<string, unknown>>): Promise<readonly Evaluation[]> {
    return new Promise((resolve) => {
      this.#queue.push({ expressions, scope, resolve });
      this.#next();
    });
  }

  #next(): void {
    if (this.#current !== null) return;
    const next = this.#queue.shift();
    if (!next) {
      this.#worker?.unref();
      return;
    }
    this.#current = next;
    const worker = this.#worker ?? this.#start();
    worker.ref();
    this.#lastId += 1;
    worker.postMessage({ id: this.#lastId, expressions: next.expressions, scope: next.scope });
  }

  #start(): Worker {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: 128, stackSizeMb: 4 },
    });
    this.#worker = worker;
    // The clock of an expression starts when the thread is up: loading it must not count.
    let online = false;
    worker.once('online', () => {
      online = true;
      this.#arm(worker);
    });
    worker.on('message', (reply: EvaluationReply) => {
      if (reply.id === this.#lastId) this.#finish(reply.results);
    });
    worker.on('error', (error) => this.#replace(worker, `it could not be evaluated: ${error.message}`));
    const post = worker.postMessage.bind(worker);
    worker.postMessage = (message: unknown) => {
      post(message);
      if (online) this.#arm(worker);
    };
    return worker;
  }

  #arm(worker: Worker): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      void worker.terminate();
      this.#replace(worker, `it took longer than ${limitMs} ms and was cut off; make it simpler`);
    }, limitMs);
  }

  #replace(worker: Worker, message: string): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    this.#finish((this.#current?.expressions ?? []).map(() => ({ ok: false, message, column: 1 })));
  }

  #finish(results: readonly Evaluation[]): void {
    clearTimeout(this.#timer);
    const current = this.#current;
    this.#current = null;
    current?.resolve(results);
    this.#next();
  }
}

const thread = new ExpressionThread();

/** Results in the order of the expressions. Never rejects: a fault is a result with its column. */
export function evaluateExpressions(
  expressions: readonly string[],
  scope: Readonly<Record<string, unknown>>,
): Promise<readonly Evaluation[]> {
  return thread.evaluate(expressions, scope);
}

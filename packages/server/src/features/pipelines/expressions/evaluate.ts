// Evaluates expressions in a thread of their own, one request at a time, and cuts off what takes too long. What
// counts is the time since the thread began with it, not since it was asked: a busy machine fails no expression.
import { Worker } from 'node:worker_threads';
import type { Evaluation } from '@gathering/contract/expressions';
import { type EvaluationReply, places, sharedBytes } from './worker.ts';

/** The second try has a fresh thread and more time, since the first may have met a machine that stood still. */
const limitsMs = [250, 1000] as const;

interface Waiting {
  readonly expressions: readonly string[];
  readonly scope: Readonly<Record<string, unknown>>;
  readonly resolve: (results: readonly Evaluation[]) => void;
  tries: number;
}

interface Thread {
  readonly worker: Worker;
  readonly state: BigInt64Array;
}

const queue: Waiting[] = [];
let thread: Thread | null = null;
let current: Waiting | null = null;
let currentId = 0;
let timer: NodeJS.Timeout | undefined;

/** Results in the order of the expressions. Never rejects: a fault is a result with its column. */
export function evaluateExpressions(
  expressions: readonly string[],
  scope: Readonly<Record<string, unknown>>,
): Promise<readonly Evaluation[]> {
  return new Promise((resolve) => {
    queue.push({ expressions, scope, resolve, tries: 0 });
    next();
  });
}

function next(): void {
  if (current !== null) return;
  const waiting = queue.shift();
  if (!waiting) {
    // Nothing to do: the thread must not keep the process alive.
    thread?.worker.unref();
    return;
  }
  current = waiting;
  currentId += 1;
  thread ??= startThread();
  thread.worker.ref();
  thread.worker.postMessage({ id: currentId, expressions: waiting.expressions, scope: waiting.scope });
  watch(limitsMs[waiting.tries] ?? limitsMs[1]);
}

function startThread(): Thread {
  const shared = new SharedArrayBuffer(sharedBytes);
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: shared,
    resourceLimits: { maxOldGenerationSizeMb: 128, stackSizeMb: 4 },
  });
  const started: Thread = { worker, state: new BigInt64Array(shared) };
  worker.on('message', (reply: EvaluationReply) => {
    if (thread === started && reply.id === currentId) finish(reply.results);
  });
  worker.on('error', (error) => {
    if (thread !== started) return;
    thread = null;
    finish(failAll(`it could not be evaluated: ${error.message}`));
  });
  return started;
}

function watch(inMs: number): void {
  clearTimeout(timer);
  timer = setTimeout(check, inMs);
}

function check(): void {
  if (current === null || thread === null) return;
  const limitMs = limitsMs[current.tries] ?? limitsMs[1];
  const leftMs = timeLeft(thread, limitMs);
  if (leftMs > 0) watch(leftMs);
  else cutOff(limitMs);
}

/** What the current request may still take; at most zero when it had its time. */
function timeLeft({ state }: Thread, limitMs: number): number {
  const id = BigInt(currentId);
  // Done, and the answer is on its way; or not begun, since the thread still loads.
  if (Atomics.load(state, places.ended) === id || Atomics.load(state, places.begun) !== id) return 20;
  return limitMs - (Date.now() - Number(Atomics.load(state, places.begunAt)));
}

function cutOff(limitMs: number): void {
  void thread?.worker.terminate();
  thread = null;
  if (current !== null && current.tries + 1 < limitsMs.length) {
    queue.unshift({ ...current, tries: current.tries + 1 });
    current = null;
    next();
  } else {
    finish(failAll(`it took longer than ${limitMs} ms and was cut off; make it simpler`));
  }
}

function failAll(message: string): Evaluation[] {
  return (current?.expressions ?? []).map(() => ({ ok: false, message, column: 1 }));
}

function finish(results: readonly Evaluation[]): void {
  clearTimeout(timer);
  const waiting = current;
  current = null;
  waiting?.resolve(results);
  next();
}

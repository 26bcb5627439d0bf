// Finds the lines that a pattern matches. Literal patterns run here; regular expressions come from models
// and may take forever on purpose, so they run in a thread that is ended when its time is over.
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { quoteLine } from './quote.ts';
import type { SourceFile } from './read-source.ts';
import { explainFault, SkillFault } from './skill.ts';

export interface LineMatch {
  readonly path: string;
  readonly line: number;
  readonly match: string;
}

export interface Pattern {
  readonly pattern: string;
  readonly regex: boolean;
  readonly caseSensitive: boolean;
}

const MATCH_TIMEOUT_MS = 3000;
const BATCH_CHARACTERS = 1_000_000;

/** One match a line at most, in the order of the files. Stops early once `limit` lines were found. */
export async function matchLines(
  files: readonly SourceFile[],
  pattern: Pattern,
  signal: AbortSignal,
  limit: number,
  timeoutMs: number = MATCH_TIMEOUT_MS,
): Promise<LineMatch[]> {
  if (pattern.pattern === '')
    throw new SkillFault('skills.bad-pattern', 'The pattern is empty; give what to look for.');
  return pattern.regex
    ? matchRegex(files, pattern, signal, limit, timeoutMs)
    : matchLiteral(files, pattern, signal, limit);
}

async function matchLiteral(
  files: readonly SourceFile[],
  pattern: Pattern,
  signal: AbortSignal,
  limit: number,
): Promise<LineMatch[]> {
  const wanted = pattern.caseSensitive ? pattern.pattern : pattern.pattern.toLowerCase();
  const found: LineMatch[] = [];
  for (const file of files) {
    signal.throwIfAborted();
    if (file.text.length > 100_000) await setImmediate();
    for (const [index, line] of file.lines.entries()) {
      const at = (pattern.caseSensitive ? line : line.toLowerCase()).indexOf(wanted);
      if (at < 0) continue;
      found.push({ path: file.path, line: index + 1, match: line.slice(at, at + wanted.length) });
      if (found.length >= limit) return found;
    }
  }
  return found;
}

async function matchRegex(
  files: readonly SourceFile[],
  pattern: Pattern,
  signal: AbortSignal,
  limit: number,
  timeoutMs: number,
): Promise<LineMatch[]> {
  const flags = compileFlags(pattern);
  const worker = new Worker(new URL('./match-worker.ts', import.meta.url), {
    workerData: { source: pattern.pattern, flags },
    resourceLimits: { maxOldGenerationSizeMb: 128 },
  });
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  try {
    const found: LineMatch[] = [];
    for (const batch of toBatches(files)) {
      const answers = await ask(worker, batch, deadline);
      for (const [index, hits] of answers.entries()) {
        const path = batch[index]?.path ?? '';
        for (const hit of hits) found.push({ path, ...hit });
      }
      if (found.length >= limit) break;
    }
    return found.slice(0, limit);
  } catch (error) {
    signal.throwIfAborted();
    if (!deadline.aborted) throw error;
    throw explainFault(
      'skills.timeout',
      `The regular expression \`${quoteLine(pattern.pattern, 80)}\` did not finish within ${timeoutMs} ms and was stopped. Avoid nested repetition such as \`(a+)+\`, narrow the glob, or search for literal text with \`regex: false\`.`,
      { cause: error },
    );
  } finally {
    await worker.terminate();
  }
}

function compileFlags(pattern: Pattern): string {
  const flags = pattern.caseSensitive ? '' : 'i';
  for (const candidate of [`u${flags}`, flags]) {
    try {
      // Only compiled here, to tell a wrong pattern from a slow one; it runs in the thread.
      new RegExp(pattern.pattern, candidate);
      return candidate;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      if (candidate !== flags) continue;
      throw explainFault(
        'skills.bad-pattern',
        `${error.message}. Correct the regular expression, or search for literal text with \`regex: false\`.`,
        { cause: error },
      );
    }
  }
  return flags;
}

function* toBatches(files: readonly SourceFile[]): Generator<SourceFile[]> {
  let batch: SourceFile[] = [];
  let characters = 0;
  for (const file of files) {
    batch.push(file);
    characters += file.text.length;
    if (characters < BATCH_CHARACTERS) continue;
    yield batch;
    batch = [];
    characters = 0;
  }
  if (batch.length > 0) yield batch;
}

type Hits = { readonly line: number; readonly match: string }[];

function ask(worker: Worker, batch: readonly SourceFile[], deadline: AbortSignal): Promise<Hits[]> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(deadline.reason);
    if (deadline.aborted) return stop();
    deadline.addEventListener('abort', stop, { once: true });
    const settle = (act: () => void) => {
      deadline.removeEventListener('abort', stop);
      worker.removeAllListeners();
      act();
    };
    worker.once('message', (answers: Hits[]) => settle(() => resolve(answers)));
    worker.once('error', (error) => settle(() => reject(error)));
    worker.postMessage(batch.map((file) => file.lines));
  });
}

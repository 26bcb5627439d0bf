// Runs one regular expression over texts in a thread of its own, so that one that takes forever can be
// ended by ending the thread. Loaded by `match-lines.ts` only.
import { parentPort, workerData } from 'node:worker_threads';

const MAX_LINE = 10_000;
const pattern = new RegExp(String(workerData.source), String(workerData.flags));

parentPort?.on('message', (texts: readonly (readonly string[])[]) => {
  const found = texts.map((lines) => {
    const hits: { line: number; match: string }[] = [];
    for (const [index, line] of lines.entries()) {
      const match = pattern.exec(line.length > MAX_LINE ? line.slice(0, MAX_LINE) : line);
      if (match !== null) hits.push({ line: index + 1, match: match[0] });
    }
    return hits;
  });
  parentPort?.postMessage(found);
});

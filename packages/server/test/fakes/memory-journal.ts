// Keeps a turn's journal in memory and counts its commits, for tests of the loop without a database.
import type { Journal, JournalChange, Step, TurnEnd } from '../../src/llm/journal.ts';

export interface MemoryJournal extends Journal {
  readonly steps: Step[];
  readonly commits: JournalChange[];
  readonly end: TurnEnd | null;
}

export function openMemoryJournal(steps: readonly Step[] = []): MemoryJournal {
  const kept = [...steps];
  const commits: JournalChange[] = [];
  return {
    steps: kept,
    commits,
    get end() {
      return commits.findLast((change) => change.end !== null)?.end ?? null;
    },
    async write(change) {
      commits.push(change);
      for (const step of [...change.intended, ...change.retaken, ...change.waiting, ...change.ended])
        kept[step.index] = step;
    },
  };
}

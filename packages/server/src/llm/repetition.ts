// Notices an agent that goes in circles: the same tool with the same arguments giving the same result.
// Pure: it counts over the journal, so that a turn that resumed counts on from where it was.
import type { Step, ToolStep } from './journal.ts';

export const notedAt = 3;
export const stoppedAt = 5;

export interface Repetition {
  readonly tool: string;
  readonly count: number;
}

/** The most repeated call among the latest ones, counted over the whole turn. */
export function findRepetition(steps: readonly Step[], latest: readonly ToolStep[]): Repetition | null {
  const counts = new Map<string, number>();
  for (const step of steps) {
    if (step.kind !== 'tool' || step.output === null) continue;
    const key = signatureOf(step);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  let most: Repetition | null = null;
  for (const step of latest) {
    const count = counts.get(signatureOf(step)) ?? 0;
    if (count > (most?.count ?? 1)) most = { tool: step.tool, count };
  }
  return most;
}

function signatureOf(step: ToolStep): string {
  return JSON.stringify([step.tool, sortKeys(step.input), step.output?.ok, step.output?.text]);
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => a.localeCompare(b, 'en'))
      .map(([key, item]) => [key, sortKeys(item)]),
  );
}

// What results and material offer to a later call: the files and addresses that they name, those of the
// most fitting result first. Only values are taken from them, never wishes.
import type { Evidence } from './filling.ts';
import { findPathInside } from './find-values.ts';
import type { ToolAnswer } from './read-prompt.ts';
import { overlapShare } from './score-words.ts';
import type { Material } from './separate-data.ts';
import type { Clause } from './split-clauses.ts';

const MAX_VALUES = 10;
const MAX_LINES = 400;

/** Null when there is nothing to take from yet. */
export function gatherEvidence(
  clause: Clause,
  answers: readonly ToolAnswer[],
  materials: readonly Material[],
): Evidence | null {
  const sources = [
    ...answers
      .filter((answer) => answer.ok)
      .map((answer) => ({
        label: `${answer.toolName} ${JSON.stringify(answer.args)}`,
        lines: answer.text.split('\n'),
        fresh: answer.round + 1,
      })),
    ...materials.map((material) => ({ label: material.label, lines: material.lines, fresh: 0 })),
  ];
  if (sources.length === 0) return null;
  // The latest results first: `it` means what was just spoken of; among them the one that fits the words.
  const ranked = sources
    .map((source, index) => ({
      ...source,
      index,
      fit: overlapShare(clause.text, `${source.label} ${source.lines.slice(0, 3).join(' ')}`),
    }))
    .toSorted((one, other) => other.fresh - one.fresh || other.fit - one.fit || one.index - other.index);
  const paths = new Set<string>();
  const urls = new Set<string>();
  for (const { lines } of ranked) {
    for (const line of lines.slice(0, MAX_LINES)) {
      const path = paths.size < MAX_VALUES ? findPathInside(line)?.path : undefined;
      if (path !== undefined) paths.add(path);
      const url = urls.size < MAX_VALUES ? /\bhttps?:\/\/[^\s<>"'`)\]]*[^\s<>"'`)\].,;:!?]/.exec(line)?.[0] : undefined;
      if (url !== undefined) urls.add(url);
    }
  }
  return { paths: [...paths], urls: [...urls], text: ranked[0]?.lines.join('\n') ?? '' };
}

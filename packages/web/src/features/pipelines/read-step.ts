// What of a run's outputs reads as a report.
import type { Json } from '@gathering/contract/json';
import type { Run } from '@gathering/contract/pipelines';
import { fieldOf } from '../../lib/read-step.ts';

/** The text by which an output reads as a report: its own `text`, or itself. */
export function reportOf(output: Json): string | null {
  const text = typeof output === 'string' ? output : fieldOf(output, 'text');
  return typeof text === 'string' && text.trim() !== '' ? text : null;
}

/** The outputs of the last nodes that read as text, joined. Null: none does. */
export function reportOfRun({ output }: Pick<Run, 'output'>): string | null {
  if (output === null || typeof output !== 'object' || Array.isArray(output)) return reportOf(output);
  const texts = Object.values(output).flatMap((one) => reportOf(one) ?? []);
  return texts.length === 0 ? null : texts.join('\n\n---\n\n');
}

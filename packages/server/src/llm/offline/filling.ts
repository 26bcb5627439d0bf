// What the filling of one call's arguments reads, and what it keeps while it goes from property to property.
import type { Value } from './find-values.ts';
import type { WeightedWords } from './score-words.ts';

/** What earlier results offer to a call that speaks of them (`read that file`). */
export interface Evidence {
  /** Files named by the results, the most fitting first. */
  readonly paths: readonly string[];
  readonly urls: readonly string[];
  /** Text of the last result or of the task's material. */
  readonly text: string;
}

export interface ArgumentSource {
  readonly clause: string;
  readonly sentence: string;
  /** The caller demands a call: a text that is needed may be the clause's own words. */
  readonly forced: boolean;
  /** Words of the tool: what they explain is not what is searched for. */
  readonly toolWords: WeightedWords;
  /** Null: nothing was returned yet. */
  readonly evidence: Evidence | null;
  /** Which of the evidence's values to take, for a clause that means several. */
  readonly pick: number;
  /** Values of the whole task, for what the clause itself does not name. */
  readonly taskValues: readonly Value[];
}

/** The state of filling one call: each value of the text is used once. */
export interface Filling extends ArgumentSource {
  readonly values: Value[];
  readonly sentenceValues: Value[];
  readonly used: Set<string>;
  readonly required: boolean;
  tookEvidence: boolean;
}

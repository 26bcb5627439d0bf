// How well a clause fits a document of weighted words (a tool, a property, a line). Words that few of
// the offered documents share weigh more, as in classic retrieval (inverse document frequency).
import { isStopWord, joinedPairs, meaningfulStems, similarStems, splitName, stemWord } from './split-words.ts';

/** A stem and how much its place counts: a word of a name says more than one of a description. */
export type WeightedWords = ReadonlyMap<string, number>;

interface WordField {
  readonly text: string;
  readonly weight: number;
}

const SIMILAR_WEIGHT = 0.5;

export function weighWords(fields: readonly WordField[]): WeightedWords {
  const weights = new Map<string, number>();
  const raise = (stem: string, weight: number) => {
    if ((weights.get(stem) ?? 0) < weight) weights.set(stem, weight);
  };
  for (const field of fields) {
    const stems = meaningfulStems(field.text);
    for (const stem of stems) raise(stem, field.weight);
    for (const pair of joinedPairs(stems)) raise(pair, field.weight * 0.8);
  }
  return weights;
}

export type Rarity = (stem: string) => number;

/** Rarity of a word among the documents: about 0.7 when all have it, more the fewer have it. */
export function measureRarity(documents: readonly WeightedWords[]): Rarity {
  const counts = new Map<string, number>();
  for (const document of documents) {
    for (const stem of document.keys()) counts.set(stem, (counts.get(stem) ?? 0) + 1);
  }
  return (stem) => Math.log(1 + documents.length / (counts.get(stem) ?? 0.5));
}

export interface ClauseWords {
  /** Stems that carry meaning, each once. */
  readonly stems: readonly string[];
  /** Neighbouring stems joined; they add to a score when met and cost nothing when not. */
  readonly pairs: readonly string[];
  /** Both, to be looked up in. */
  readonly all: ReadonlySet<string>;
}

const clauses = new Map<string, ClauseWords>();
const MAX_CLAUSES = 5_000;

export function readClauseWords(text: string): ClauseWords {
  const known = clauses.get(text);
  if (known !== undefined) return known;
  const stems = meaningfulStems(text);
  if (splitName(text).includes('who')) stems.push('who');
  const pairs = joinedPairs(stems);
  const words = { stems: [...new Set(stems)], pairs: [...new Set(pairs)], all: new Set([...stems, ...pairs]) };
  if (clauses.size >= MAX_CLAUSES) clauses.clear();
  clauses.set(text, words);
  return words;
}

interface Fit {
  /** Sum of rarity times weight over the words met. */
  readonly score: number;
  /** Share of the clause's meaning that the document knows, 0 to 1. */
  readonly coverage: number;
  readonly met: readonly string[];
}

/** How well a clause fits a document. Words that mean the same count half. */
export function scoreFit(clause: Pick<ClauseWords, 'stems' | 'pairs'>, document: WeightedWords, rarity: Rarity): Fit {
  let score = 0;
  let known = 0;
  let all = 0;
  const met: string[] = [];
  for (const stem of clause.stems) {
    const [weight, rare, share] = meet(stem, document, rarity);
    all += share === 0 ? rarity(stem) : rare;
    if (share === 0) continue;
    met.push(stem);
    score += weight * rare * share;
    known += rare * share;
  }
  for (const pair of clause.pairs) {
    const weight = document.get(pair);
    if (weight === undefined) continue;
    score += weight * rarity(pair);
    met.push(pair);
  }
  return { score, coverage: all === 0 ? 0 : known / all, met };
}

function meet(stem: string, document: WeightedWords, rarity: Rarity): [weight: number, rarity: number, share: number] {
  const exact = document.get(stem);
  if (exact !== undefined) return [exact, rarity(stem), 1];
  let best: [number, number, number] = [0, 0, 0];
  for (const similar of similarStems(stem)) {
    const weight = document.get(similar);
    if (weight === undefined) continue;
    const rare = rarity(similar);
    if (weight * rare > best[0] * best[1]) best = [weight, rare, SIMILAR_WEIGHT];
  }
  return best;
}

/** Overlap of two short texts, 0 to 1 of the first one's words; similar words count half. */
export function overlapShare(text: string, other: string): number {
  const stems = readClauseWords(text).stems;
  if (stems.length === 0) return 0;
  const otherStems = readClauseWords(other).all;
  let met = 0;
  for (const stem of stems) {
    if (otherStems.has(stem)) met += 1;
    else if (similarStems(stem).some((similar) => otherStems.has(similar))) met += SIMILAR_WEIGHT;
  }
  return met / stems.length;
}

/** The words of a text that a document does not explain: what a search is for, rather than how. */
export function unexplainedWords(text: string, document: WeightedWords): string[] {
  return text
    .split(/[^\p{L}\p{N}_-]+/u)
    .filter((word) => word.length > 2 && !isStopWord(word))
    .filter((word) => {
      const stem = stemWord(word.toLowerCase());
      return !document.has(stem) && !similarStems(stem).some((similar) => document.has(similar));
    });
}

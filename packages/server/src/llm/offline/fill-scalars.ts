// Choices, flags and numbers of a call by the words that stand beside them in the clause.
import type { Schema } from './check-schema.ts';
import { explainMember, type Property } from './describe-property.ts';
import type { Filling } from './filling.ts';
import type { Value } from './find-values.ts';
import { measureRarity, readClauseWords, scoreFit, weighWords } from './score-words.ts';
import { meaningfulStems, similarStems, splitName, stemWord } from './split-words.ts';
import { openingVerb } from './verbs.ts';

/** `longer than 80 lines`: a measure, not what is asked for. */
const QUANTITY =
  /(?:\b\w+er\s+than|\b(?:more|less)\s+than|\bat\s+(?:least|most)|\bover|\bunder|\bup\s+to)?\s*(?<![\w.-])\d[\d,.]*\s*[a-z]*/gi;

/** Members that the clause speaks of, best first; empty when it speaks of none. */
export function fillChoice(property: Property, members: readonly unknown[], clause: string): unknown[] {
  // What stands in brackets explains; it only decides when the rest does not.
  const outside = clause.replace(/\([^()]*\)/g, ' ');
  const chosen = outside === clause ? [] : chooseMembers(property, members, outside, 2);
  return chosen.length > 0 ? chosen : chooseMembers(property, members, clause, 0.9);
}

function chooseMembers(property: Property, members: readonly unknown[], clause: string, least: number): unknown[] {
  const explained = members.map((member) => explainMember(member, members, property.description));
  const names = members.map((member) => weighWords([{ text: String(member), weight: 3 }]));
  const told = explained.map((text, index) =>
    weighWords([{ text: text.slice(String(members[index]).length), weight: 1 }]),
  );
  const rarity = measureRarity(explained.map((text) => weighWords([{ text, weight: 1 }])));
  const words = readClauseWords(wordsAboutMembers(members, clause));
  const unit = Math.log(1 + members.length);
  const grouped = groupedBy(clause);
  return members
    .map((member, index) => {
      const named = scoreFit(words, names[index] ?? new Map(), rarity);
      // One word of a long name says less than the whole of a short one.
      const share = Math.min(1, named.met.length / Math.max(1, meaningfulStems(String(member)).length));
      const fit =
        (named.score * share + scoreFit(words, told[index] ?? new Map(), rarity).score) / unit +
        (grouped.has(stemWord(String(member).toLowerCase())) ? 2 : 0);
      return { member, index, fit };
    })
    .filter(({ fit }) => fit >= least)
    .toSorted((one, other) => other.fit - one.fit || one.index - other.index)
    .filter(({ fit }, _index, all) => fit >= (all[0]?.fit ?? 0) * 0.5)
    .map(({ member }) => member);
}

/** `by file`, `per author`: what a sum is grouped by is said outright. */
function groupedBy(clause: string): ReadonlySet<string> {
  const words = [...clause.matchAll(/\b(?:by|per)\s+(?:the\s+|their\s+|its\s+)?([a-z]+)/gi)];
  return new Set(words.map((match) => stemWord((match[1] ?? '').toLowerCase())));
}

/** `List the newest` says nothing about which member explains itself as a list of something. */
function wordsAboutMembers(members: readonly unknown[], clause: string): string {
  // A word right before a quoted value says what the value is: `of the path "a/b"`.
  const named = clause.replace(/\b[\w-]+\s+(?=`[^`]+`|"[^"]+")/g, ' ');
  const asked = named.replace(QUANTITY, ' ').replace(/(?<=\w\W.*)\bwith\s+(?:the|their|its|a|how)\b.*$/i, ' ');
  const verb = openingVerb(asked);
  if (verb === null || members.some((member) => splitName(String(member)).map(stemWord).includes(stemWord(verb))))
    return asked;
  return asked.replace(new RegExp(`^.*?\\b${verb}\\b`, 'i'), '');
}

const NEGATIONS = new Set(['no', 'not', 'without', 'exclude', 'skip', 'ignore', 'except', 'omit']);
const SWITCH_WORDS = new Set([
  'include',
  'with',
  'show',
  'use',
  'is',
  'only',
  'allow',
  'enable',
  'as',
  'has',
  'list',
  'add',
  'in',
]);

/** True or false when the clause names what the flag is about, else undefined. */
export function fillFlag(property: Property, clause: string): boolean | undefined {
  const about = splitName(property.name)
    .filter((word) => !SWITCH_WORDS.has(word))
    .map(stemWord);
  if (about.length === 0) return undefined;
  const words = splitName(clause);
  const stems = words.map(stemWord);
  const joined = new Set([...stems, ...stems.map((stem, index) => `${stem}${stems[index + 1] ?? ''}`)]);
  const named = about.every((stem) => joined.has(stem)) || joined.has(about.join(''));
  if (!named) return undefined;
  const at = stems.findIndex((stem) => about.some((word) => stem.startsWith(word) || word.startsWith(stem)));
  return !words.slice(Math.max(0, at - 3), at).some((word) => NEGATIONS.has(word));
}

const LEAST_WORDS = new Set(['min', 'minimum', 'least']);
const MORE_THAN = new Set([
  'long',
  'larg',
  'than',
  'over',
  'above',
  'more',
  'least',
  'exceed',
  'minimum',
  'big',
  'old',
]);
const LIMIT_BEFORE = new Set(
  ['top', 'first', 'last', 'latest', 'recent', 'limit', 'most', 'maximum', 'best'].map(stemWord),
);
const LIMIT_AFTER = new Set(
  [
    'most',
    'largest',
    'biggest',
    'latest',
    'newest',
    'longest',
    'hottest',
    'results',
    'entries',
    'items',
    'last',
    'recent',
    'top',
  ].map(stemWord),
);

export function fillNumber(property: Property, schema: Schema, filling: Filling): number | undefined {
  const numbers = filling.values.filter((value) => value.kind === 'number' && !filling.used.has(value.text));
  let best: { value: Value; fit: number } | null = null;
  for (const value of numbers) {
    const fit = fitNumber(property, value);
    if (fit > (best?.fit ?? 0)) best = { value, fit };
  }
  const first = numbers[0];
  if (best === null && filling.required && first !== undefined) best = { value: first, fit: 0 };
  if (best === null) return undefined;
  filling.used.add(best.value.text);
  return clampNumber(Number(best.value.text.replaceAll(',', '')), schema);
}

function fitNumber(property: Property, value: Value): number {
  const near = [...value.before.slice(0, 3), ...value.after.slice(0, 2)];
  const name = property.nameStems.filter((stem) => stem !== 'max' && stem !== 'min');
  let fit = 0;
  for (const stem of near) {
    if (name.includes(stem)) fit += 3;
    else if (name.some((word) => similarStems(word).includes(stem))) fit += 1.5;
  }
  const isLimit = property.role === 'limit' || name.some((word) => ['limit', 'top', 'count'].includes(word));
  const bounded =
    LIMIT_BEFORE.has(value.before[0] ?? '') || value.after.slice(0, 2).some((stem) => LIMIT_AFTER.has(stem));
  if (isLimit && bounded) fit += 3;
  // `longer than 80 lines` is a least value: a greatest one must not take it.
  const compared = value.before.slice(0, 3).some((stem) => MORE_THAN.has(stem));
  if (fit > 0 && compared && property.nameStems.some((stem) => LEAST_WORDS.has(stem))) fit += 1;
  if (compared && isLimit && !bounded) fit -= 3;
  const told = meaningfulStems(property.description);
  if (fit > 0 && near.some((stem) => told.includes(stem))) fit += 0.5;
  return fit;
}

export function clampNumber(number: number, schema: Schema): number {
  let value = schema.type === 'integer' ? Math.round(number) : number;
  if (typeof schema.minimum === 'number') value = Math.max(value, schema.minimum);
  if (typeof schema.maximum === 'number') value = Math.min(value, schema.maximum);
  if (typeof schema.exclusiveMinimum === 'number' && value <= schema.exclusiveMinimum)
    value = schema.exclusiveMinimum + 1;
  if (typeof schema.exclusiveMaximum === 'number' && value >= schema.exclusiveMaximum)
    value = schema.exclusiveMaximum - 1;
  return value;
}

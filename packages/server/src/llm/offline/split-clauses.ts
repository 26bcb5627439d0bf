// A request as single wishes: sentences, list items, and the parts that commas and `and` join.
// A part without a verb inherits the one before it: `find A, B and C` asks for three findings.
import { meaningfulStems } from './split-words.ts';
import { isForbidding, openingVerb, speaksOfAnswer } from './verbs.ts';

export interface Clause {
  readonly text: string;
  /** The sentence that the clause is a part of. */
  readonly sentence: string;
  /** The clause's own verb or the inherited one. */
  readonly verb: string | null;
  /** It speaks of how to answer rather than of work. */
  readonly aboutAnswer: boolean;
}

const MAX_CLAUSES = 60;

export function splitClauses(lines: readonly string[]): Clause[] {
  const clauses: Clause[] = [];
  for (const sentence of splitSentences(joinWrapped(dropIntroductions(lines)).join('\n'))) {
    if (isForbidding(sentence)) continue;
    addParts(sentence, clauses);
    if (clauses.length >= MAX_CLAUSES) break;
  }
  return clauses.slice(0, MAX_CLAUSES);
}

const LISTED = /^\s*(?:[-*+•]|\(?\d+[.)]|[a-z]\))\s+\S/;

/** `Study the notes:` above a list of steps says what the steps are for; they are the work. */
function dropIntroductions(lines: readonly string[]): readonly string[] {
  return lines.filter((line, index) => {
    if (!/:\s*$/.test(line) || LISTED.test(line)) return true;
    const next = lines.slice(index + 1).find((other) => other.trim() !== '') ?? '';
    const step = next.replace(/^\s*(?:[-*+•]|\(?\d+[.)]|[a-z]\))\s+/, '');
    return !(LISTED.test(next) && openingVerb(step) !== null);
  });
}

/** A line that goes on with a small letter is the rest of a sentence that was wrapped. */
function joinWrapped(lines: readonly string[]): readonly string[] {
  const joined: string[] = [];
  for (const line of lines) {
    const last = joined.at(-1);
    const goesOn = last !== undefined && /[\p{L}\p{N},)`"]\s*$/u.test(last) && /^\s*[\p{Ll}`"(]/u.test(line);
    if (goesOn && last.trim().length > 40 && !LISTED.test(line))
      joined[joined.length - 1] = `${last.trimEnd()} ${line.trim()}`;
    else joined.push(line);
  }
  return joined;
}

function addParts(sentence: string, clauses: Clause[]): void {
  let verb: string | null = null;
  const tellsForm = FORM.test(sentence);
  for (const part of splitParts(sentence)) {
    if (isForbidding(part)) continue;
    const own = openingVerb(part);
    if (own === null && meaningfulStems(part).length === 0) continue;
    verb = own ?? verb;
    // `say who` asks a question; only `say it briefly` is about the answer.
    const asks = /^(?:and\s+)?(?:\w+\s+)?(?:who|what|when|where|which|how)\b/i.test(part);
    const aboutAnswer = tellsForm || (verb !== null && speaksOfAnswer(verb) && !asks);
    // A question has a verb of its own that says nothing of work: it inherits none.
    const inherited = own === null && /^(?:who|what|when|where|which|how|why)\b/i.test(part) ? null : verb;
    clauses.push({ text: part, sentence, verb: inherited, aboutAnswer });
  }
}

/** How the answer shall look: `give every finding one line`, `the summary is short`. */
const FORM =
  /^(?:please\s+)?(?:give|tell|name|mark|put|show|list|let)\s+(?:each|every|all|any|no|none|one)\b(?:\s+\w+){0,3}\s+(?:finding|fact|claim|statement|item|one line|place)s?\b|^(?:the|your|each|every)\s+(?:summary|report|answer|document|text|finding|heading|list|table|line|section)s?\s+(?:is|are|shall|should|must|has|have|begins?|ends?|holds?|comes?|tells?|needs?)\b/i;

/** Quoted spans and addresses are put aside while splitting, so that a dot inside never ends a sentence. */
export function splitSentences(text: string): string[] {
  // A list's number is no sentence.
  const plain = text.replace(/^[ \t]*(?:[-*+•]|\(?\d+[.)]|[a-z]\))[ \t]+/gm, '');
  const { masked, restore } = maskQuoted(plain);
  return masked
    .split(/\n+|;\s+|(?<=[.!?])\s+(?=[\p{Lu}\p{N}\uE000"'(])|,?\s+(?:and\s+)?then\s+|,?\s+after\s+that,?\s+/u)
    .map((part) =>
      restore(part)
        .replace(/^\s*(?:and\s+)?then\s+/i, '')
        .trim(),
    )
    .filter((part) => part !== '');
}

function splitParts(sentence: string): string[] {
  const { masked, restore } = maskQuoted(sentence);
  const paired = /\b(?:between|compare|both|differences?|diff)\b/i.test(masked);
  const separator = paired
    ? /,\s+(?:and\s+)?(?=[a-z])/
    : /[,:]\s+(?:and\s+|or\s+)?|\s+(?:and|as well as|plus)\s+|\s+[-–—]+\s+/;
  const parts: string[] = [];
  for (const part of masked.split(separator)) {
    const text = restore(part)
      .trim()
      .replace(/[.!]+$/, '');
    // `with their dates` says more of what stands before it; it is no wish of its own.
    if (ADDITION.test(text) && parts.length > 0) parts.push(`${parts.pop()}, ${text}`);
    else if (text !== '') parts.push(text);
  }
  return parts;
}

const ADDITION =
  /^(?:all (?:\w+ )?(?:at once|together)|(?:\w+ )?(?:line|one) by (?:line|one)|unchanged|(?:sorted|ordered|ranked|grouped) by|(?:the )?(?:latest|last|first|newest|top) \d+|in (?:this|that|their) order|\w+ first|with|including|such as|like|for example|whose|that|which (?:are|is|have|has)|if any|newest|oldest|largest first)\b/i;

function maskQuoted(text: string): { masked: string; restore: (part: string) => string } {
  const kept: string[] = [];
  const masked = text
    .replace(/[\uE000\uE001]/g, ' ')
    .replace(
      /`[^`\n]+`|"[^"\n]+"|“[^”\n]+”|\([^()\n]*\)|\b[a-z][a-z0-9+.-]{1,20}:\/\/\S*[^\s.,;:!?)]|\b(?:e\.g|i\.e|etc|vs|approx)\./gi,
      (span) => {
        kept.push(span);
        return `\uE000${kept.length - 1}\uE001`;
      },
    );
  // A place may hold another: an address within brackets.
  const restore = (part: string): string => {
    const restored = part.replace(/\uE000(\d+)\uE001/g, (_all, index: string) => kept[Number(index)] ?? '');
    return restored.includes('\uE000') ? restore(restored) : restored;
  };
  return { masked, restore };
}

// One number of a JSON answer: a line's number, the number that stands next to words of what is asked, or how
// many findings speak of it. Never a number that no line holds.
import { allowsNull, type Schema } from './check-schema.ts';
import type { Property } from './describe-property.ts';
import type { Fact, Facts } from './facts.ts';
import { clampNumber } from './fill-scalars.ts';
import { findPathInside, readCitation } from './find-values.ts';
import { overlapShare } from './score-words.ts';
import { isStopWord, splitName, stemWord } from './split-words.ts';

const COUNTING = new Set(['count', 'number', 'total', 'findings', 'many'].map(stemWord));

/** Null when nothing speaks of it. */
export function fillAmount(property: Property, schema: Schema, facts: Facts): number | null {
  const single = facts.lines.length === 1 ? facts.lines[0] : undefined;
  if (property.role === 'line' && single) {
    const line = findPathInside(single.text)?.line;
    if (line != null) return clampNumber(line, schema);
  }
  const found = findAmount(property, facts) ?? countSpoken(property, facts);
  return found === null ? null : clampNumber(found, schema);
}

/** What stands where nothing was found: null where it may, else the least that the schema allows. */
export function emptyAmount(property: Property, schema: Schema): number | null {
  if (allowsNull(schema)) return null;
  return typeof schema.default === 'number' ? schema.default : clampNumber(property.role === 'line' ? 1 : 0, schema);
}

/** The first number that stands next to words of the property's name, one with a source before one without. */
function findAmount(property: Property, facts: Facts): number | null {
  const wanted = property.nameStems.filter((stem) => !COUNTING.has(stem) && stem.length > 1 && !isStopWord(stem));
  if (wanted.length === 0) return null;
  const asked = `${splitName(property.name).join(' ')} ${property.description}`;
  // What is said of one file stands in a line that names it, not in a sum over all.
  const sourced = /\bfile\b/i.test(asked) ? facts.lines.filter(({ text }) => readCitation(text) !== null) : [];
  const lines = sourced.length > 0 ? sourced : facts.lines;
  const isTotal = /\b(?:total|all|overall|altogether)\b/i.test(asked);
  let best: { number: number; fit: number } | null = null;
  for (const fact of lines.slice(0, 400)) {
    const bonus = weighLine(property, fact, isTotal);
    for (const { number, near } of readAmounts(readCitation(fact.text)?.rest ?? fact.text)) {
      const met = wanted.filter((stem) => near.includes(stem)).length;
      const fit = met === 0 ? 0 : met / wanted.length + bonus;
      if (fit > (best?.fit ?? 0.3)) best = { number, fit };
    }
  }
  return best?.number ?? null;
}

/** A sentence tells of the whole, an item of one. */
function weighLine(property: Property, { text, label, isSentence }: Fact, isTotal: boolean): number {
  const spoken = 0.2 * overlapShare(property.description || property.name, `${label} ${text}`);
  const whole = isSentence === true && !isTotal ? 0.3 : 0;
  return spoken - whole + (readCitation(text) === null ? 0 : 0.2);
}

function readAmounts(text: string): { number: number; near: string[] }[] {
  return [...text.slice(0, 2_000).matchAll(/(?<![\w.:/-])-?\d[\d,]*(?:\.\d+)?(?![\w.]*\/|[-:]\d|\w)/g)].flatMap(
    (match) => {
      const number = Number(match[0].replaceAll(',', ''));
      const end = match.index + match[0].length;
      const near = splitName(`${text.slice(Math.max(0, match.index - 30), match.index)} ${text.slice(end, end + 25)}`);
      return Number.isFinite(number) ? [{ number, near: near.map(stemWord) }] : [];
    },
  );
}

function countSpoken(property: Property, facts: Facts): number | null {
  if (
    !property.nameStems.some((stem) => COUNTING.has(stem)) &&
    !/\b(?:number of|how many|count)\b/i.test(property.description)
  )
    return null;
  if (facts.lines.length === 0) return null;
  const cited = facts.lines.filter(({ text }) => readCitation(text) !== null);
  const about = property.nameStems.filter((stem) => !COUNTING.has(stem)).join(' ');
  if (about === '') return cited.length;
  return cited.filter(({ text, label }) => overlapShare(about, `${label} ${text}`) > 0).length;
}

// JSON that satisfies a schema, filled from extracts: texts and numbers are taken from lines that speak
// of the property, lists from findings. Where nothing fits, the emptiest value that the schema allows.
import {
  allowsNull,
  propertiesOf,
  requiredNames,
  type Schema,
  satisfiesSchema,
  simplifySchema,
  typeOfSchema,
} from './check-schema.ts';
import { describeProperty, explainMember, type Property } from './describe-property.ts';
import type { Fact, Facts } from './facts.ts';
import { emptyAmount, fillAmount } from './fill-amount.ts';
import { fillText } from './fill-text.ts';
import { findPathInside, readCitation } from './find-values.ts';
import { overlapShare } from './score-words.ts';
import { splitName } from './split-words.ts';

const MAX_ITEMS = 200;
const MAX_DEPTH = 8;

export function fillSchema(schema: Schema, facts: Facts): unknown {
  const filled = fillValue(describeProperty('', schema), schema, schema, facts, 0);
  if (filled !== undefined && satisfiesSchema(filled, schema)) return filled;
  const bare = fillValue(describeProperty('', schema), schema, schema, { lines: [], report: '' }, 0);
  return satisfiesSchema(bare, schema) ? bare : (filled ?? bare ?? null);
}

/** `needed` is false for optional properties: those stay away rather than hold a value that nothing speaks for. */
function fillValue(
  property: Property,
  raw: unknown,
  root: Schema,
  facts: Facts,
  depth: number,
  needed = true,
): unknown {
  const schema = simplifySchema(raw, root);
  if (schema.const !== undefined) return schema.const;
  if (Array.isArray(schema.enum))
    return chooseMember(property, schema, facts) ?? (needed ? firstMember(schema) : undefined);
  switch (typeOfSchema(schema)) {
    case 'object':
      return depth > MAX_DEPTH ? {} : fillRecord(schema, root, facts, depth);
    case 'array':
      return depth > MAX_DEPTH ? [] : fillItems(asList(property), schema, root, facts, depth);
    case 'boolean':
      return tellTruth(property, facts) ?? (needed ? emptyFlag(schema) : undefined);
    case 'integer':
    case 'number':
      return fillAmount(property, schema, facts) ?? (needed ? emptyAmount(property, schema) : undefined);
    case 'null':
      return null;
    default:
      return fillText(property, schema, facts) ?? (allowsNull(schema) ? null : emptyText(schema));
  }
}

/** What a description says of a list is not what one item of it is. */
function asList(property: Property): Property {
  return { ...property, role: describeProperty(property.name, {}).role };
}

function fillRecord(schema: Schema, root: Schema, facts: Facts, depth: number): Record<string, unknown> {
  const required = requiredNames(schema);
  const record: Record<string, unknown> = {};
  for (const [name, raw] of propertiesOf(schema)) {
    const member = simplifySchema(raw, root);
    const needed = required.includes(name);
    const value = fillValue(describeProperty(name, member), member, root, facts, depth + 1, needed);
    const isEmpty = value === '' || value === null || (depth > MAX_DEPTH - 2 && typeof value === 'object');
    if (value !== undefined && (needed || !isEmpty)) record[name] = value;
  }
  return record;
}

function fillItems(property: Property, schema: Schema, root: Schema, facts: Facts, depth: number): unknown[] {
  const items = simplifySchema(schema.items, root);
  const least = typeof schema.minItems === 'number' ? schema.minItems : 0;
  const most = Math.min(MAX_ITEMS, typeof schema.maxItems === 'number' ? schema.maxItems : MAX_ITEMS);
  const list: unknown[] = [];
  const known = new Set<string>();
  const add = (value: unknown) => {
    const key = JSON.stringify(value);
    if (
      list.length >= most ||
      value === undefined ||
      value === '' ||
      known.has(key) ||
      !satisfiesSchema(value, withDefinitions(items, root))
    )
      return;
    known.add(key);
    list.push(value);
  };
  const itemProperty = { ...describeProperty(property.name, items), role: property.role };
  for (const fact of linesFor(property, facts)) {
    if (list.length >= most) break;
    add(
      Array.isArray(items.enum) || typeOfSchema(items) === 'string'
        ? fillLine(itemProperty, items, fact)
        : fillValue(itemProperty, items, root, { lines: [fact], report: '' }, depth + 1),
    );
  }
  while (list.length < least)
    list.push(fillValue(itemProperty, items, root, { lines: [], report: '' }, depth + 1) ?? '');
  return list;
}

function withDefinitions(schema: Schema, root: Schema): Schema {
  const { $defs, definitions } = root;
  return {
    ...schema,
    ...($defs === undefined ? {} : { $defs }),
    ...(definitions === undefined ? {} : { definitions }),
  };
}

function fillLine(property: Property, schema: Schema, fact: Fact): unknown {
  if (Array.isArray(schema.enum)) return schema.enum.find((member) => overlapShare(String(member), fact.text) >= 0.5);
  if (property.role === 'path') return findPathInside(fact.text)?.path;
  const text = fact.text.trim();
  return typeof schema.maxLength === 'number' ? text.slice(0, schema.maxLength) : text;
}

/** The lines under the label that fits best; else findings with a source; without any, the lines as they are. */
function linesFor(property: Property, facts: Facts): readonly Fact[] {
  const name = splitName(property.name).join(' ');
  const asked = `${name} ${property.description}`;
  const items = facts.lines.filter((fact) => fact.isSentence !== true);
  const byLabel = linesUnderLabel(name, asked, items);
  if (byLabel.length > 0) return byLabel;
  const cited = items.filter(({ text }) => readCitation(text) !== null);
  const pool = cited.length > 0 ? cited : items;
  if (/\b(?:finding|result|item|fact|issue|problem|entr|list|line|file|path|note|remark)/i.test(asked)) return pool;
  const byText = pool.filter(({ text }) => overlapShare(name, text) >= 0.5);
  return byText.length > 0 ? byText : pool;
}

function linesUnderLabel(name: string, asked: string, items: readonly Fact[]): readonly Fact[] {
  const fits = new Map<string, number>();
  for (const { label } of items) {
    if (label === '' || fits.has(label)) continue;
    const share = overlapShare(name, label);
    fits.set(label, share < 0.5 ? 0 : share + 0.3 * overlapShare(asked, label));
  }
  const best = Math.max(0, ...fits.values());
  return best === 0 ? [] : items.filter(({ label }) => (fits.get(label) ?? 0) >= best - 0.05);
}

function chooseMember(property: Property, schema: Schema, facts: Facts): unknown {
  const members = Array.isArray(schema.enum) ? schema.enum : [];
  const words = facts.lines
    .slice(0, 200)
    .map(({ text }) => text)
    .join('\n');
  let best: { member: unknown; fit: number } | null = null;
  for (const member of members) {
    if (typeof member !== 'string') continue;
    const named = overlapShare(member, words);
    const fit = named > 0 ? named : overlapShare(explainMember(member, members, property.description), words) / 2;
    if (fit > 0 && fit > (best?.fit ?? 0.2)) best = { member, fit };
  }
  return best?.member;
}

function firstMember(schema: Schema): unknown {
  const members = Array.isArray(schema.enum) ? schema.enum : [];
  if (schema.default !== undefined) return schema.default;
  return members.includes(null) ? null : members[0];
}

function emptyFlag(schema: Schema): boolean | null {
  if (typeof schema.default === 'boolean') return schema.default;
  return allowsNull(schema) ? null : false;
}

/** True when lines speak of it, false when they deny it or count none; undefined when nothing speaks of it. */
function tellTruth(property: Property, facts: Facts): boolean | undefined {
  const name = splitName(property.name)
    .filter((word) => !['is', 'has', 'have', 'needs', 'need', 'should', 'are', 'can', 'was'].includes(word))
    .join(' ');
  const speaking = facts.lines.filter(({ text, label }) => overlapShare(name, `${label} ${text}`) >= 0.5);
  if (speaking.length === 0) return undefined;
  return speaking.some(({ text }) => !/\b(?:no|none|not|never|without|nothing|0|false|failed)\b/i.test(text));
}

function emptyText(schema: Schema): string {
  const least = typeof schema.minLength === 'number' ? schema.minLength : 0;
  if (schema.format === 'date') return '1970-01-01';
  if (schema.format === 'date-time') return '1970-01-01T00:00:00Z';
  const text = least === 0 ? '' : 'not found in the material';
  return text.length >= least ? text : text.padEnd(least, '.');
}

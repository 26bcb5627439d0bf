// Arguments for one call, taken from the wording of a clause, from what earlier calls returned, and from
// the schema's own defaults and examples. A required value that is found nowhere is never made up.
import {
  allowsNull,
  isRecord,
  propertiesOf,
  requiredNames,
  type Schema,
  satisfiesSchema,
  simplifySchema,
  typeOfSchema,
} from './check-schema.ts';
import { describeProperty, type Property } from './describe-property.ts';
import { fillChoice, fillFlag, fillNumber } from './fill-scalars.ts';
import { fillString } from './fill-string.ts';
import type { ArgumentSource, Filling } from './filling.ts';
import { findValues } from './find-values.ts';

type FilledArguments =
  | { readonly ok: true; readonly args: Readonly<Record<string, unknown>>; readonly fromEvidence: boolean }
  | { readonly ok: false; readonly missing: readonly string[]; readonly evidenceCouldHelp: boolean };

export function fillArguments(schema: Schema, source: ArgumentSource): FilledArguments {
  const filling: Filling = {
    ...source,
    values: findValues(source.clause),
    sentenceValues: findValues(source.sentence),
    used: new Set(),
    required: false,
    tookEvidence: false,
  };
  const { value, missing } = fillObject(simplifySchema(schema, schema), schema, filling);
  if (missing.length > 0)
    return { ok: false, missing, evidenceCouldHelp: missing.some((name) => couldComeFromEvidence(name, schema)) };
  const args = repair(value, schema);
  if (args === null) return { ok: false, missing: ['values that satisfy the schema'], evidenceCouldHelp: false };
  return { ok: true, args, fromEvidence: filling.tookEvidence };
}

/** Drops optional values that the schema refuses, one after the other, until the rest is valid. */
function repair(value: Record<string, unknown>, schema: Schema): Record<string, unknown> | null {
  if (satisfiesSchema(value, schema)) return value;
  const required = requiredNames(simplifySchema(schema, schema));
  const kept = { ...value };
  for (const name of Object.keys(value).reverse()) {
    if (required.includes(name)) continue;
    delete kept[name];
    if (satisfiesSchema(kept, schema)) return kept;
  }
  return null;
}

function couldComeFromEvidence(name: string, root: Schema): boolean {
  const property = propertiesOf(simplifySchema(root, root)).find(([known]) => known === name);
  const schema = simplifySchema(property?.[1], root);
  return (
    ['path', 'url', 'body'].includes(describeProperty(name, schema).role) &&
    ['string', 'array'].includes(typeOfSchema(schema))
  );
}

function fillObject(
  schema: Schema,
  root: Schema,
  filling: Filling,
): { value: Record<string, unknown>; missing: string[] } {
  const required = requiredNames(schema);
  const value: Record<string, unknown> = {};
  const missing: string[] = [];
  const ordered = propertiesOf(schema).toSorted(
    ([one], [other]) => Number(required.includes(other)) - Number(required.includes(one)),
  );
  for (const [name, raw] of ordered) {
    const member = simplifySchema(raw, root);
    const needed = required.includes(name);
    const state: Filling = { ...filling, required: needed, tookEvidence: false };
    const found = fillProperty(describeProperty(name, member), member, root, state);
    filling.tookEvidence ||= state.tookEvidence;
    if (found !== undefined) value[name] = found;
    else if (needed) {
      const fallback = fallbackOf(member);
      if (fallback === undefined) missing.push(name);
      else value[name] = fallback;
    }
  }
  return { value, missing };
}

function fallbackOf(schema: Schema): unknown {
  if (schema.default !== undefined) return schema.default;
  if (schema.const !== undefined) return schema.const;
  // An example text names a thing that may not exist here; an example number or flag is only a setting.
  const example: unknown = Array.isArray(schema.examples) ? schema.examples[0] : undefined;
  if (typeof example === 'number' || typeof example === 'boolean') return example;
  if (Array.isArray(schema.enum) && schema.enum.length > 0) return schema.enum[0];
  return allowsNull(schema) ? null : undefined;
}

function fillProperty(property: Property, schema: Schema, root: Schema, filling: Filling): unknown {
  if (schema.const !== undefined) return filling.required ? schema.const : undefined;
  if (Array.isArray(schema.enum)) return fillChoice(property, schema.enum, filling.clause)[0];
  switch (typeOfSchema(schema)) {
    case 'boolean':
      return fillFlag(property, filling.clause);
    case 'integer':
    case 'number':
      return fillNumber(property, schema, filling);
    case 'array':
      return fillList(property, schema, root, filling);
    case 'object': {
      const { value, missing } = fillObject(schema, root, filling);
      return missing.length > 0 || (Object.keys(value).length === 0 && !filling.required) ? undefined : value;
    }
    default:
      return fillString(property, schema, filling);
  }
}

const MAX_ITEMS = 20;

function fillList(property: Property, schema: Schema, root: Schema, filling: Filling): unknown {
  const items = simplifySchema(schema.items, root);
  const most = typeof schema.maxItems === 'number' ? Math.min(schema.maxItems, MAX_ITEMS) : MAX_ITEMS;
  const description = `${property.description} ${describeProperty('', items).description}`;
  if (Array.isArray(items.enum)) {
    const chosen = fillChoice({ ...property, description }, items.enum, filling.clause).slice(0, most);
    return chosen.length > 0 ? chosen : undefined;
  }
  const list: unknown[] = [];
  while (list.length < most) {
    const next = isRecord(items.properties) ? undefined : fillProperty(property, items, root, filling);
    if (next === undefined || list.includes(next)) break;
    list.push(next);
  }
  return list.length > 0 ? list : undefined;
}

// The input of a run against its trigger's JSON Schema, and the schemas of a definition by themselves. Schemas
// come from users: one that cannot be compiled or takes for ever is a fault, not a crash and not a standstill.
import { findSchemas, isWithinSchemaBounds } from '@gathering/contract/check-schemas';
import type { Fault } from '@gathering/contract/errors';
import type { Json } from '@gathering/contract/json';
import { checkSchema, checkValue } from '../../platform/schemas/check-value.ts';
import { isRecord } from '../../platform/schemas/show-value.ts';
import type { Misfit } from '../../platform/schemas/try-value.ts';
import type { LegibleDefinition } from './salvage-definition.ts';

/** An empty list: the input fits, or there is no schema. */
export async function checkInput(schema: Json | undefined, input: Json): Promise<Fault[]> {
  if (!isRecord(schema)) return [];
  const { unusable, misfits } = await checkValue(schema, input);
  if (unusable !== null)
    return [
      {
        at: '',
        in: 'definition',
        rule: 'schema',
        message: `The input cannot be checked against the trigger's schema: ${unusable}.`,
      },
    ];
  return misfits.map((misfit) => ({
    at: misfit.at,
    rule: misfit.rule,
    message: describeMisfit(misfit),
    got: misfit.got,
    in: 'input' as const,
  }));
}

/**
 * Faults of the JSON Schemas inside a definition: they must compile before a run depends on them. What the check of
 * the graph refuses for its size is not tried.
 */
export async function checkSchemas(definition: LegibleDefinition): Promise<Fault[]> {
  const found = findSchemas(definition).filter(({ schema }) => isWithinSchemaBounds(schema));
  // Each asked for on its own, so that one that is cut off leaves the others a verdict.
  const verdicts = await Promise.all(found.map(({ schema }) => checkSchema(schema)));
  return found.flatMap(({ nodeId, at }, place): Fault[] => {
    const unusable = verdicts[place]?.unusable ?? null;
    if (unusable === null) return [];
    const message = `Node "${nodeId}": this is no usable JSON Schema: ${unusable}.`;
    return [{ at, in: 'definition', rule: 'schema', message, nodeId }];
  });
}

function describeMisfit({ at, rule, reason, member, allowed }: Misfit): string {
  const place = at === '' ? '' : `at ${at} `;
  const isStranger = rule === 'additionalProperties' || rule === 'unevaluatedProperties';
  const stranger = member !== null && isStranger ? ` ("${member.name}")` : '';
  const choice = allowed === null ? '' : `: ${allowed.replace(/^\[|\]$/g, '')}`;
  return `The input ${place}${reason}${stranger}${choice}.`;
}

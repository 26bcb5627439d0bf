// A schema that is too large or too deep is refused by the graph's check, with its node and before it is compiled.
import { describe, expect, test } from 'vitest';
import { checkGraph } from './check-graph.ts';
import { findSchemas, isWithinSchemaBounds, maxSchemaCharacters, maxSchemaDepth } from './check-schemas.ts';
import type { Json } from './json.ts';
import type { PipelineDefinition } from './pipeline-definition.ts';

type JsonObject = { [key: string]: Json };

const nest = (levels: number): JsonObject => (levels === 0 ? {} : { not: nest(levels - 1) });
const choices = (characters: number): JsonObject => ({ enum: ['x'.repeat(characters - '{"enum":[""]}'.length)] });
const define = (input: JsonObject, outputSchema: JsonObject): PipelineDefinition => ({
  name: 'p',
  description: '',
  nodes: [
    { id: 'start', type: 'trigger', config: { input } },
    { id: 'asks', type: 'agent', config: { agentId: 'a', task: 'Go', outputSchema } },
  ],
  edges: [{ from: 'start', to: 'asks' }],
});
const rulesOf = (definition: PipelineDefinition) =>
  checkGraph(definition).map(({ rule, nodeId, at }) => [rule, nodeId, at]);

test('schemas at their limits are taken', () => {
  const definition = define(nest(maxSchemaDepth), choices(maxSchemaCharacters));
  expect(JSON.stringify(choices(maxSchemaCharacters))).toHaveLength(maxSchemaCharacters);
  expect(checkGraph(definition)).toEqual([]);
  expect(findSchemas(definition).every(({ schema }) => isWithinSchemaBounds(schema))).toBe(true);
});

describe('a schema above its limits', () => {
  test('is refused with its node and its place', () => {
    expect(rulesOf(define(nest(maxSchemaDepth + 1), choices(maxSchemaCharacters + 1)))).toEqual([
      ['schema-too-deep', 'start', '/nodes/0/config/input'],
      ['schema-too-large', 'asks', '/nodes/1/config/outputSchema'],
    ]);
  });

  test('is told with what it has and what it may have', () => {
    const [fault] = checkGraph(define({}, choices(maxSchemaCharacters + 1)));
    expect(fault?.message).toBe(
      `Node "asks": the JSON Schema has ${maxSchemaCharacters + 1} characters, the most are ${maxSchemaCharacters}; a long list of choices belongs into the task or the input.`,
    );
  });

  test('nested a million times is found without an end of the stack', () => {
    let deep: JsonObject = {};
    for (let level = 0; level < 1_000_000; level += 1) deep = { not: deep };
    expect(isWithinSchemaBounds(deep)).toBe(false);
  });
});

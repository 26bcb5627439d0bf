// JSON Schemas that are valid and would hold up or end whoever uses them unguarded, each with an answer of a model on
// which it does so.

interface HostileSchema {
  readonly name: string;
  readonly schema: { readonly [key: string]: unknown };
  readonly answer: string;
}

const endlessPattern = '^(([a-z0-9 .,:])+)+$';
export const longText = `${'a '.repeat(40)}!`;

const doubling = Object.fromEntries(
  Array.from({ length: 40 }, (_, level) => [
    `level${level}`,
    level === 39
      ? { type: 'object', properties: { text: { type: 'string' } } }
      : { anyOf: [{ $ref: `#/$defs/level${level + 1}` }, { $ref: `#/$defs/level${level + 1}` }] },
  ]),
);

export const hostileSchemas: readonly HostileSchema[] = [
  {
    name: 'a pattern that backtracks without end',
    schema: {
      type: 'object',
      required: ['text'],
      properties: { text: { type: 'string', pattern: endlessPattern } },
    },
    answer: JSON.stringify({ text: longText }),
  },
  {
    name: 'names of fields by such a pattern',
    schema: {
      type: 'object',
      required: [longText],
      properties: { [longText]: { type: 'string' } },
      patternProperties: { [endlessPattern]: { type: 'string' } },
    },
    answer: JSON.stringify({ [longText]: 'x' }),
  },
  {
    name: 'references that double with every level',
    schema: { $ref: '#/$defs/level0', $defs: doubling },
    answer: '5',
  },
];

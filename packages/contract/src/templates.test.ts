// Templates keep text as it is and types where they can, and are bounded however they are filled.
import { describe, expect, test } from 'vitest';
import { evaluateExpression } from './expressions.ts';
import {
  checkTemplate,
  expressionsIn,
  fillTemplates,
  maxExpressionsPerText,
  maxFilledSize,
  parseTemplate,
  TemplateTooLarge,
  textsOf,
} from './templates.ts';

const fill = (value: unknown, scope: Record<string, unknown>): unknown => {
  const values = new Map(
    expressionsIn(value).map((expression) => {
      const result = evaluateExpression(expression, scope);
      if (!result.ok) throw new Error(result.message);
      return [expression, result.value];
    }),
  );
  return fillTemplates(value, values);
};
const expressionsOf = (text: string) =>
  parseTemplate(text).parts.flatMap((part) => (part.kind === 'expression' ? [part.text] : []));

describe('parts', () => {
  test.each([
    ['plain', []],
    ['{{ a }}', [' a ']],
    ['x {{a}} y {{b}} z', ['a', 'b']],
    ['{{ {"a": {"b": 1}}.a }}', [' {"a": {"b": 1}}.a ']],
    ['{{ "}}" }}', [' "}}" ']],
    ["{{ '}}' + \"'\" }}", [" '}}' + \"'\" "]],
    ['{{ "\\"}}" }} {{b}}', [' "\\"}}" ', 'b']],
    ['{{ """a"b}}""" }}', [' """a"b}}""" ']],
    ["{{ '''it's }}''' }} {{b}}", [" '''it's }}''' ", 'b']],
    ['{{ "" }}{{ \'\' }}', [' "" ', " '' "]],
    ['{ {a} } }} {x}', []],
    ['{{{"a":1}}}', ['{"a":1}']],
    ['{{a\n+\nb}}', ['a\n+\nb']],
    ['{{ "a\\\\" }}', [' "a\\\\" ']],
  ])('%j holds %j', (text, expected) => {
    expect(expressionsOf(text)).toEqual(expected);
    expect(parseTemplate(text).fault).toBeNull();
  });

  test.each([
    ['{{', 1],
    ['a {{ b', 3],
    ['{{a}} {{ {"x": 1 }}', 7],
    ['{{ a }', 1],
  ])('%j is not closed, at column %i', (text, column) => {
    expect(checkTemplate(text).faults).toContainEqual({ message: '`{{` has no matching `}}`', column });
  });

  test('a quote that is not closed is a fault of the expression that it stands in', () => {
    const text = `{{ it's }} and\n{{ input.b }} and {{ foo }}`;
    expect(expressionsOf(text)).toEqual([" it's ", ' input.b ', ' foo ']);
    expect(checkTemplate(text).faults.map(({ column }) => column)).toEqual([6, 37]);
  });

  test('joined again, the parts are the text', () => {
    for (const text of ['a {{ b }} c', '{{a}}{{b}}', '', '{{ "}}" }}x{{ \'{{\' }}', '😀{{ "😀" }}😀']) {
      const { parts } = parseTemplate(text);
      expect(parts.map((part) => (part.kind === 'text' ? part.text : `{{${part.text}}}`)).join('')).toBe(text);
      for (const part of parts)
        if (part.kind === 'expression') expect(text.slice(part.start, part.start + part.text.length)).toBe(part.text);
    }
  });

  test('a text of many quotes and braces is read in one go', () => {
    const text = `${'{{"}}'.repeat(20_001)}${"{{'}}".repeat(20_001)}`;
    expect(expressionsOf(text).length).toBeGreaterThan(10_000);
    expect(parseTemplate('{'.repeat(200_000)).fault).not.toBeNull();
  });
});

describe('checking', () => {
  test('faults and nodes have their column in the whole text', () => {
    const { faults, nodeIds } = checkTemplate('Hi {{ nodes.a.output }}, {{ 1 + }} and {{ foo }}');
    expect(nodeIds).toEqual([{ id: 'a', column: 7 }]);
    expect(faults.map(({ column }) => column)).toEqual([33, 43]);
  });

  test('an empty expression is a fault', () => {
    expect(checkTemplate('{{}}').faults.map(({ column }) => column)).toEqual([3]);
  });

  test('a text has a bounded number of expressions', () => {
    expect(checkTemplate('{{1}}'.repeat(maxExpressionsPerText)).faults).toEqual([]);
    const { faults } = checkTemplate('{{1}}'.repeat(maxExpressionsPerText + 1));
    expect(faults).toEqual([
      { message: 'a text may hold 500 expressions, this one has 501', column: maxExpressionsPerText * 5 + 1 },
    ]);
  });
});

describe('filling', () => {
  test.each([1, 1.5, true, null, 'text', [1, 'a'], { a: { b: [] } }])('%j alone keeps its type', (value) => {
    expect(fill('{{ input }}', { input: value })).toEqual(value);
    expect(fill({ deep: ['{{input}}'] }, { input: value })).toEqual({ deep: [value] });
  });

  test('between other text values are text, and what is no text is JSON', () => {
    const scope = { input: { text: 'a "b"', number: 5, list: [1], nothing: null } };
    expect(fill('<{{ input.text }}>', scope)).toBe('<a "b">');
    expect(fill('{{ input.number }}{{ input.nothing }}', scope)).toBe('5null');
    expect(fill(' {{ input.number }}', scope)).toBe(' 5');
    expect(JSON.parse(String(fill('{{ input.list }}\n', scope)))).toEqual([1]);
  });

  test('what a value says is never read as a template again', () => {
    expect(fill('a {{ input }}', { input: '{{ nodes.secret }}' })).toBe('a {{ nodes.secret }}');
  });

  test('keys are left as they are, whatever they are called', () => {
    const value = JSON.parse('{"__proto__": "{{ 1 + 1 }}", "{{ 1 }}": {"constructor": "{{ 2 }}"}}');
    const filled = fill(value, {});
    expect(JSON.stringify(filled)).toBe('{"__proto__":2,"{{ 1 }}":{"constructor":2}}');
  });

  test('a value without templates is the same value', () => {
    const value = { a: [1, 'b', null, { c: true }], '': '}} {' };
    expect(fill(value, {})).toEqual(value);
    expect(expressionsIn(value)).toEqual([]);
  });

  test('an expression that stands in many places is found once', () => {
    expect(expressionsIn(['{{ a }} {{ b }}', { x: '{{ a }}' }])).toEqual([' a ', ' b ']);
  });

  test('a large value in many places is refused before it fills the memory', () => {
    const large = 'x'.repeat(1_000_000);
    const values = new Map<string, unknown>([['a', large]]);
    expect(fillTemplates('{{a}} {{a}}', values)).toHaveLength(2_000_001);
    expect(() => fillTemplates('{{a}}'.repeat(10_000), values)).toThrow(TemplateTooLarge);
    expect(() =>
      fillTemplates(
        Array.from({ length: 10_000 }, () => '{{a}}'),
        values,
      ),
    ).toThrow(String(maxFilledSize));
  });
});

test('every text of a value is found with its pointer', () => {
  const value = { 'a/b': ['x', { 'c~d': 'y' }], z: 1, '': 'w' };
  expect([...textsOf(value)]).toEqual([
    { text: 'x', pointer: '/a~1b/0' },
    { text: 'y', pointer: '/a~1b/1/c~0d' },
    { text: 'w', pointer: '/' },
  ]);
});

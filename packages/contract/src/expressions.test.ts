// Expressions say what they mean over JSON, name their faults by column, and none of them can do harm by its text.
import { describe, expect, test } from 'vitest';
import { checkExpression, evaluateExpression, maxExpressionLength, maxResultSize } from './expressions.ts';

const scope = {
  input: {
    count: 2,
    half: 1.5,
    list: [1, 2.5, 3],
    empty: [],
    map: { a: 1, b: 'x' },
    nothing: null,
    smile: '😀é',
    long: 'x'.repeat(100_000),
    constructor: 'own',
    at: '2026-01-01T00:00:00Z',
  },
  nodes: {
    first: { status: 'completed', output: { text: 'hello', score: 4 } },
    constructor: { status: 'completed', output: 5 },
    'a-b': { status: 'completed', output: null },
    // Written as JSON writes it, since a literal would set the prototype.
    ...JSON.parse('{"toString": {"output": 7}}'),
  },
  run: { id: 'r1' },
  project: {},
};
const resultOf = (text: string): unknown => {
  const result = evaluateExpression(text, scope);
  return result.ok ? result.value : `FAULT ${result.column}: ${result.message}`;
};
const faultsOf = (text: string) => checkExpression(text).faults.map(({ column, message }) => `${column}: ${message}`);

describe('values', () => {
  test.each([
    ['input.count + 1', 3],
    ['input.count * 1.5', 3],
    ['1.5 * input.count', 3],
    ['input.count - 0.5', 1.5],
    ['input.half / 3', 0.5],
    ['input.count % 1.5', 0.5],
    ['1 + 1.5', 2.5],
    ['7 / 2', 3],
    ['7 / 2.0', 3.5],
    ['-7 % 4', -3],
    ['size(input.list) * 0.5', 1.5],
    ['input.list.map(x, x * 2)', [2, 5, 6]],
    ['input.list.map(x, x > 1, x * 2.0)', [5, 6]],
    ['input.list[1] + input.list[0]', 3.5],
    ['input.count == 2.0', true],
    ['2 == 2.0', true],
    ['2.5 != 2', true],
    ['input.count < 2.5', true],
    ['input.half >= 1', true],
    ['2.5 in input.list', true],
    ['1 in input.list', true],
    ['1 in input.empty', false],
    ['input.half in input.empty', false],
  ])('%s mixes whole and broken numbers: %j', (text, expected) => {
    expect(faultsOf(text)).toEqual([]);
    expect(resultOf(text)).toEqual(expected);
  });

  test.each([
    ['nodes.first.output.text + "!"', 'hello!'],
    ['nodes["a-b"].output', null],
    ['has(input.nothing)', true],
    ['has(input.missing)', false],
    ['has(input.map.a) && input.map.a == 1', true],
    ['has(input.missing) && input.missing.deep == 1', false],
    ['input.map == {"b": "x", "a": 1}', true],
    ['input.map.map(key, key)', ['a', 'b']],
    ['input.list.filter(x, x > 1)', [2.5, 3]],
    ['input.list.exists(x, x == 2.5)', true],
    ['input.list.all(x, x > 0)', true],
    ['input.list.exists_one(x, x < 2)', true],
    ['"b" in input.map ? "yes" : "no"', 'yes'],
    ['input.smile + "ü"', '😀éü'],
    ['size(input.smile)', 2],
    ['"}}" + \'"\' + r"\\d"', '}}"\\d'],
    ['timestamp(input.at) + duration("90m")', '2026-01-01T01:30:00.000Z'],
    ['duration("90m")', '5400s'],
    ['[1, 2.5, "x", null, {"a": [true]}]', [1, 2.5, 'x', null, { a: [true] }]],
    ['uint(5)', 5],
    ['9007199254740991', 9007199254740991],
    ['9007199254740993', '9007199254740993'],
    ['int("12") + int(2.9)', 14],
    ['"a,b".split(",")', ['a', 'b']],
    ['input', scope.input],
    ['nodes.map(id, nodes[id].output)', [{ text: 'hello', score: 4 }, 5, null, 7]],
  ])('%s is %j', (text, expected) => {
    expect(faultsOf(text)).toEqual([]);
    expect(resultOf(text)).toEqual(expected);
  });

  test('names with a meaning in JavaScript are keys like others', () => {
    expect(resultOf('input.constructor')).toBe('own');
    expect(resultOf('nodes.constructor.output + nodes.toString.output')).toBe(12);
    expect(resultOf('has(input.toString) || has(input.valueOf) || has(input.__proto__)')).toBe(false);
    expect(resultOf('input["__proto__"]')).toBe('FAULT 1: No such key: __proto__');
    expect(resultOf('input.map.hasOwnProperty')).toBe('FAULT 11: No such key: hasOwnProperty');
  });

  test('text that no database can hold is made storable', () => {
    expect(resultOf('"a\\u0000b"')).toBe('a�b');
    expect(resultOf('input.smile.substring(0, 1)')).toBe('�');
  });
});

describe('faults', () => {
  test.each([
    ['', 1],
    ['   ', 4],
    ['1 +', 4],
    ['(1', 3],
    ['[1, 2', 6],
    ['"abc', 1],
    ["'it''s", 5],
    ['1 ? 2 : 3', 1],
    ['true ? 1 : "a"', 1],
    ['foo', 1],
    ['1 +\n\n foo', 7],
    ['😀', 1],
    ['"😀" + foo', 8],
    ['nodes.a-b', 9],
    ['"a" + 1', 1],
    ['has(1)', 5],
    ['input.?x', 7],
    ['size()', 1],
    ['nope(1)', 1],
    ['1 in 2', 1],
    ['a = 1', 3],
    ['input.a; input.b', 8],
  ])('%j is refused at column %i', (text, column) => {
    const [fault, ...others] = checkExpression(text).faults;
    expect(others).toEqual([]);
    expect(fault?.column).toBe(column);
    expect(fault?.message).not.toMatch(/undefined|EOF|dyn</);
  });

  test('an unknown name is told the names that exist', () => {
    expect(faultsOf('foo')).toEqual(['1: there is no value "foo"; an expression may use input, nodes, run, project']);
  });

  test.each([
    ['1 / 0', 'FAULT 1: division by zero'],
    ['input.count % 0', 'FAULT 1: modulo by zero'],
    ['9223372036854775807 + 1', 'FAULT 1: integer overflow: 9223372036854775808'],
    ['input.missing', 'FAULT 7: No such key: missing'],
    ['input.nothing.deep', 'FAULT 15: No such key: deep'],
    ['input.list[3]', 'FAULT 1: No such key: index out of bounds, index 3 >= size 3'],
    ['int("x")', 'FAULT 1: int() type error: cannot convert to int'],
    ['bytes("abc").json()', 'FAULT 1: Unexpected token \'a\', "abc" is not valid JSON'],
    ['timestamp(input.at).getHours("Nope/Zone")', 'FAULT 1: Invalid time zone specified: Nope/Zone'],
  ])('%s fails as a result, not as a crash', (text, expected) => {
    expect(resultOf(text)).toBe(expected);
  });

  test.each(['1.0 / 0.0', 'input.half / 0', '0.0 / 0.0', 'double("nan")'])('%s is no JSON number', (text) => {
    expect(resultOf(text)).toMatch(/^FAULT 1: the result is (NaN|Infinity), which is no JSON number/);
  });

  test.each(['b"abc"', 'type(1)', 'google', '[type(1)]', '{"a": b"x"}'])('%s is no JSON value', (text) => {
    expect(resultOf(text)).toMatch(/^FAULT 1: the result is no JSON value/);
  });

  test('a condition must be able to be a truth value', () => {
    expect(checkExpression('1 + 1', 'bool').faults).toEqual([
      { message: 'a condition must be true or false, this is a value of type int', column: 1 },
    ]);
    expect(checkExpression('input.flag', 'bool').faults).toEqual([]);
    expect(checkExpression('1 < 2', 'bool').faults).toEqual([]);
  });

  test.each([
    ['"a".matches("(a+)+$")', 1],
    ['[1].exists(x, "a".matches("b"))', 15],
    ['cel.bind(x, 1, x)', 1],
    ['{"a": 1, "__proto__": 2}', 1],
    ['{"constructor": 1}', 1],
  ])('%s is not offered', (text, column) => {
    expect(checkExpression(text).faults[0]?.column).toBe(column);
  });

  test('several things that are not offered are all named in their order', () => {
    const { faults } = checkExpression('"a".matches("b") || "c".matches("d") || cel.bind(x, true, x)');
    expect(faults.map(({ column }) => column)).toEqual([1, 21, 41]);
  });
});

describe('nodes that an expression reads', () => {
  test('they are found in every way of writing them, with their columns', () => {
    const text = 'nodes.a.output + nodes["b-c"].output + [1].map(x, nodes.d.output)[0] + (has(nodes.e.output) ? 1 : 0)';
    expect(checkExpression(text).nodeIds).toEqual([
      { id: 'a', column: 1 },
      { id: 'b-c', column: 18 },
      { id: 'd', column: 51 },
      { id: 'e', column: 77 },
    ]);
  });

  test('computed names are not guessed', () => {
    expect(checkExpression('nodes[input.which].output').nodeIds).toEqual([]);
    expect(checkExpression('size(nodes)').nodeIds).toEqual([]);
  });
});

describe('bounds', () => {
  test('an expression of 500 parts is taken and one of more is refused', () => {
    const sum = (count: number) => Array.from({ length: count }, () => '1').join('+');
    expect(faultsOf(sum(250))).toEqual([]);
    expect(resultOf(sum(250))).toBe(250);
    expect(faultsOf(sum(251))).toEqual(['1: it is too large: more than 500 parts']);
  });

  test('nesting is bounded, whatever it is made of', () => {
    const wrap = (open: string, core: string, close: string, times: number) =>
      `${open.repeat(times)}${core}${close.repeat(times)}`;
    for (const [open, core, close] of [
      ['(', '1', ')'],
      ['[', '1', ']'],
      ['{"a": ', '1', '}'],
      ['[1].map(x, ', '1', ')'],
    ] as const) {
      expect(faultsOf(wrap(open, core, close, 15)), open).toEqual([]);
      expect(faultsOf(wrap(open, core, close, 200)).join(), open).toMatch(/nested more than 40 levels deep/);
    }
    for (const prefix of ['!', '-']) {
      expect(faultsOf(`${prefix.repeat(9_000)}true`), prefix).toHaveLength(1);
      expect(faultsOf(`${prefix.repeat(200_000)}true`), prefix).toHaveLength(1);
    }
  });

  test('length is bounded before anything is parsed', () => {
    const text = (length: number) => `"${'a'.repeat(length - 2)}"`;
    expect(faultsOf(text(maxExpressionLength))).toEqual([]);
    expect(faultsOf(text(maxExpressionLength + 1))).toEqual(['10001: it is longer than 10000 characters']);
    expect(faultsOf('9'.repeat(1_000_000))).toHaveLength(1);
  });

  test('lists, maps and calls are bounded', () => {
    expect(faultsOf(`[${'1,'.repeat(201)}1]`).join()).toMatch(/too large: more than 200 items/);
    expect(faultsOf(`size(${'1,'.repeat(20)}1)`).join()).toMatch(/too large: more than 16 items/);
  });

  test('a result that a few words made huge is refused without being built', () => {
    const text = Array.from({ length: 40 }, () => 'input.long').join(' + ');
    expect(resultOf(text)).toBe(`FAULT 1: the result is larger than ${maxResultSize} characters; take a part of it`);
    expect(resultOf(`size(${text})`)).toBe(4_000_000);
    expect(resultOf('[input.long, input.long].map(x, [x, x, x, x, x, x, x, x, x, x, x])')).toMatch(/^FAULT .*larger/);
  });
});

test('a value given to an expression comes back as it was', () => {
  const values = [
    0,
    -1,
    1.5,
    1e300,
    5e-324,
    Number.MAX_SAFE_INTEGER,
    1e21,
    true,
    null,
    '',
    'null',
    '"\\\'\n',
    [],
    {},
    [[], [{}], { a: [] }],
    { '': 1, 'a b': { 'c.d': [null] } },
    JSON.parse('{"__proto__": {"x": 1}, "constructor": [1], "prototype": null, "length": 3, "size": 4}'),
  ];
  for (const value of values) {
    expect(evaluateExpression('input', { input: value })).toEqual({ ok: true, value });
    expect(evaluateExpression('[input, input][1]', { input: value })).toEqual({ ok: true, value });
    expect(evaluateExpression('{"x": input}.x == input', { input: value })).toEqual({ ok: true, value: true });
  }
});

// Pipeline files, however they are broken: every fault has the line and column where it is to be mended.
import { describe, expect, test } from 'vitest';
import { parseDefinition } from './parse-definition.ts';

const known = { agents: new Set(['historian']), tools: new Set(['git_log']) };
const parse = (text: string) => parseDefinition(text, known);
const placesOf = (text: string) => parse(text).faults.map(({ line, column, rule }) => `${line}:${column} ${rule}`);

/** Where a piece of text stands in a file, as editors count. */
function placeOf(text: string, piece: string, nth = 1): string {
  let offset = -1;
  for (let found = 0; found < nth; found += 1) offset = text.indexOf(piece, offset + 1);
  if (offset < 0) throw new Error(`${JSON.stringify(piece)} does not stand in the file.`);
  const before = text.slice(0, offset).split('\n');
  return `${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
}

const sound = `name: Example
description: A file
nodes:
  - id: start
    type: trigger
  - id: look
    type: agent
    name: Look around
    config:
      agentId: historian
      task: |
        Read the log of {{ input.folder }}.
        Answer in one line.
  - id: enough
    type: condition
    config: { expression: 'size(nodes.look.output.text) > 10' }
  - id: tell
    type: action
    config:
      kind: notify
      title: "Done: {{ nodes.look.output.text }}"
edges:
  - { from: start, to: look }
  - { from: look, to: enough }
  - { from: enough, to: tell, when: then }
`;
/** The sound file with one piece changed. */
const change = (from: string, to: string, text = sound) => {
  if (!text.includes(from)) throw new Error(`${from} does not stand in the file.`);
  return text.replace(from, to);
};

test('a sound file is its definition, as YAML and as JSON', () => {
  const { definition, faults } = parse(sound);
  expect(faults).toEqual([]);
  expect(definition?.nodes.map(({ id }) => id)).toEqual(['start', 'look', 'enough', 'tell']);
  expect(definition?.nodes[1]?.config.task).toBe('Read the log of {{ input.folder }}.\nAnswer in one line.\n');
  for (const indent of [0, 2])
    expect(parse(JSON.stringify(definition, null, indent))).toEqual({ definition, legible: definition, faults: [] });
});

test('line ends of Windows and a byte order mark change no place', () => {
  const broken = change('type: agent', 'type: robot');
  const expected = [`${placeOf(broken, 'robot')} unknown-type`];
  expect(placesOf(broken)).toEqual(expected);
  expect(placesOf(broken.replaceAll('\n', '\r\n'))).toEqual(expected);
  expect(placesOf(`\ufeff${broken}`)).toEqual(expected);
  expect(parse(`\ufeff${sound}`).faults).toEqual([]);
  expect(placesOf('\ufeffname: 5\nnodes: []\nedges: []')).toEqual(['1:7 invalid_type', '2:8 missing-trigger']);
});

describe('faults of the graph', () => {
  test.each([
    ['agentId: historian', 'agentId: nobody', 'nobody', 'unknown-agent'],
    ['type: agent', 'type: robot', 'robot', 'unknown-type'],
    ['kind: notify', 'kind: mail', 'mail', 'invalid_union'],
    ['kind: notify', 'kind: notify\n      colour: red', 'colour', 'unknown-key'],
    ['from: look, to: enough', 'from: look, to: ghost', 'ghost', 'dangling-edge'],
    [', when: then', '', '{ from: enough', 'edge-when'],
    [', when: then', ', when: maybe', 'maybe', 'edge-when'],
    ['{ from: start, to: look }', '{ from: start, to: look, when: then }', 'then', 'edge-when'],
    ['edges:\n', 'edges:\n  - { from: look, to: start }\n', 'start }', 'edge-into-trigger'],
  ])('%j made %j is found at %j', (from, to, piece, rule) => {
    const text = change(from, to);
    expect(placesOf(text)).toContain(`${placeOf(text, piece)} ${rule}`);
  });

  test('a fault of a setting that is not there is placed at its node', () => {
    const text = change('      agentId: historian\n', '');
    expect(placesOf(text)).toEqual([`${placeOf(text, 'task: |')} missing-key`]);
  });

  test('a cycle is placed at an edge of it', () => {
    const text = `${sound}  - { from: tell, to: look }\n`;
    expect(placesOf(text)).toEqual([`${placeOf(text, '{ from: look, to: enough }')} cycle`]);
  });

  test('all faults come in the order of the file', () => {
    const text = change(
      'type: agent',
      'type: robot',
      change('nodes.look.output.text) >', 'nope) >', change('to: tell', 'to: ghost')),
    );
    const lines = parse(text).faults.map(({ line }) => line ?? 0);
    expect(lines.length).toBeGreaterThan(3);
    expect(lines).toEqual(lines.toSorted((one, other) => one - other));
  });
});

describe('a bad expression is placed at its own character', () => {
  test.each([
    ['plain', '{{ input.folder }}', '{{ input.folder }} and {{ nope }}'],
    ['quoted', '{{ nodes.look.output.text }}"', '{{ nope }}"'],
    ['single-quoted', "size(nodes.look.output.text) > 10'", "1 < 2 && nope'"],
    ['in the second line of a block', 'Answer in one line.', 'Answer in {{ nope }} line.'],
    ['in a block behind empty lines', 'Answer in one line.', '\n\n          deeper {{ nope }}'],
    ['without quotes', '"Done: {{ nodes.look.output.text }}"', 'Done {{ nope }}'],
  ])('%s', (_, from, to) => {
    const text = change(from, to);
    const [fault, ...others] = parse(text).faults;
    expect(others).toEqual([]);
    expect(`${fault?.line}:${fault?.column}`).toBe(placeOf(text, 'nope'));
    expect(fault).toMatchObject({ rule: 'bad-expression', in: 'file' });
  });

  test('with line ends of Windows too', () => {
    const text = change('Answer in one line.', 'Answer in {{ nope }} line.').replaceAll('\n', '\r\n');
    expect(placesOf(text)).toEqual([`${placeOf(text, 'nope')} bad-expression`]);
  });

  test('a text that the file writes in another way is placed at its beginning', () => {
    const text = change('"Done: {{ nodes.look.output.text }}"', '"D\\u006fne {{ nope }}"');
    expect(placesOf(text)).toEqual([`${placeOf(text, '"D\\u')} bad-expression`]);
  });
});

describe('faults of form', () => {
  test.each([
    ['- id: look', '- id: 5', '5', 'invalid_type'],
    ['- id: look', '- id: a b', 'a b', 'invalid_format'],
    ['type: agent', 'type: true', 'true', 'invalid_type'],
    ['name: Example', 'name: 5', '5', 'invalid_type'],
    ['name: Example', 'name: ""', '""', 'too_small'],
    ['name: Look around', 'title: Look around', 'title', 'unknown-key'],
    ['description: A file', 'descripton: A file', 'descripton', 'unknown-key'],
    ['from: start, to: look', 'from: start, too: look', 'too:', 'unknown-key'],
    ['config: { expression', 'config: 5 #', '5 #', 'invalid_type'],
  ])('%j made %j is found at %j', (from, to, piece, rule) => {
    const text = change(from, to);
    expect(placesOf(text)).toContain(`${placeOf(text, piece)} ${rule}`);
    expect(parse(text).definition).toBeNull();
    for (const { message } of parse(text).faults) expect(message).not.toMatch(/undefined|Invalid input|\.\./);
  });

  test('they are named together with the faults of the graph, and nothing is blamed for them', () => {
    const text = change(
      'name: Example',
      'name: 5',
      change('type: agent', 'type: robot', change('- id: tell', '- idd: tell')),
    );
    expect(placesOf(text)).toEqual([
      `${placeOf(text, '5')} invalid_type`,
      `${placeOf(text, 'robot')} unknown-type`,
      `${placeOf(text, 'idd')} missing-key`,
      `${placeOf(text, 'idd')} unknown-key`,
    ]);
  });

  test('a node is named by its id, or by its place where it has none', () => {
    const messages = (text: string) => parse(text).faults.map(({ message }) => message);
    expect(messages(change('name: Look around', 'title: x'))).toEqual(['Node "look" has no key "title".']);
    expect(messages(change('- id: look\n    type: agent', '- type: agent'))).toContain(
      'Node 2 of the list needs the key "id".',
    );
    expect(messages(change('{ from: look, to: enough }', '{ from: look }'))).toContain(
      'Edge 2 of the list needs the key "to".',
    );
  });

  test.each([
    ['', 'The file is empty: a pipeline has a name, nodes and edges.'],
    ['# only words\n', 'The file is empty: a pipeline has a name, nodes and edges.'],
    ['null', 'The file is empty: a pipeline has a name, nodes and edges.'],
    ['- a\n- b\n', 'The file: expected object, received array.'],
    ['just text', 'The file: expected object, received string.'],
    ['5', 'The file: expected object, received number.'],
  ])('%j is no pipeline', (text, message) => {
    expect(parse(text).faults).toMatchObject([{ message, column: 1, in: 'file' }]);
  });

  test('what is missing at the top is named key by key', () => {
    expect(parse('description: x').faults.map(({ message }) => message)).toEqual([
      'The file needs the key "name".',
      'The file needs the key "nodes".',
      'The file needs the key "edges".',
    ]);
  });

  test('keys with a meaning in JavaScript are unknown keys', () => {
    const text = `${sound}__proto__: { nodes: [] }\nconstructor: 1\n`;
    expect(placesOf(text)).toEqual([
      `${placeOf(text, '__proto__')} unknown-key`,
      `${placeOf(text, 'constructor')} unknown-key`,
    ]);
  });

  test('merge keys are refused with what to do instead', () => {
    const text = change('  - id: tell', '  - <<: { name: x }\n    id: tell');
    expect(parse(text).faults).toMatchObject([{ rule: 'unknown-key', message: expect.stringContaining('Merge keys') }]);
    expect(placesOf(text)).toEqual([`${placeOf(text, '<<')} unknown-key`]);
  });
});

describe('faults of syntax', () => {
  test.each([
    ['nodes:\n', 'nodes:\n\t- id: x\n', '\t- id'],
    ['{ from: start, to: look }', '{ from: start, to: look', '  - { from: look'],
    ['type: condition', 'type: "condition', '"condition'],
    ['type: trigger', 'type: trigger: x', ': x'],
  ])('%j made %j is found near %j', (from, to, piece) => {
    const text = change(from, to);
    const { definition, faults } = parse(text);
    expect(definition).toBeNull();
    expect(faults.every(({ rule }) => rule === 'syntax')).toBe(true);
    const line = Number(placeOf(text, piece).split(':')[0]);
    expect(faults.some((fault) => Math.abs((fault.line ?? 0) - line) <= 1)).toBe(true);
  });

  test('keys that stand twice are all found', () => {
    const text = change(
      'description: A file',
      'name: Again',
      change('type: condition', 'type: condition\n    type: delay'),
    );
    expect(placesOf(text)).toEqual([
      `${placeOf(text, 'name: Again')} duplicate-key`,
      `${placeOf(text, 'type: delay')} duplicate-key`,
    ]);
    expect(placesOf('{"name": "a", "nodes": [], "edges": [], "name": "b"}')).toEqual(['1:41 duplicate-key']);
  });

  test('a second document is found where it begins', () => {
    const text = `${sound}---\nname: Second\n`;
    expect(placesOf(text)).toEqual([`${placeOf(text, '---')} syntax`]);
  });

  test('tags and keys that JSON does not know are refused', () => {
    const tagged = change('name: Example', 'name: !secret Example');
    expect(placesOf(tagged)).toEqual([`${placeOf(tagged, '!secret')} syntax`]);
    expect(placesOf('? [a, b]\n: c\n').map((place) => place.split(' ')[1])).toContain('syntax');
    const dated = change('description: A file', 'description: !!timestamp 2020-01-01');
    expect(parse(dated).definition).toBeNull();
  });

  test('of very many the first are told', () => {
    const { faults } = parse('}\n'.repeat(5_000));
    expect(faults).toHaveLength(50);
    expect(faults[0]).toMatchObject({ line: 1, column: 1 });
  });
});

describe('anchors and aliases', () => {
  test('a few are written out', () => {
    const text = change(
      '{ from: look, to: enough }',
      '{ from: look, to: *goal }',
      change('- id: enough', '- id: &goal enough'),
    );
    expect(parse(text).faults).toEqual([]);
    expect(parse(text).definition?.edges[1]?.to).toBe('enough');
  });

  test('a fault inside of what an alias names is placed there', () => {
    const text = change(
      '{ from: look, to: enough }',
      '*edge',
      change('{ from: start, to: look }', '&edge { from: ghost, to: look }'),
    );
    const places = new Set(placesOf(text).filter((place) => place.endsWith('dangling-edge')));
    expect(places).toEqual(new Set([`${placeOf(text, 'ghost')} dangling-edge`]));
  });

  test('an alias that leads nowhere or into itself is refused', () => {
    const lost = change('to: look }', 'to: *nowhere }');
    expect(placesOf(lost)).toEqual([`${placeOf(lost, '*nowhere')} alias`]);
    const circular = 'name: x\nnodes: &all\n  - *all\n  - [*all]\nedges: []\n';
    expect(placesOf(circular)).toEqual([`${placeOf(circular, '*all')} alias`, `${placeOf(circular, '*all', 2)} alias`]);
  });

  test('very many aliases are refused, and each is looked up once', () => {
    const text = `a: &a x\nb: [${'*a, '.repeat(100_000)}]`;
    expect(placesOf(text)).toEqual([`${placeOf(text, '*a')} alias`]);
  });

  test('a small file cannot become a huge one', () => {
    const names = [...'abcdefghij'];
    const lines = names.map((name, index) => {
      const before = names[index - 1];
      return `${name}: &${name} [${Array.from({ length: 9 }, () => (before ? `*${before}` : 'lol')).join(', ')}]`;
    });
    const text = lines.join('\n');
    expect(placesOf(text)).toEqual([`${placeOf(text, '*a')} alias`]);
  });
});

describe('files that are too much', () => {
  test('a file of three megabytes is refused unread', () => {
    expect(placesOf(`# ${'x'.repeat(3 * 1024 * 1024)}`)).toEqual(['1:1 too-large']);
    // Counted in bytes and not in characters.
    expect(placesOf(`# ${'é'.repeat(1_100_000)}`)).toEqual(['1:1 too-large']);
  });

  test.each([
    ['brackets', '['.repeat(100_000)],
    ['closed brackets', `${'['.repeat(3_000)}${']'.repeat(3_000)}`],
    ['maps', `${'{a: '.repeat(2_000)}1${'}'.repeat(2_000)}`],
    ['lists in lists', `${'- '.repeat(20_000)}x`],
    ['just too many', `a: ${'['.repeat(65)}${']'.repeat(65)}`],
  ])('nesting of %s is refused', (_, text) => {
    expect(new Set(parse(text).faults.map(({ rule }) => rule))).toEqual(new Set(['too-deep']));
  });

  test('twenty thousand keys are each compared with no more than a set', () => {
    const text = `${sound}${Array.from({ length: 20_000 }, (_, index) => `k${index}: 1`).join('\n')}\n`;
    expect(parse(text).faults).toHaveLength(20_000);
  });
});

describe('texts that cannot be kept', () => {
  test('what was not UTF-8 when it was read is found', () => {
    const text = new TextDecoder().decode(Buffer.from(change('A file', 'caf\xe9'), 'latin1'));
    expect(placesOf(text)).toEqual([`${placeOf(text, '\ufffd')} encoding`]);
    const wide = new TextDecoder().decode(Buffer.from(sound, 'utf16le'));
    expect(placesOf(wide)).toEqual(['1:2 encoding']);
  });

  test.each(['"a\\0b"', '"\\ud83d"'])('%s cannot be stored', (written) => {
    const text = change('description: A file', `description: ${written}`);
    expect(placesOf(text)).toEqual([`${placeOf(text, written)} text`]);
  });

  test('numbers that JSON does not have are refused', () => {
    for (const number of ['.inf', '.nan', '-.inf']) {
      const text = change(
        "config: { expression: 'size(nodes.look.output.text) > 10' }",
        `config: { expression: 'true', limit: ${number} }`,
      );
      expect(parse(text).definition).toBeNull();
      expect(parse(text).faults[0]?.line).toBe(16);
    }
  });
});

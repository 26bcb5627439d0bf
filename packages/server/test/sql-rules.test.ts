// SQL is written out, and values are parameters: judged from the syntax of every file of the server, and broken on purpose
// below, so that it is known that the rule bites.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: sources are planted as text
import ts from 'typescript';
import { expect, test } from 'vitest';
import { readTypeScript, type TypeScriptSource } from './house-sources.ts';
import { findBuiltSql } from './sql-sources.ts';

const server = readTypeScript(['packages/server/src']).filter((source) => !source.isTest);
const byPath = (sources: readonly TypeScriptSource[]) => new Map(sources.map((source) => [source.path, source]));

function parse(text: string, path = 'packages/server/src/features/planted/store.ts'): TypeScriptSource {
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  return { path, text, lines: text.split('\n').length, isTest: false, tree };
}

test('no statement of the server is built from values', () => {
  expect(server.length).toBeGreaterThan(200);
  expect(findBuiltSql(byPath(server))).toEqual([]);
});

const planted: [what: string, text: string][] = [
  ['a parameter in a template', 'const f = (id: string) => tx.query(`select 1 where id = ${id}`);'],
  ['a parameter joined on', `const f = (id: string) => tx.query('select 1 where id = ' + id);`],
  [
    'a template kept in a variable',
    'function f(by: string) { const text = `select 1 order by ${by}`; return tx.query(text); }',
  ],
  [
    'a join kept in a variable',
    `function f(by: string) { const text = 'select 1 order by ' + by; return db.exec(text); }`,
  ],
  [
    'a template inside of a constant',
    'const f = (by: string) => { const end = `order by ${by}`; return tx.query(`select 1 ${end}`); };',
  ],
  ['a text that was handed in', 'export const f = (text: string) => tx.query(text);'],
  ['a text that a function makes', 'export const f = () => tx.query(makeText());'],
  ['a variable that may change', `let order = 'asc'; const f = () => tx.query('select 1 order by id ' + order);`],
  ['a list that is not closed', 'const f = (texts: Record<string, string>, by: string) => tx.query(texts[by]);'],
  [
    'a list with one value from outside',
    'const texts = { a: `select ${process.argv[2]}` }; const f = () => tx.query(texts.a);',
  ],
  ['sql.raw with a value', 'const f = (name: string) => sql.raw(name);'],
  ['exec with a template', 'const f = (name: string) => database.exec(`drop table ${name}`);'],
  [
    'a statement that is built and not yet sent',
    'export const f = (id: string) => `delete from agent.agents where id = ${id}`;',
  ],
  [
    'a parameter that hides a constant',
    `const by = 'id'; const f = (by: string) => tx.query('select 1 order by ' + by);`,
  ],
];

test.each(planted)('the rule bites: %s', (_what, text) => {
  const source = parse(text);
  expect(findBuiltSql(byPath([...server, source])).join('\n')).toContain(source.path);
});

const allowed: [what: string, text: string][] = [
  ['a text with parameters', "const f = (id: string) => tx.query('select 1 where id = $1', [id]);"],
  [
    'columns that are named once',
    "const columns = 'id, name'; const f = () => tx.query(`select ${columns} from x.y`);",
  ],
  ['one of two written out', "const f = (up: boolean) => tx.query(up ? 'select 1' : 'select 2');"],
  [
    'one of a closed list',
    "const texts = { a: 'select 1', b: 'select 2' } as const; const f = (k: 'a' | 'b') => tx.query(texts[k]);",
  ],
  [
    'a constant of another module',
    "import { horizonText } from '../../platform/db/horizon.ts'; const f = () => tx.query(`with ${horizonText} select 1`);",
  ],
  ['a regular expression', 'const f = (text: string) => /x/.exec(text)?.[1];'],
];

test.each(allowed)('the rule lets through: %s', (_what, text) => {
  expect(findBuiltSql(byPath([...server, parse(text)]))).toEqual([]);
});

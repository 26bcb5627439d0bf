import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Files, makeProject, makeRepository, makeToolContext } from '../../../../test/make-repository.ts';
import { callTool } from '../call-tool.ts';
import { textCompare } from './compare-texts.ts';
import { textCount } from './count-text.ts';
import { textExtract } from './extract-facts.ts';

const random = 'aB3dE5fG7hJ9kL2mN4pQ6rS8tU1vW3xY5zA7';
const awsKey = `AKIA${'Q3EXZ7RT2LPW9VN4'}`;
const longBody = Array.from({ length: 298 }, (_, index) => `  total += ${index};`).join('\n');

const planted: Files = {
  'package.json': '{\n  "name": "shop",\n  "dependencies": { "left-pad": "1.0.0" }\n}\n',
  'src/index.ts':
    "import { bill } from './billing.ts';\nimport { copy } from './copy-a.ts';\n\n// The word TODO, in passing, is no note.\nbill(copy);\n",
  'src/billing.ts': `export function bill(total: number) {\n${longBody}\n}\n`,
  'src/settings.ts': `export const region = 'eu';\nexport const key = '${awsKey}';\nexport const label = 'Password2 is wrong';\n`,
  'src/use-settings.test.ts':
    "import './settings.ts';\nimport './handlers.ts';\ntest.only('one', () => {});\nit.skip('two', () => {});\n",
  'src/handlers.ts':
    "import { x } from './copy-b.ts';\ntry {\n  x();\n} catch (error) {\n}\n// TODO(ada): remove after 2021-03-01\ndebugger;\n// FIXME later\nconst plain = 'http://api.shop.io/v1';\neval(plain);\n",
  'src/copy-a.ts': `export const copy = 1;\n// ${'same '.repeat(20)}\n`,
  'src/copy-b.ts': `export const copy = 1;\n// ${'same '.repeat(20)}\n`,
  'src/legacy-report.ts': 'export const report = 1;\n',
  'src/merge.css': 'a {}\n<<<<<<< HEAD\nb {}\n=======\nc {}\n>>>>>>> other\n',
  'src/old-code.ts': "import './merge.css';\n// const a = 1;\n// if (a) {\n//   call(a);\n// }\nexport {};\n",
  'docs/guide.md':
    'See [setup](./setup.md) and [home](../src/index.ts), `[no](x.md)`.\n\n```\n[code](y.md)\n```\n[old](../src/old-code.ts)\n',
  '.env': `API_TOKEN=${random.slice(0, 24)}\n`,
  'assets/video.bin': new Uint8Array(600_000),
};

async function extract(root: string, what: string, more: Readonly<Record<string, unknown>> = {}): Promise<string[]> {
  const result = await callTool(textExtract, { what, ...more }, makeToolContext(root));
  expect(result).toMatchObject({ ok: true });
  return result.text.split('\n').slice(1);
}

describe('files that should be kept out of git', () => {
  it('are environment files of any name and private keys, not samples, certificates or the keys of tests', async () => {
    const key = `-----BEGIN PRIVATE ${'KEY'}-----\n${random.repeat(2)}\n-----END PRIVATE ${'KEY'}-----\n`;
    const root = makeRepository([
      {
        files: {
          'conf/prod.env': 'PORT=3000\n',
          'conf/example.env': 'PORT=3000\n',
          '.env.example': 'PORT=3000\n',
          'tls/server.pem': key,
          'tls/chain.pem': key.replaceAll('PRIVATE KEY', 'CERTIFICATE'),
          'test/fixtures/server.pem': key,
        },
      },
    ]);
    expect(await extract(root, 'sensitive-files')).toEqual([
      'conf/prod.env:1: environment file is committed to git',
      'tls/server.pem:1: private key is committed to git',
    ]);
  });
});

describe('text_extract on a project with planted facts', () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    [
      'secrets',
      [
        '.env:1: looks like a hard-coded secret: API_TOKEN=aB3d****S8',
        "src/settings.ts:2: looks like a leaked AWS access key id: export const key = 'AKIA****N4';",
        '.env:1: environment file is committed to git',
      ],
    ],
    ['functions', ['src/billing.ts:1: function `bill`, 300 lines (1 to 300)']],
    [
      'todos',
      [
        'src/handlers.ts:6: TODO dated 2021-03-01 (5 years past): // TODO(ada): remove after 2021-03-01',
        'src/handlers.ts:8: FIXME: // FIXME later',
      ],
    ],
    [
      'unreferenced-files',
      ['src/legacy-report.ts:1: no other file of the project imports or names this file (1 line)'],
    ],
    ['large-files', ['assets/video.bin:1: large binary file of 600.0 kB, committed to git']],
    ['conflict-markers', ['src/merge.css:2: unresolved merge conflict (lines 2 to 6): <<<<<<< HEAD']],
    [
      'skipped-tests',
      [
        "src/use-settings.test.ts:3: focused test: the others of the file do not run: test.only('one', () => {});",
        "src/use-settings.test.ts:4: skipped test: it.skip('two', () => {});",
      ],
    ],
    ['empty-catches', ['src/handlers.ts:4: empty catch block: the error is dropped: } catch (error) {']],
    ['debug-leftovers', ['src/handlers.ts:7: `debugger` statement: debugger;']],
    ['dangerous-calls', ['src/handlers.ts:10: `eval` runs text as code: eval(plain);']],
    [
      'insecure-urls',
      ["src/handlers.ts:9: unencrypted address http://api.shop.io/v1: const plain = 'http://api.shop.io/v1';"],
    ],
    ['duplicates', ['src/copy-b.ts:1: identical to src/copy-a.ts (127 bytes)']],
    [
      'broken-links',
      [
        'docs/guide.md:1: link to `./setup.md`, which is no file of the project: See [setup](./setup.md) and [home](../src/index.ts), `[no](x.md)`.',
      ],
    ],
    ['commented-out-code', ['src/old-code.ts:2: 4 lines of commented-out code: // const a = 1;']],
    [
      'missing-files',
      [
        "LICENSE: no LICENSE file in the project's top folder",
        "README: no README in the project's top folder",
        'package.json:3: declares dependencies, but the project holds no lock file for them (package-lock.json, npm-shrinkwrap.json, yarn.lock): "dependencies": { "left-pad": "1.0.0" }',
      ],
    ],
  ];

  it.each(cases)('states exactly the %s', async (what, expected) => {
    expect(await extract(makeRepository([{ files: planted }]), what)).toEqual(expected);
  });

  it('tells all problems in one call, most urgent first, and never a whole secret', async () => {
    const lines = await extract(makeRepository([{ files: planted }]), 'problems');
    const expected = cases.filter(([what]) => what !== 'secrets').flatMap(([, facts]) => facts);
    for (const fact of expected) expect(lines).toContain(fact);
    expect(lines[0]).toMatch(/^Looked for and not found: .*very long lines/);
    expect(lines[1]).toBe('## Strings that look like secrets (2)');
    expect(lines.join('\n')).not.toContain(awsKey);
    expect(lines.join('\n')).not.toContain(random.slice(0, 24));
  });

  it('states nothing about a project that is in order', async () => {
    const clean = {
      'README.md': '# Shop\n\n[code](src/main.py)\n',
      LICENSE: 'MIT',
      'src/main.py': '"""Shop."""\nfrom helper import run\n\nPASSWORD = os.environ["PASSWORD"]\nrun()\n',
      'src/helper.py':
        'def run():\n    try:\n        pass\n    except ValueError as error:\n        raise Problem from error\n',
    };
    expect(await extract(makeRepository([{ files: clean }]), 'problems')).toEqual([
      expect.stringMatching(/^Looked for and not found: .*secrets.*missing files\.$/),
    ]);
  });
});

describe('text_extract', () => {
  it('narrows to a path or a glob, and still knows the whole project', async () => {
    const root = makeRepository([{ files: planted }]);
    expect(await extract(root, 'problems', { path: 'src/copy-a.ts' })).toHaveLength(1);
    expect(await extract(root, 'unreferenced-files', { path: 'src' })).toHaveLength(1);
    expect(await extract(root, 'todos', { glob: '*.md' })).toEqual([]);
    expect(await extract(root, 'todos', { path: 'src/**/*.ts', limit: 1 })).toHaveLength(1);
  });

  it('lists imports with what they mean, links, dates, matches and broken symbolic links', async () => {
    const root = makeProject({
      'a.js': "import b from './lib';\n// import no from './comment';\nconst fs = require('fs');\n",
      'lib/index.js': 'export default 1;\n',
      'a.md': '[x](https://example.org) released 2020-01-02\n',
    });
    symlinkSync('nowhere', join(root, 'gone'));
    expect(await extract(root, 'imports')).toEqual(['a.js:1: imports `./lib` (lib/index.js)', 'a.js:3: imports `fs`']);
    expect(await extract(root, 'links')).toEqual([
      'a.md:1: link to `https://example.org`: [x](https://example.org) released 2020-01-02',
    ]);
    expect(await extract(root, 'dates')).toHaveLength(1);
    expect(await extract(root, 'matches', { pattern: 'require\\(.+?\\)' })).toEqual(["a.js:3: require('fs')"]);
    expect(await extract(root, 'broken-symlinks')).toEqual(['gone:1: broken symbolic link: its target does not exist']);
    expect(await callTool(textExtract, { what: 'matches' }, makeToolContext(root))).toMatchObject({
      ok: false,
      code: 'skills.invalid-arguments',
    });
  });

  it('takes a private key only where key material follows', async () => {
    const head = `-----BEGIN RSA PRIVATE ${'KEY'}-----`;
    const root = makeProject({
      'key.pem': `${head}\nMIIEpAIBAAKCAQEA0Z3VS5JJcds3xfn/ygWyF8PbnGy0AHB7MhgHcTz6sE2I2yPB\n`,
      'check.ts': `const isKey = text.startsWith('${head}');\nexport { isKey };\n`,
    });
    expect(await extract(root, 'secrets')).toEqual([
      `key.pem:1: looks like a leaked private key: ${head}`,
      'key.pem:1: private key lies in the project',
    ]);
  });

  it('tells installed packages, build output and leftovers in git once each, and folders of the same name not', async () => {
    const root = makeRepository([
      {
        files: {
          'node_modules/one/index.js': 'module.exports = 1;\n',
          'node_modules/one/node_modules/two/index.js': 'module.exports = 2;\n',
          'app/dist/main.min.js': 'var a = 1;\n',
          'build/make-icons.sh': 'echo icons\n',
          'notes.txt.bak': 'old\n',
        },
      },
    ]);
    expect(await extract(root, 'generated-files')).toEqual([
      'app/dist/main.min.js:1: files in a folder named like build output, in git: the folder app/dist/ holds 1 committed file',
      'node_modules/one/index.js:1: installed packages, in git: the folder node_modules/ holds 2 committed files',
    ]);
    expect(await extract(root, 'leftover-files')).toEqual(['notes.txt.bak:1: backup copy, committed to git']);
  });

  it('only counts, among all problems, what is mostly no fault', async () => {
    const root = makeProject({
      'tests/keys.ts': `export const key = '${awsKey}';\n// TODO after 2093-01-01\n`,
      'src/quiet.ts': "import '../tests/keys';\ntry {\n  run();\n} catch (error) {\n  // Nobody waits for it.\n}\n",
    });
    const lines = await extract(root, 'code-problems');
    expect(lines).toContain(
      'Only counted: strings that look like secrets in tests and samples, mostly made up (1), notes left to do whose date is still ahead (1), catch blocks that hold only a comment (1).',
    );
    expect(lines.filter((line) => line.includes('.ts:'))).toEqual([]);
    expect(await extract(root, 'secrets')).toEqual([
      "tests/keys.ts:1: looks like a leaked AWS access key id, in a test or a sample: export const key = 'AKIA****N4';",
    ]);
  });

  it('tells files that are nearly equal among the copies', async () => {
    const body = Array.from({ length: 20 }, (_, index) => `export const value${index} = ${index};`);
    const root = makeProject({
      'src/one.ts': body.join('\n'),
      'src/two.ts': [...body.slice(0, 19), "import './one';"].join('\n'),
    });
    expect(await extract(root, 'duplicates')).toEqual([
      'src/two.ts:1: nearly equal to src/one.ts: 90 % of their different lines stand in both',
    ]);
  });

  it('does not take for dead what is loaded by a folder, by name, by convention or by another language', async () => {
    const root = makeProject({
      'src/plugins-loader.js': "for (const file of readdirSync('./handlers')) load(file);\n",
      'src/index.js': "import './plugins-loader.js';\n",
      'src/handlers/pay.js': 'export default 1;\n',
      'src/named.py': 'x = 1\n',
      Makefile: 'run:\n\tpython src/named.py\n',
      'src/pkg/__init__.py': '',
      'src/pkg/part.py': 'y = 1\n',
      'src/app.py': 'from .pkg import part\n',
      'lib/Order.java': 'class Order {}\n',
      'lib/Main.java': 'class Main { Order order; }\n',
      'src/dead.py': 'z = 1\n',
      'src/old/utils.js': 'export {};\n',
      'src/new/utils.js': 'export {};\n',
      'src/new/index.js': "import './utils.js';\n",
    });
    expect((await extract(root, 'unreferenced-files')).map((line) => line.split(':')[0])).toEqual([
      'src/dead.py',
      'src/old/utils.js',
    ]);
  });

  it('answers for an empty project and a missing one', async () => {
    expect(await extract(makeProject(), 'problems')).toHaveLength(1);
    expect(await callTool(textExtract, { what: 'todos' }, makeToolContext(null))).toMatchObject({
      code: 'skills.no-project',
    });
  });
});

describe('text_count', () => {
  it('counts by language, by file and occurrences', async () => {
    const root = makeProject({ 'a.ts': 'one two\nthree\n', 'b.ts': 'two', 'c.md': 'two\ntwo\n', 'd.bin': '\0' });
    const context = makeToolContext(root);
    const byLanguage = await callTool(textCount, {}, context);
    expect(byLanguage.text.split('\n')).toEqual([
      'Total: 3 text files, 5 lines, 6 words, 25 bytes.',
      'TypeScript: 2 files, 3 lines, 4 words, 17 bytes',
      '.md: 1 file, 2 lines, 2 words, 8 bytes',
    ]);
    const occurrences = await callTool(textCount, { pattern: 'TWO', by: 'file' }, context);
    expect(occurrences.text.split('\n')[1]).toBe('c.md:1: 2 lines, 2 words, 8 bytes, `TWO` in 2 lines');
  });
});

describe('text_compare', () => {
  it('compares files and texts, and finds nearly equal files', async () => {
    const lines = Array.from({ length: 20 }, (_, index) => `const value${index} = ${index};`);
    const root = makeProject({
      'a.ts': lines.join('\n'),
      'b.ts': [...lines.slice(0, 19), 'const other = 1;'].join('\n'),
      'c.ts': lines.map((line) => `${line} // c`).join('\n'),
    });
    const context = makeToolContext(root);
    const files = await callTool(textCompare, { leftPath: 'a.ts', rightPath: 'b.ts' }, context);
    expect(files.text.split('\n').slice(1)).toEqual(['a.ts:20: - const value19 = 19;', 'b.ts:20: + const other = 1;']);
    const texts = await callTool(textCompare, { leftText: 'a\nb', rightText: 'a\nb\n' }, context);
    expect(texts).toMatchObject({ ok: true, data: { equal: true } });
    const folder = await callTool(textCompare, { folder: '.' }, context);
    expect(folder.text.split('\n').slice(1)).toEqual(['b.ts:1: shares 90 % of all different lines with a.ts']);
    expect(await callTool(textCompare, { leftText: 'a' }, context)).toMatchObject({
      ok: false,
      code: 'skills.invalid-arguments',
    });
    expect(await callTool(textCompare, { leftPath: '../a', rightText: 'a' }, context)).toMatchObject({
      ok: false,
      code: 'skills.path-refused',
    });
  });
});

// A shop as people write one, over fifty commits by four authors: faults planted at known lines, decoys that look
// like faults and are none, and innocent files around them. What looks like a key is put together from pieces.
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { commit, type Files, type MadeCommit, makeRepository } from './make-repository.ts';

export interface PlantedFact {
  readonly what: string;
  /** `path:line`, or `path` where the fact is that something is missing. */
  readonly place: string;
  /** What the line of the report must say. */
  readonly says: RegExp;
}

export interface Decoy {
  readonly place: RegExp;
  /** What no line about the place may say; whatever it says by default. */
  readonly says?: RegExp;
}

const stripeKey = `sk_live_${'51HqLyjWDarjtT1zdp7dcQ8x'}`;
const awsKey = `AKIA${'Q3EXZ7RT2LPW9VN4'}`;
const fakeAwsKey = `AKIA${'IOSFODNN7EXAMPLE'}`;
const testKey = `sk_test_${'4eC39HqLyjWDarjtT1zdp7dc'}`;
const dotenvToken = 'h7Jk2mN4pQ6rS8tU1vW3xY5z';
const keyHead = `-----BEGIN RSA PRIVATE ${'KEY'}-----`;
const keyTail = `-----END RSA PRIVATE ${'KEY'}-----`;

const lines = (...all: readonly string[]) => `${all.join('\n')}\n`;

const longFunction = lines(
  "import { round } from './money';",
  '',
  '/** Works out what an order costs. */',
  'export function priceOrder(order: { items: number[] }): number {',
  '  let total = 0;',
  ...Array.from(
    { length: 294 },
    (_, at) => `  if (order.items[${at}] !== undefined) total += order.items[${at}] * ${at + 3};`,
  ),
  '  return round(total);',
  '}',
);

const mailTemplate = lines(
  'export function renderMail(name: string, total: string): string {',
  "  const greeting = 'Dear ' + name;",
  "  const footer = 'The shop team';",
  "  return [greeting, 'Your order costs ' + total, footer].join('\\n\\n');",
  '}',
);

const planted: Files = {
  'package.json': lines(
    '{',
    '  "name": "tea-shop",',
    '  "version": "1.4.0",',
    '  "dependencies": {',
    '    "fastify": "^5.0.0",',
    '    "left-pad": "1.3.0"',
    '  }',
    '}',
  ),
  'README.md': lines(
    '# Tea shop',
    '',
    'Sells tea. Start it with `npm start`, then open http://localhost:3000.',
    '',
    'How it is built stands in [the architecture notes](docs/architecture.md);',
    'how to deploy it in [deployment](docs/deployment.md).',
  ),
  'docs/architecture.md': lines(
    '# Architecture',
    '',
    'A server, a cart and a ledger.',
    '',
    '```',
    '[x](nowhere.md)',
    '```',
  ),
  'src/index.ts': lines(
    "import { addToCart } from './cart';",
    "import { priceOrder } from './billing/price-order';",
    "import { renderMail } from './mail/order-mail';",
    "import { renderMail as renderInvoice } from './mail/invoice-mail';",
    "import { mail } from './config/mail';",
    "import { payments } from './config/payments';",
    "import { storage } from './config/storage';",
    "import { parseRule } from './rules';",
    "import { syncStock } from './stock';",
    "import { labels } from './labels';",
    "import { countries } from './data/countries';",
    '',
    'export const shop = [addToCart, priceOrder, renderMail, renderInvoice, mail, payments, storage, parseRule, syncStock, labels, countries];',
  ),
  'src/config/payments.ts': lines(
    '// How we are paid.',
    'export const payments = {',
    "  currency: 'EUR',",
    `  secretKey: '${stripeKey}',`,
    '};',
  ),
  'src/config/storage.ts': lines(
    'export const storage = {',
    "  region: 'eu-central-1',",
    "  bucket: 'tea-shop-pictures',",
    `  accessKeyId: '${awsKey}',`,
    '  secretAccessKey: process.env.STORAGE_SECRET,',
    '};',
  ),
  'config/database.yml': lines(
    'production:',
    '  pool: 12',
    `  url: postgres://shop:${'Gr33nLeaf!Oolong'}@db.tea-shop.io:5432/shop`,
  ),
  '.env': lines('PORT=3000', `MAIL_API_TOKEN=${dotenvToken}`),
  'deploy/server.key': lines(keyHead, 'MIIEpAIBAAKCAQEA0Z3VS5JJcds3xfn/ygWyF8PbnGy0AHB7MhgHcTz6sE2I2yPB', keyTail),
  'src/billing/price-order.ts': longFunction,
  'src/billing/money.ts': lines(
    'export function round(amount: number): number {',
    '  return Math.round(amount * 100) / 100;',
    '}',
  ),
  'src/mail/order-mail.ts': mailTemplate,
  'src/mail/invoice-mail.ts': mailTemplate,
  'src/stock.ts': lines(
    "import { readLevels } from './levels';",
    '',
    '// TODO(bea): drop the fallback after 2021-06-30',
    'export async function syncStock(): Promise<void> {',
    '  try {',
    '    await readLevels();',
    '  } catch (error) {',
    '  }',
    '}',
  ),
  'src/levels.ts': lines(
    'export async function readLevels(): Promise<number[]> {',
    "  console.log('levels', new Date());",
    "  const answer = await fetch('http://stock.tea-shop.io/levels');",
    '  debugger;',
    '  return (await answer.json()) as number[];',
    '}',
  ),
  'src/rules.ts': lines(
    '// Rules come from the back office as text.',
    'export function parseRule(text: string): unknown {',
    '  return eval(text);',
    '}',
    '',
    'export function findTea(database: { query(text: string): unknown }, name: string): unknown {',
    '  return database.query("SELECT * FROM teas WHERE name = " + name);',
    '}',
  ),
  'src/labels.ts': lines(
    'export const labels = {',
    "  title: 'Tea',",
    '<<<<<<< HEAD',
    "  buy: 'Buy now',",
    '=======',
    "  buy: 'Add to cart',",
    '>>>>>>> feature/labels',
    '};',
  ),
  'src/legacy/export-orders.ts': lines(
    'export function exportOrders(rows: readonly string[]): string {',
    "  return rows.map((row) => row.trim()).join(';');",
    '}',
  ),
  'src/search.ts': lines(
    "import './index';",
    '',
    '// const index = buildIndex(rows);',
    '// for (const row of rows) {',
    '//   index.add(row.id, row.title);',
    '// }',
    '// return index.search(term);',
    'export const search = (rows: readonly string[], term: string) => rows.filter((row) => row.includes(term));',
    `export const stopWords = new Set([${Array.from({ length: 60 }, (_, at) => `'word${at}'`).join(', ')}]);`,
  ),
  'src/cart.ts': lines(
    'export function addToCart(cart: string[], item: string): string[] {',
    '  return [...cart, item];',
    '}',
  ),
  'tests/cart.test.ts': lines(
    "import { addToCart } from '../src/cart';",
    "import { search } from '../src/search';",
    '',
    "it.only('adds an item', () => expect(addToCart([], 'tea')).toEqual(['tea']));",
    '',
    "it.skip('finds an item', () => expect(search(['tea'], 't')).toHaveLength(1));",
  ),
  'tools/report.py': lines(
    'import json',
    'import sys',
    '',
    '',
    'def load(path):',
    '    try:',
    '        return json.load(open(path))',
    '    except Exception:',
    '        pass',
    '',
    '',
    'if __name__ == "__main__":',
    '    load(sys.argv[1])',
  ),
  'assets/intro.mp4': new Uint8Array(1_400_000),
  'data/orders-2023.csv': lines('id,total', ...Array.from({ length: 60_000 }, (_, at) => `${at},${at * 7}.50`)),
  'node_modules/left-pad/index.js': lines('module.exports = (text, length) => text.padStart(length);'),
  'node_modules/left-pad/package.json': lines('{ "name": "left-pad", "version": "1.3.0" }'),
  'src/cart.ts.orig': lines('export function addToCart() {}'),
};

const decoys: Files = {
  '.env.example': lines(
    'PORT=3000',
    'MAIL_API_TOKEN=your-token-here',
    'DATABASE_URL=postgres://user:password@localhost:5432/shop',
  ),
  'docs/keys.md': lines(
    '# Keys',
    '',
    `A key looks like \`${fakeAwsKey}\`; ask Bea for a real one.`,
    '',
    'Set `password = "changeme123"` at first.',
  ),
  'tests/fixtures/keys.ts': lines(
    `export const fakeKey = '${testKey}';`,
    "export const login = { user: 'ada', password: 'Secret-123!' };",
    `export const fakeAccess = '${`AKIA${'2E0A8F3B244C9986'}`}';`,
  ),
  'src/config/mail.ts': lines(
    'export const mail = {',
    "  password: process.env.MAIL_PASSWORD ?? '',",
    "  tokenHeader: 'x-mail-token-v2-header',",
    "  apiKey: '<insert your key>',",
    '};',
  ),
  'src/roadmap.ts': lines(
    "import './search';",
    '// TODO(ada): switch to the new ledger after 2093-01-31',
    "// The word TODO in a sentence is no note, and neither is 'FIXME' in quotes.",
    "export const roadmap = ['todo lists', 'debugger of dreams'];",
  ),
  'src/data/countries.ts': lines(
    "import '../roadmap';",
    'export const countries = [',
    ...Array.from({ length: 420 }, (_, at) => `  { code: 'C${at}', name: 'Country ${at}' },`),
    '];',
  ),
  'src/links.ts': lines(
    "import './data/countries';",
    '// See http://www.some-docs.io/guide for how this came to be.',
    '// A link: https://tea-shop.io, and http://localhost:3000 while developing.',
    "export const schema = 'http://www.w3.org/2000/svg';",
  ),
  'src/evaluate.ts': lines(
    "import './links';",
    '// eval is never called here; `evaluate` only looks like it.',
    'export function evaluate(retrieval: (text: string) => number): number {',
    "  return retrieval('eval(text)');",
    '}',
  ),
  'src/retry.ts': lines(
    "import './evaluate';",
    'export async function retry(work: () => Promise<void>): Promise<boolean> {',
    '  try {',
    '    await work();',
    '    return true;',
    '  } catch (error) {',
    '    if (error instanceof TypeError) throw error;',
    '    return false;',
    '  }',
    '}',
  ),
  'src/heading.ts': lines("import './retry';", '/*', 'Heading', '=======', '*/', 'export const heading = 1;'),
  'src/plugins/mint.ts': lines("export const taste = 'mint';"),
  'src/plugins/rose.ts': lines("export const taste = 'rose';"),
  'src/load-plugins.ts': lines(
    "import './heading';",
    "import { readdirSync } from 'node:fs';",
    "export const plugins = readdirSync(new URL('./plugins', import.meta.url)).map((name) => import('./plugins/' + name));",
  ),
  'tests/plugins.test.ts': lines("import '../src/load-plugins';", "it('loads', () => {});"),
  'vendor/tiny.min.js': `${'var a=1;'.repeat(400)}\n`,
};

const innocent: Files = Object.fromEntries(
  Array.from({ length: 36 }, (_, at) => [
    `src/teas/tea-${at}.ts`,
    lines(
      at === 0 ? "export const before = '';" : `import { tea as before } from './tea-${at - 1}';`,
      `/** Tea number ${at}. */`,
      `export const tea = 'tea ${at} after ' + before;`,
      `export const price${at} = ${at * 3 + 5};`,
    ),
  ]),
);

const authors = ['Ada Lovelace', 'Bea Brown', 'Cem Kaya', 'Dora Diaz'] as const;

function day(at: number): string {
  return new Date(Date.UTC(2026, 0, 3 + at * 4, 9)).toISOString();
}

/** The cart changes in 24 commits, always by others; the ledger in 9, always by Cem. */
function makeCommits(): MadeCommit[] {
  const commits: MadeCommit[] = [
    { files: innocent, message: 'Add the teas', author: authors[0], at: day(0) },
    { files: decoys, message: 'Add configuration and documents', author: authors[1], at: day(1) },
    { files: planted, message: 'Open the shop', author: authors[2], at: day(2) },
    {
      files: { 'tests/teas.test.ts': lines("import '../src/teas/tea-35';", "it('brews', () => {});") },
      author: authors[3],
      at: day(3),
    },
  ];
  for (let at = 0; at < 24; at += 1) {
    const cart = lines(
      ...Array.from({ length: at + 1 }, (_, step) => `// Step ${step} of the cart.`),
      String(planted['src/cart.ts']).trim(),
    );
    commits.push({
      files: { 'src/cart.ts': cart },
      message: `Cart: step ${at}`,
      author: authors[at % 4],
      at: day(4 + at * 2),
    });
    if (at % 2 === 0) {
      const ledger = lines(
        "import './cart';",
        ...Array.from({ length: at + 1 }, (_, row) => `export const row${row} = ${row};`),
      );
      commits.push({
        files: { 'src/ledger.ts': ledger },
        message: `Ledger: row ${at}`,
        author: authors[2],
        at: day(5 + at * 2),
      });
    } else {
      const note = lines('# Changes', '', ...Array.from({ length: at }, (_, row) => `- Change ${row}`));
      commits.push({
        files: { [`docs/changes-${at % 3}.md`]: note },
        message: `Tell change ${at}`,
        author: authors[1],
        at: day(5 + at * 2),
      });
    }
  }
  commits.push({
    files: { 'tests/ledger.test.ts': lines("import '../src/ledger';", "it('adds up', () => {});") },
    author: authors[3],
    at: day(60),
  });
  return commits;
}

export const plantedFacts: readonly PlantedFact[] = [
  { what: 'a leaked payment key', place: 'src/config/payments.ts:4', says: /Stripe key/ },
  { what: 'a leaked cloud key', place: 'src/config/storage.ts:4', says: /AWS access key/ },
  { what: 'a password in a connection string', place: 'config/database.yml:3', says: /connection string/ },
  { what: 'a committed .env', place: '.env:1', says: /environment file.*git/ },
  { what: 'a token in it', place: '.env:2', says: /secret/ },
  { what: 'a private key', place: 'deploy/server.key:1', says: /private key/ },
  { what: 'merge conflict markers', place: 'src/labels.ts:3', says: /merge conflict/ },
  { what: 'eval', place: 'src/rules.ts:3', says: /eval/ },
  { what: 'SQL put together', place: 'src/rules.ts:7', says: /SQL/ },
  { what: 'an overdue TODO', place: 'src/stock.ts:3', says: /2021-06-30.*past/ },
  { what: 'a function of 298 lines', place: 'src/billing/price-order.ts:4', says: /298 lines/ },
  { what: 'a dead file', place: 'src/legacy/export-orders.ts:1', says: /no other file/ },
  { what: 'a large binary', place: 'assets/intro.mp4:1', says: /binary.*1\.4 MB/ },
  { what: 'a huge data file', place: 'data/orders-2023.csv:1', says: /large text file/ },
  { what: 'a duplicate', place: 'src/mail/order-mail.ts:1', says: /identical.*invoice-mail/ },
  { what: 'a broken link', place: 'README.md:6', says: /docs\/deployment\.md/ },
  { what: 'a broken symbolic link', place: 'config/current.yml:1', says: /symbolic link/ },
  { what: 'an empty catch', place: 'src/stock.ts:7', says: /empty catch/ },
  { what: 'a broad except', place: 'tools/report.py:8', says: /except/ },
  { what: 'a focused test', place: 'tests/cart.test.ts:4', says: /focused test/ },
  { what: 'a skipped test', place: 'tests/cart.test.ts:6', says: /skipped test/ },
  { what: 'a debugger statement', place: 'src/levels.ts:4', says: /debugger/ },
  { what: 'debug output', place: 'src/levels.ts:2', says: /console/ },
  { what: 'an unencrypted address', place: 'src/levels.ts:3', says: /http:\/\/stock\.tea-shop\.io/ },
  { what: 'commented-out code', place: 'src/search.ts:3', says: /5 lines of commented-out code/ },
  { what: 'a very long line', place: 'src/search.ts:9', says: /characters/ },
  { what: 'no licence', place: 'LICENSE', says: /no LICENSE/ },
  { what: 'no lock file', place: 'package.json:4', says: /lock file/ },
  { what: 'committed packages', place: 'node_modules/left-pad/index.js:1', says: /node_modules/ },
  { what: 'a leftover of a merge tool', place: 'src/cart.ts.orig:1', says: /leftover|backup/ },
  { what: 'the hottest file', place: 'src/cart.ts:1', says: /25 commits/ },
  { what: 'a file of one author', place: 'src/ledger.ts:1', says: /only by Cem Kaya/ },
];

export const plantedDecoys: readonly Decoy[] = [
  { place: /\.env\.example/ },
  { place: /docs\/keys\.md/ },
  { place: /tests\/fixtures\/keys\.ts/ },
  { place: /src\/config\/mail\.ts/ },
  { place: /src\/roadmap\.ts/ },
  // It may be told as one of the largest files: that is true.
  { place: /src\/data\/countries\.ts/, says: /function|long line|no other file|identical/ },
  { place: /src\/links\.ts/ },
  { place: /src\/evaluate\.ts/ },
  { place: /src\/retry\.ts/ },
  { place: /src\/heading\.ts/ },
  { place: /src\/plugins/ },
  { place: /src\/load-plugins\.ts/ },
  { place: /tests\/plugins\.test\.ts/ },
  { place: /src\/teas/ },
  { place: /README\.md:3/ },
  { place: /docs\/architecture\.md/ },
  { place: /src\/billing\/money\.ts/ },
];

/** The secrets as they are: none of them may stand in a report. */
export const plantedSecrets: readonly string[] = [stripeKey, awsKey, dotenvToken, 'Gr33nLeaf!Oolong'];

/** Fills an empty folder that is a git repository already. */
export function fillReviewRepository(root: string): void {
  for (const made of makeCommits()) commit(root, made);
  symlinkSync('production.yml', join(root, 'config/current.yml'));
  commit(root, { files: {}, message: 'Point to the current configuration', author: authors[3], at: day(61) });
}

export function makeReviewRepository(): string {
  const root = makeRepository();
  fillReviewRepository(root);
  return root;
}

/** A small project in good order. */
export function makeTidyRepository(): string {
  const root = makeRepository();
  const files: Files = {
    'README.md': lines('# Tidy', '', 'Adds numbers. See [the code](src/index.js).'),
    LICENSE: lines('MIT License', '', 'Copyright 2026 Ada Lovelace'),
    '.gitignore': lines('node_modules/'),
    'src/index.js': lines("import { add } from './add.js';", '', 'export { add };'),
    'src/add.js': lines(
      '/** Adds two numbers. */',
      'export function add(left, right) {',
      '  return left + right;',
      '}',
    ),
    'test/add.test.js': lines(
      "import { add } from '../src/add.js';",
      '',
      "it('adds', () => expect(add(1, 2)).toBe(3));",
    ),
  };
  commit(root, { files, message: 'Add adding', at: day(0) });
  commit(root, {
    files: { 'src/add.js': String(files['src/add.js']).replace('two', 'both') },
    message: 'Say both',
    at: day(1),
  });
  return root;
}

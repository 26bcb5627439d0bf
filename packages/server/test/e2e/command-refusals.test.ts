// What the program does when it cannot do what was asked: one sentence with the mend, the right exit code, and nothing
// changed, whatever stands in the way.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it, onTestFinished } from 'vitest';
import { signIn } from '../api.ts';
import { eachDatabase, openPlace } from '../db.ts';
import { describeFolder } from '../folder-state.ts';
import { hashTables } from '../in-process-server.ts';
import { environmentOf, type ProgramResult, runProgram, serversOfGroup } from '../server-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'gathering-commands-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const missing = { dataDir: join(folder, 'no-data'), databaseUrl: undefined };

/** Where nothing is stored: whatever is said comes before anything is opened. */
const run = (args: readonly string[], more: Record<string, string> = {}) =>
  runProgram(args, environmentOf(missing, more), folder);

/** A sentence or a few for a person, not a stack. */
function expectSentence({ stderr }: ProgramResult): void {
  expect(stderr).not.toMatch(/\n\s+at |gathering failed in a way|node:internal/);
  expect(stderr.trim().split('\n').length).toBeLessThanOrEqual(3);
  expect(stderr.trim()).toMatch(/[.`?]$/);
}

const commands = ['serve', 'run', 'migrate', 'audit', 'secrets', 'doctor'];

it('every command explains itself, and the program names all of them', async () => {
  const [program, ...each] = await Promise.all([run(['--help']), ...commands.map((name) => run([name, '--help']))]);
  expect(program.code).toBe(0);
  for (const [at, name] of commands.entries()) {
    expect(program.stdout).toMatch(new RegExp(`^  ${name} +[A-Z]`, 'm'));
    expect(each[at]?.code).toBe(0);
    expect(each[at]?.stdout).toContain(`Usage: gathering ${name}`);
    expect(each[at]?.stdout).toContain('--help');
  }
  expect(describeFolder(missing.dataDir)).toBeNull();
});

it('a command line that is not understood ends with code 2 and says what was expected', async () => {
  const lines: [string[], RegExp][] = [
    [[], /Usage: gathering <command>/],
    [['fly'], /There is no command "fly".*serve, run, migrate, audit, secrets, doctor/],
    [['serve', '--fly'], /'--fly'.*gathering serve --help/],
    [['serve', 'more'], /"more" is one word too many/],
    [['audit', 'burn'], /There is no "gathering audit burn"/],
    [['audit', 'verify', '--expect', '12'], /--expect is <position>:<hash>/],
    [['audit', 'verify', '--output', 'x'], /--output does not belong to this/],
    [['audit', 'export'], /--output is missing/],
    [['audit', 'export', '--output', 'x', '--from', 'yesterday'], /--from does not fit/],
    [['audit', 'export', '--output', 'x', '--result', 'well'], /--result does not fit/],
    [['secrets', 'tell'], /There is no "gathering secrets tell"/],
    [['run'], /Something is missing: gathering run <pipeline file>/],
    [['run', 'a.yaml', '--project'], /'--project <value>' argument missing|--project/],
    [['run', 'a.yaml', '--project', 'a', '--project', 'b'], /--project was given more than once/],
    [['run', 'a.yaml', 'b.yaml'], /"b.yaml" is one word too many/],
    [['run', 'no-such-file.yaml'], /The pipeline file no-such-file.yaml cannot be read/],
    [['migrate', '--check=yes'], /--check/],
    [['doctor', '-x'], /'-x'/],
  ];
  const results = await Promise.all(lines.map(([args]) => run(args)));
  for (const [at, [args, words]] of lines.entries()) {
    const { code, stdout, stderr } = results[at] as ProgramResult;
    expect([args, code]).toEqual([args, 2]);
    expect(stdout + stderr).toMatch(words);
  }
  expect(describeFolder(missing.dataDir)).toBeNull();
});

it('a project that is no folder and a result that cannot be written are refused before anything is run', async () => {
  writeFileSync(join(folder, 'calm.yaml'), 'name: Calm\nnodes:\n  - { id: start, type: trigger }\nedges: []\n');
  const lines: [string[], RegExp][] = [
    [['--project', 'nowhere'], /nowhere cannot be a project: it does not exist\. Name an existing/],
    [['--project', 'calm.yaml'], /calm\.yaml cannot be a project: it is not a folder\. Name an existing/],
    [['--output', 'nowhere/result.md'], /cannot be written: there is no folder .*nowhere\. Name a file/],
    [['--output', folder], /cannot be written: it is a folder\. Name a file/],
  ];
  const results = await Promise.all(lines.map(([args]) => run(['run', 'calm.yaml', ...args])));
  for (const [at, [args, words]] of lines.entries()) {
    const result = results[at] as ProgramResult;
    expect([args, result.code, result.stdout]).toEqual([args, 2, '']);
    expectSentence(result);
    expect(result.stderr).toMatch(words);
  }
  const unreadable = await run(['run', folder]);
  expect([unreadable.code, unreadable.stderr]).toEqual([
    2,
    `The pipeline file ${folder} cannot be read: it is a folder.\n`,
  ]);
  expect(describeFolder(missing.dataDir)).toBeNull();
});

it('a setting that cannot be is named, with all others that cannot', async () => {
  const result = await run(['serve'], { PORT: 'many', GATHERING_DRAIN_MS: '-1', GATHERING_TYPO: '1' });
  expect(result.code).toBe(1);
  for (const name of ['PORT', 'GATHERING_DRAIN_MS', 'GATHERING_TYPO'])
    expect(result.stderr).toContain(`  ${name}: got`);
  expect(describeFolder(missing.dataDir)).toBeNull();
});

const faulty = `name: Faulty
nodes:
  - id: start
    type: trigger
  - id: a
    type: teleport
  - id: b
    type: delay
    config: { second: 5 }
  - id: c
    type: condition
    config:
      expression: input.size >
  - id: d
    type: agent
    config: { task: Go, agentId: nobody }
  - id: alone
    type: parallel
edges:
  - { from: start, to: a }
  - { from: a, to: b }
  - { from: b, to: c }
  - { from: c, to: d, when: then }
  - { from: d, to: b }
  - { from: d, to: nowhere }
`;

// promise: faults-with-line-and-column
it('a pipeline file with faults is refused with every fault and its place', async () => {
  writeFileSync(join(folder, 'faulty.yaml'), faulty);
  const { code, stderr } = await run(['run', 'faulty.yaml']);
  expect(code).toBe(2);
  const faults = stderr.trim().split('\n');
  const expected: [string, RegExp][] = [
    ['6:11', /unknown type "teleport"/],
    ['9:15', /no setting "second"/],
    ['13:31', /Node "c"/],
    ['16:34', /no agent "nobody"/],
    ['17:5', /"alone" cannot be reached/],
    ['25:20', /no node "nowhere"/],
    ['22:5', /circle: b -> c -> d -> b/],
  ];
  for (const [place, words] of expected) {
    const found = faults.find((line) => words.test(line)) ?? `none for ${words} in\n${stderr}`;
    expect(found).toMatch(new RegExp(`^faulty\\.yaml:${place}: `));
  }
  expect(faults.at(-1)).toMatch(/^\d+ faults; nothing was run\.$/);
});

it('a file that is no pipeline is refused where it begins to be none', async () => {
  const files: [string, string, RegExp][] = [
    ['syntax.yaml', 'name: [a\nnodes: b: c', /^syntax\.yaml:\d+:\d+: /m],
    ['syntax.json', '{"name": "a",\n "nodes": [}', /^syntax\.json:2:\d+: /m],
    [
      'form.yaml',
      'name: A\nnodes:\n  - id: "two words"\n    type: trigger\nedges: []\nmore: 1',
      /^form\.yaml:3:9: [\s\S]*^form\.yaml:6:\d+: .*"more"/m,
    ],
    ['empty.yaml', '', /^empty\.yaml:1:1: /m],
    [
      'form-and-schema.yaml',
      'name: A\nnodes:\n  - id: s\n    type: trigger\n    config:\n      input: { type: nothing }\nedges: []\nmore: 1',
      /^form-and-schema\.yaml:6:14: .*JSON Schema[\s\S]*^form-and-schema\.yaml:8:1: .*"more"/m,
    ],
    [
      'schema.yaml',
      'name: A\nnodes:\n  - id: s\n    type: trigger\n    config:\n      input: { type: nothing }\nedges: []',
      /^schema\.yaml:6:14: /m,
    ],
  ];
  for (const [name, text] of files) writeFileSync(join(folder, name), text);
  const results = await Promise.all(files.map(([name]) => run(['run', name])));
  for (const [at, [name, , words]] of files.entries()) {
    expect([name, results[at]?.code]).toEqual([name, 2]);
    expect(results[at]?.stderr).toMatch(words);
  }
  expect(describeFolder(missing.dataDir)).toBeNull();
});

// promise: refused-start-changes-nothing
it('a database that cannot be reached is named, and nothing is made', async () => {
  writeFileSync(join(folder, 'fine.yaml'), 'name: Fine\nnodes:\n  - { id: start, type: trigger }\nedges: []\n');
  const env = { DATABASE_URL: 'postgres://user:hidden-password@127.0.0.1:9/gathering' };
  for (const args of [['serve', '--no-dashboard'], ['run', 'fine.yaml'], ['migrate'], ['migrate', '--check']]) {
    const result = await run(args, env);
    expect([args, result.code]).toEqual([args, 1]);
    expectSentence(result);
    expect(result.stderr).toMatch(/127\.0\.0\.1:9.*cannot be reached.*Check that it runs/);
    expect(result.stderr).not.toContain('hidden-password');
  }
  expect(describeFolder(missing.dataDir)).toBeNull();
  const doctor = await run(['doctor', '--json'], env);
  expect(doctor.code).toBe(1);
  expect(JSON.parse(doctor.stdout).findings).toContainEqual(
    expect.objectContaining({ level: 'fault', what: 'The database is not usable.' }),
  );
});

it('a check of what there is to migrate makes nothing', async () => {
  const result = await run(['migrate', '--check']);
  expect([result.code, result.stderr]).toEqual([1, '']);
  expect(result.stdout).toMatch(/^To be applied: 0001_audit\.sql, /);
  expect(describeFolder(missing.dataDir)).toBeNull();
  expect((await run(['doctor'])).stdout).toContain('does not exist yet');
  expect(describeFolder(missing.dataDir)).toBeNull();
});

eachDatabase((_open, makePlace, kind) => {
  const start = serversOfGroup();

  it('a database of a newer version is left alone', async () => {
    const place = await makePlace();
    const change = async <T>(work: (database: Awaited<ReturnType<typeof openPlace>>) => Promise<T>): Promise<T> => {
      const database = await openPlace(place);
      try {
        return await work(database);
      } finally {
        await database.close();
      }
    };
    const before = await change(async (database) => {
      await database.query(
        "insert into public.gathering_migrations (number, name, checksum) values (9999, '9999_future.sql', 'x')",
      );
      return hashTables(database);
    });
    writeFileSync(
      join(place.dataDir, 'fine.yaml'),
      'name: Fine\nnodes:\n  - { id: start, type: trigger }\nedges: []\n',
    );
    const files = listNames(place.dataDir);
    for (const args of [
      ['serve', '--no-dashboard'],
      ['run', join(place.dataDir, 'fine.yaml')],
      ['migrate', '--check'],
    ]) {
      const result = await runProgram(args, environmentOf(place, { PORT: '0' }));
      expect([args[0], result.code]).toEqual([args[0], 1]);
      expectSentence(result);
      expect(result.stderr).toMatch(/newer than this program.*9999_future\.sql.*Start the newer version/);
    }
    expect(await change(hashTables)).toEqual(before);
    expect(listNames(place.dataDir)).toEqual(files);
  });

  it('a key file that is damaged stops the start', async () => {
    const place = await makePlace();
    writeFileSync(join(place.dataDir, 'secret.key'), 'half a k', { mode: 0o600 });
    const before = describeFolder(place.dataDir);
    const result = await runProgram(['serve', '--no-dashboard'], environmentOf(place, { PORT: '0' }));
    expect(result.code).toBe(1);
    expectSentence(result);
    expect(result.stderr).toMatch(/secret\.key does not hold 32 bytes in base64: restore it from a backup/);
    expect(describeFolder(place.dataDir)).toEqual(before);
  });

  it('a port that is taken stops the start', async () => {
    const place = await makePlace();
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void other.close());
    const { port } = other.address() as AddressInfo;
    const before = describeFolder(place.dataDir);
    const result = await runProgram(['serve', '--no-dashboard'], environmentOf(place, { PORT: String(port) }));
    expect(result.code).toBe(1);
    expectSentence(result);
    expect(result.stderr).toMatch(new RegExp(`Port ${port} on 127.0.0.1 is taken.*PORT=<number>`));
    expect(describeFolder(place.dataDir)).toEqual(before);
  });

  if (kind === 'server') return;

  // promise: second-process-refused
  it('a second process on one data folder is refused and the first is not disturbed', async () => {
    const place = await makePlace();
    const first = await start(place);
    const api = await signIn(first.url);
    const second = await runProgram(['serve', '--no-dashboard'], environmentOf(place, { PORT: '0' }));
    expect(second.code).toBe(1);
    expectSentence(second);
    expect(second.stderr).toMatch(new RegExp(`is in use by process ${first.pid}\\. Stop that one first`));
    expect((await api.request('GET', '/api/health/ready')).status).toBe(200);
    const migrate = await runProgram(['migrate'], environmentOf(place));
    expect([migrate.code, migrate.stdout]).toEqual([0, expect.stringMatching(/current/)]);
    const doctor = await runProgram(['doctor'], environmentOf(place));
    expect(doctor.code).toBe(0);
    expect(doctor.stdout).toContain(`A server is ready at ${first.url}`);
    // Killed, it leaves names behind that mislead nobody.
    await first.kill();
    const after = await runProgram(['migrate', '--check'], environmentOf(place));
    expect([after.code, after.stdout]).toEqual([0, 'The database is current.\n']);
  });
});

const listNames = (place: string) =>
  (describeFolder(place) ?? []).map((line) => line.split(' ')[0]).filter((name) => !name?.startsWith('/db/'));

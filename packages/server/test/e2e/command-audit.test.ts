// `gathering audit`, while a server works on the database and while none does: the same verdict, the same lines.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportAuditRoute, listAuditRoute, readAuditSealRoute } from '@gathering/contract/audit';
import { afterAll, expect, it } from 'vitest';
import { type Api, signIn } from '../api.ts';
import { type DatabasePlace, eachDatabase } from '../db.ts';
import { environmentOf, runProgram, serversOfGroup } from '../server-process.ts';
import { waitFor } from '../wait-for.ts';

const folder = mkdtempSync(join(tmpdir(), 'gathering-audit-command-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (place: DatabasePlace, ...args: string[]) => runProgram(['audit', ...args], environmentOf(place));

interface Line {
  readonly action: string;
  readonly id: string;
  readonly position: number | null;
  readonly hash: string | null;
}
const readLines = (file: string): Line[] =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);

const whenSealed = (api: Api) =>
  waitFor('everything to be sealed', async () => {
    const seal = await api.call(readAuditSealRoute, {});
    return seal.unsealed.count === 0 && seal;
  });

eachDatabase((_open, makePlace) => {
  const start = serversOfGroup();

  it('verifies and exports through the server, and without it', async () => {
    const place = await makePlace();
    const server = await start(place);
    const api = await signIn(server.url);
    const { position, hash } = await whenSealed(api);
    const verified = await run(place, 'verify', '--expect', `${position}:${hash}`);
    expect([verified.code, verified.stderr]).toEqual([0, '']);
    expect(verified.stdout).toMatch(/^The audit is whole: \d+ entries/);
    const [served, alone] = [join(folder, `served-${place.kind}`), join(folder, `alone-${place.kind}`)];
    const exported = await run(place, 'export', '--output', served);
    expect([exported.code, exported.stderr]).toEqual([0, '']);
    expect(statSync(served).mode & 0o777).toBe(0o600);
    await whenSealed(api);
    await server.stop();

    expect((await run(place, 'verify')).code).toBe(0);
    writeFileSync(alone, 'what was there before');
    const later = await run(place, 'export', '--output', alone);
    expect(later.stdout).toBe(`${readLines(alone).length} entries were written to ${alone}.\n`);
    const [before, after] = [readLines(served), readLines(alone)];
    expect(before.at(-1)).toMatchObject({ action: 'audit.export' });
    // What was sealed then is the same now, and more has come.
    const sealed = before.filter((line) => line.position !== null);
    expect(sealed.length).toBeGreaterThan(0);
    expect(after).toEqual(expect.arrayContaining(sealed));
    expect(after.length).toBeGreaterThan(before.length);
    const only = await run(
      place,
      'export',
      '--output',
      alone,
      '--action',
      'auth.sign-in',
      '--from',
      '2020-01-01T00:00:00Z',
    );
    expect(only.code).toBe(0);
    expect(new Set(readLines(alone).map(({ action }) => action))).toEqual(new Set(['auth.sign-in']));
  });

  it('leaves nothing where it cannot write, and says so', async () => {
    const place = await makePlace();
    const missing = join(folder, 'no-such-folder', 'audit.jsonl');
    const failed = await run(place, 'export', '--output', missing);
    expect([failed.code, failed.stderr]).toEqual([1, expect.stringContaining(`${missing} cannot be written`)]);
    expect(existsSync(missing)).toBe(false);
    const nowhere = { ...place, dataDir: join(folder, 'empty'), databaseUrl: undefined };
    const nothing = await run(nowhere, 'verify');
    expect([nothing.code, nothing.stderr]).toEqual([1, expect.stringContaining('There is no database in')]);
    expect(existsSync(nowhere.dataDir)).toBe(false);
    expect(readdirSync(folder).filter((name) => name.includes('audit.jsonl'))).toEqual([]);
  });

  it('a stream is refused like any answer, and is sent line by line', async () => {
    const api = await signIn((await start(await makePlace())).url);
    const path = `/api${exportAuditRoute.path}`;
    const refused = await api.request('GET', `${path}?from=yesterday`);
    expect([refused.status, refused.headers.get('content-type')]).toEqual([
      400,
      expect.stringContaining('application/problem+json'),
    ]);
    expect((await fetch(`${api.url}${path}`)).status).toBe(401);
    const reply = await api.request('GET', `${path}?action=auth.sign-in`);
    expect([reply.status, reply.headers.get('content-type')]).toEqual([200, 'application/x-ndjson; charset=utf-8']);
    const lines = (await reply.text()).trimEnd().split('\n');
    const listed = await api.call(listAuditRoute, { query: { action: 'auth.sign-in', limit: 200 } });
    expect(lines.map((line) => JSON.parse(line).id)).toEqual(listed.items.map(({ id }) => id).reverse());
    const { paths } = (await (await fetch(`${api.url}/api/openapi.json`)).json()) as {
      paths: Record<string, { get: { responses: Record<string, { content: object }> } }>;
    };
    expect(Object.keys(paths[path]?.get.responses['200']?.content ?? {})).toEqual(['application/x-ndjson']);
  });
});

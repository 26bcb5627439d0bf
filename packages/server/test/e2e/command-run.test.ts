// `gathering run`: a pipeline file from start to result with nothing set up, cut off and taken up again, and through the
// server that holds the data folder.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cancelRunRoute, listRunsRoute, runSchema } from '@gathering/contract/pipelines';
import { expect, it } from 'vitest';
import { signIn, waitForEnd } from '../api.ts';
import { type DatabasePlace, eachDatabase, openPlace } from '../db.ts';
import { startOutsideServer } from '../fakes/http-server.ts';
import { makeProject, makeRepository } from '../make-repository.ts';
import { environmentOf, runProgram, serversOfGroup, startProgram } from '../server-process.ts';
import { waitFor } from '../wait-for.ts';

const examples = fileURLToPath(new URL('../../../../examples/', import.meta.url));

/** Calls `url` once and tells what it answered. */
const callingFile = (url: string) => `name: Calling
nodes:
  - { id: start, type: trigger, config: { input: { type: object, properties: { who: { type: string }, times: { type: integer } } } } }
  - { id: first, type: action, config: { kind: notify, title: 'Hello {{ input.who }}' } }
  - { id: call, type: action, config: { kind: callApi, url: '${url}' } }
edges:
  - { from: start, to: first }
  - { from: first, to: call }
`;

/** How many runs there are, and node ends by node. */
async function readStored(place: DatabasePlace) {
  const database = await openPlace(place);
  try {
    const runs = await database.query<{ id: string; status: string }>('select id, status from pipeline.runs');
    const ends = await database.query<{ node: string; count: number }>(
      `select payload ->> 'nodeId' as node, count(*)::int as count from event.events
        where type = 'pipelines.node-ended' group by 1 order by 1`,
    );
    return { runs: runs.rows, ends: Object.fromEntries(ends.rows.map(({ node, count }) => [node, count])) };
  } finally {
    await database.close();
  }
}

eachDatabase((_open, makePlace, kind) => {
  const start = serversOfGroup();

  it('the exit code is 0 for a run that completed and for no other', async () => {
    const place = await makePlace();
    const outside = await startOutsideServer(({ path }, reply) =>
      path === '/bad' ? reply.writeHead(500).end('no') : undefined,
    );
    const env = environmentOf(place, { GATHERING_EGRESS_ALLOW: outside.hostPort });
    const folder = makeProject({
      'good.yaml': callingFile(`${outside.url}/good`),
      'bad.yaml': callingFile(`${outside.url}/bad`),
    });
    const good = await runProgram(['run', 'good.yaml', '--input', 'who=12', '--output', 'result.json'], env, folder);
    expect([good.code, good.stdout]).toEqual([0, '']);
    expect(good.stderr).toMatch(/✓ first +completed/);
    expect(JSON.parse(readFileSync(join(folder, 'result.json'), 'utf8')).call).toMatchObject({ body: { ok: true } });

    const json = await runProgram(['run', 'good.yaml', '--input', 'who=12', '--json', '--quiet'], env, folder);
    const run = runSchema.parse(JSON.parse(json.stdout));
    expect([json.code, json.stderr, run.status, run.input]).toEqual([0, '', 'completed', { who: '12' }]);

    const bad = await runProgram(['run', 'bad.yaml', '--input', 'who=me', '--output', 'none.json'], env, folder);
    expect(bad.code).toBe(1);
    expect(bad.stderr).toMatch(/The run ended as failed at node "call": GET .*\/bad answered 500\.\n.*acceptStatus/);
    expect(existsSync(join(folder, 'none.json'))).toBe(false);

    const wrong = await runProgram(['run', 'good.yaml', '--input', 'who=me', '--input', 'times=often'], env, folder);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringMatching(/--input: .*\/times.*integer/)]);
  });

  // promise: command-goes-on
  it('killed and started again it goes on with the same run, and does nothing twice', async () => {
    const place = await makePlace();
    let hangs = true;
    const outside = await startOutsideServer(() => (hangs ? 'hang' : undefined));
    const env = environmentOf(place, { GATHERING_EGRESS_ALLOW: outside.hostPort });
    const folder = makeProject({ 'calling.yaml': callingFile(`${outside.url}/slow`) });
    const words = ['run', 'calling.yaml', '--input', 'who=me'];
    const first = startProgram(words, env, folder);
    await waitFor('the call', () => outside.calls.length === 1);
    if (kind === 'embedded') {
      const other = await runProgram(words, env, folder);
      expect([other.code, other.stderr]).toEqual([
        1,
        expect.stringContaining(`Process ${first.pid} works on the data`),
      ]);
    }
    await first.kill();
    hangs = false;
    const second = await runProgram(words, env, folder);
    expect([second.code, JSON.parse(second.stdout)]).toMatchObject([0, { call: { status: 200 } }]);
    expect(second.stderr).toMatch(/Going on with run [0-9a-f-]{36}, which was cut off/);
    const stored = await readStored(place);
    expect(stored.runs.map(({ status }) => status)).toEqual(['completed']);
    expect(stored.ends).toEqual({ start: 1, first: 1, call: 1 });
    expect(outside.calls).toHaveLength(2);
    const third = await runProgram(words, env, folder);
    expect([third.code, /Going on/.test(third.stderr)]).toEqual([0, false]);
    expect((await readStored(place)).runs).toHaveLength(2);
  });

  if (kind === 'server') return;

  // promise: command-works-through-server
  it('works through the server that holds the data folder', async () => {
    const place = await makePlace();
    const outside = await startOutsideServer(({ path }) => (path === '/hangs' ? 'hang' : undefined));
    const server = await start(place, { env: { GATHERING_EGRESS_ALLOW: outside.hostPort } });
    const api = await signIn(server.url);
    const env = environmentOf(place);
    const folder = makeProject({
      'calling.yaml': callingFile(`${outside.url}/fine`),
      'hanging.yaml': callingFile(`${outside.url}/hangs`),
      'faulty.yaml': callingFile(`${outside.url}/fine`).replace('kind: notify', 'kind: callTool, tool: no_such'),
      'agent.yaml':
        'name: A\nnodes:\n  - { id: s, type: trigger }\n  - { id: a, type: agent, config: { agentId: nobody, task: Go } }\nedges: [{ from: s, to: a }]\n',
    });
    const done = await runProgram(['run', 'calling.yaml', '--input', 'who=me', '--project', '.'], env, folder);
    expect([done.code, JSON.parse(done.stdout)]).toMatchObject([0, { call: { status: 200 } }]);
    const faulty = await runProgram(['run', 'faulty.yaml'], env, folder);
    expect([faulty.code, faulty.stderr]).toEqual([2, expect.stringMatching(/^faulty\.yaml:4:\d+: .*no_such|title/m)]);
    const nobody = await runProgram(['run', 'agent.yaml'], env, folder);
    expect([nobody.code, nobody.stderr]).toEqual([2, expect.stringMatching(/^agent\.yaml:4:\d+: .*nobody/m)]);

    // Whoever watched goes away, the run stays; whoever comes back watches the same one.
    const watching = startProgram(['run', 'hanging.yaml', '--input', 'who=me'], env, folder);
    await waitFor('the call', () => outside.callsOf('/hangs').length === 1);
    await watching.kill();
    const { items } = await api.call(listRunsRoute, { query: { status: 'running' } });
    expect(items).toHaveLength(1);
    const again = startProgram(['run', 'hanging.yaml', '--input', 'who=me'], env, folder);
    await waitFor('it to watch again', () => again.stderr().includes(`Going on with run ${items[0]?.id}`));
    await api.call(cancelRunRoute, { params: { id: items[0]?.id ?? '' } });
    expect((await again.ended).code).toBe(1);
    expect(again.stderr()).toContain('The run ended as cancelled');
    expect((await waitForEnd(api, items[0]?.id ?? '')).status).toBe('cancelled');
    expect(outside.callsOf('/hangs')).toHaveLength(1);
  });

  it('after a server that was killed it opens the folder itself, and the run of that server goes on', async () => {
    const place = await makePlace();
    let hangs = true;
    const outside = await startOutsideServer(() => (hangs ? 'hang' : undefined));
    const server = await start(place, { env: { GATHERING_EGRESS_ALLOW: outside.hostPort } });
    const folder = makeProject({ 'calling.yaml': callingFile(`${outside.url}/slow`) });
    const env = environmentOf(place, { GATHERING_EGRESS_ALLOW: outside.hostPort });
    const words = ['run', 'calling.yaml', '--input', 'who=me'];
    const watching = startProgram(words, env, folder);
    await waitFor('the call', () => outside.calls.length === 1);
    await server.kill();
    const { code } = await watching.ended;
    expect([code, watching.stderr()]).toEqual([1, expect.stringContaining('server cannot be reached')]);
    const alone = startProgram(words, env, folder);
    await waitFor('the call again', () => outside.calls.length === 2);
    // The dead server's address lies there still; who holds the folder now is another.
    const other = await runProgram(words, env, folder);
    expect([other.code, other.stderr]).toEqual([1, expect.stringContaining(`Process ${alone.pid} works on the data`)]);
    await alone.kill();
    hangs = false;
    expect((await runProgram(words, env, folder)).code).toBe(0);
    expect((await readStored(place)).runs.map(({ status }) => status)).toEqual(['completed']);
  });

  // promise: offline-needs-nothing
  it('the example reviews a repository on a new machine: no account, no key, no network, no database', async () => {
    const root = makeRepository([
      { files: { 'src/app.ts': 'export const key = 1;\n', 'README.md': '# Demo\n' }, message: 'begin' },
      { files: { 'src/app.ts': 'export const key = 2;\n// TODO(2020-01-01): remove this\n' }, message: 'change' },
    ]);
    const dataDir = join(makeProject(), 'data');
    const { PATH } = process.env;
    const env = { PATH, GATHERING_DATA_DIR: dataDir };
    const report = join(dataDir, '..', 'review.md');
    const args = ['run', join(examples, 'repository-review.yaml'), '--project', root, '--output', report];
    const result = await runProgram(args, env, root);
    expect([result.code, result.stdout]).toEqual([0, '']);
    const text = readFileSync(report, 'utf8');
    expect(text).toContain('src/app.ts:2');
    expect(text).toMatch(/offline/i);
  });

  it('the second example waits, calls an API and tells of its answer', async () => {
    const outside = await startOutsideServer();
    const env = environmentOf(await makePlace(), { GATHERING_EGRESS_ALLOW: outside.hostPort });
    const args = ['run', join(examples, 'wait-and-call.yaml'), '--input', `url=${outside.url}/ready`];
    const result = await runProgram(args, env, makeProject());
    expect([result.code, JSON.parse(result.stdout)]).toMatchObject([0, { tell: { title: 'The API answered 200' } }]);
    expect(outside.callsOf('/ready')).toHaveLength(1);
  });
});

// What starts a pipeline without a person, over HTTP with all roles running: webhooks, events, and requests that come twice.
import { createHmac, randomBytes } from 'node:crypto';
import type { Problem } from '@gathering/contract/errors';
import type { PipelineDefinition } from '@gathering/contract/pipeline-definition';
import { changePipelineRoute, listRunsRoute, runDefinitionRoute, startRunRoute } from '@gathering/contract/pipelines';
import * as triggers from '@gathering/contract/pipelines-triggers';
import * as versions from '@gathering/contract/pipelines-versions';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, chain, createPipeline, makeDefinition, readRun, signIn, waitForEnd } from '../api.ts';
import { eachDatabase } from '../db.ts';
import { hashTables, type InProcessServer, startInProcess } from '../in-process-server.ts';
import { waitFor } from '../wait-for.ts';

const orderSchema = {
  type: 'object',
  properties: { order: { type: 'integer' } },
  required: ['order'],
  additionalProperties: false,
};
const tell = (name: string, input?: typeof orderSchema): PipelineDefinition =>
  makeDefinition(
    name,
    [{ id: 'tell', type: 'action', config: { kind: 'notify', title: 'Told' } }],
    chain('start', 'tell'),
    input,
  );

interface Answer {
  readonly status: number;
  readonly body: Partial<Problem> & { runId?: string; repeated?: boolean };
}

async function deliver(url: string, body: string, headers: Record<string, string> = {}): Promise<Answer> {
  const init = { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } };
  const reply = await fetch(url, init);
  return { status: reply.status, body: (await reply.json()) as Answer['body'] };
}

/** As the guide says. */
function sign(secret: string, body: string, secondsAgo = 0): Record<string, string> {
  const timestamp = String(Math.floor(Date.now() / 1000) - secondsAgo);
  const signature = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
  return { 'x-gathering-timestamp': timestamp, 'x-gathering-signature': `sha256=${signature}` };
}

eachDatabase((_open, makePlace, kind) => {
  let server: InProcessServer;
  let other: InProcessServer;
  let api: Api;
  beforeAll(async () => {
    const place = await makePlace();
    const settings = { GATHERING_RATE_LIMITS: 'off', GATHERING_SECRET_KEY: randomBytes(32).toString('base64') };
    server = await startInProcess(place, settings);
    // The embedded database has one process, so there the second instance is the first.
    const { dataDir } = kind === 'server' ? await makePlace({ empty: true }) : place;
    other = kind === 'server' ? await startInProcess({ ...place, dataDir }, settings) : server;
    api = await signIn(server.url);
  });
  afterAll(async () => {
    await server?.stop();
    if (other !== server) await other?.stop();
  });
  /** The same address at another instance. */
  const atEither = (url: string, index: number) => (index % 2 === 0 ? url : url.replace(server.url, other.url));

  async function makeHook(
    name: string,
    { signed = false, input }: { signed?: boolean; input?: typeof orderSchema } = {},
  ) {
    const pipeline = await createPipeline(api, tell(name, input));
    const params = { id: pipeline.id };
    const body = { kind: 'webhook' as const, name: 'Hook', signed };
    const { trigger, url, secret } = await api.call(triggers.createTriggerRoute, { params, body });
    return { pipelineId: pipeline.id, trigger, url: url ?? '', secret: secret ?? '' };
  }
  const runsOf = async (pipelineId: string) =>
    (await api.call(listRunsRoute, { query: { pipelineId, limit: 200 } })).items;
  const stateOf = async ({ pipelineId }: { pipelineId: string }) =>
    (await api.call(triggers.listTriggersRoute, { params: { id: pipelineId } })).items[0];

  describe('a webhook', () => {
    it('starts a run with its body as input, which goes on by itself', async () => {
      const hook = await makeHook('Orders', { input: orderSchema });
      const { status, body } = await deliver(hook.url, '{"order":7}');
      expect({ status, repeated: body.repeated }).toEqual({ status: 202, repeated: false });
      const run = await waitForEnd(api, body.runId ?? '');
      expect(run).toMatchObject({
        status: 'completed',
        input: { order: 7 },
        pipelineVersion: 1,
        triggerId: hook.trigger.id,
      });
      expect(await stateOf(hook)).toMatchObject({ firedCount: 1, lastRefusal: null });
    });

    it('without a body gives an empty input', async () => {
      const hook = await makeHook('Bare');
      const reply = await fetch(hook.url, { method: 'POST' });
      const { runId = '' } = (await reply.json()) as Answer['body'];
      expect((await readRun(api, runId)).input).toEqual({});
    });

    // promise: webhook-once
    it('that is signed takes each signature once, and starts nothing for a wrong, old or missing one', async () => {
      const hook = await makeHook('Signed', { signed: true });
      const body = '{"order": 1}';
      const good = sign(hook.secret, body);
      expect((await deliver(hook.url, body, good)).status).toBe(202);
      const refusals: [string, Answer, number, string][] = [
        ['again', await deliver(hook.url, body, good), 409, 'pipelines.hook-replayed'],
        [
          'another key',
          await deliver(hook.url, body, { ...good, 'idempotency-key': 'n' }),
          409,
          'pipelines.hook-replayed',
        ],
        ['another body', await deliver(hook.url, '{"order": 2}', good), 401, 'pipelines.hook-signature-invalid'],
        ['another secret', await deliver(hook.url, body, sign('other', body)), 401, 'pipelines.hook-signature-invalid'],
        [
          'too old',
          await deliver(hook.url, body, sign(hook.secret, body, 301)),
          401,
          'pipelines.hook-signature-invalid',
        ],
        ['unsigned', await deliver(hook.url, body), 401, 'pipelines.hook-signature-invalid'],
      ];
      for (const [what, got, status, code] of refusals)
        expect([what, got.status, got.body.code]).toEqual([what, status, code]);
      expect(refusals[5]?.[1].body.faults?.map(({ rule }) => rule)).toEqual(['missing', 'missing']);
      expect(await runsOf(hook.pipelineId)).toHaveLength(1);
      expect(await stateOf(hook)).toMatchObject({ firedCount: 1, refusedCount: 2 });
    });

    it('of twenty deliveries of one signed request at once, to several instances, starts one run', async () => {
      const hook = await makeHook('Race', { signed: true });
      const headers = sign(hook.secret, '{}');
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, index) => deliver(atEither(hook.url, index), '{}', headers)),
      );
      expect(answers.map(({ status }) => status).toSorted()).toEqual([202, ...Array.from({ length: 19 }, () => 409)]);
      expect(await runsOf(hook.pipelineId)).toHaveLength(1);
    });

    it('with an idempotency key starts one run for all deliveries, and tells another body apart', async () => {
      const hook = await makeHook('Keyed', { signed: true });
      const send = (body: string, index = 0) =>
        deliver(atEither(hook.url, index), body, { ...sign(hook.secret, body), 'idempotency-key': 'k' });
      const answers = await Promise.all(Array.from({ length: 10 }, (_, index) => send('{"a":1}', index)));
      expect(new Set(answers.map(({ status, body }) => `${status} ${body.runId}`)).size).toBe(1);
      expect(answers.filter(({ body }) => body.repeated === false)).toHaveLength(1);
      expect(await send('{"a":1}')).toEqual({ status: 202, body: { runId: answers[0]?.body.runId, repeated: true } });
      const other = await send('{"a":2}');
      expect([other.status, other.body.code]).toEqual([422, 'pipelines.idempotency-mismatch']);
      expect(await runsOf(hook.pipelineId)).toHaveLength(1);
    });

    it('with a body that does not fit is refused with every fault, and nothing is half-saved', async () => {
      const hook = await makeHook('Strict', { signed: true, input: orderSchema });
      const body = '{"order":"seven","more":1}';
      const refused = await deliver(hook.url, body, sign(hook.secret, body));
      expect([refused.status, refused.body.code, refused.body.faults?.length]).toEqual([
        422,
        'pipelines.input-invalid',
        2,
      ]);
      expect(await runsOf(hook.pipelineId)).toEqual([]);
      const taken = 'select key from pipeline.start_keys where scope = $1';
      const { rowCount } = await server.database.query(taken, [`triggers/${hook.trigger.id}/signatures`]);
      expect(rowCount).toBe(0);
      // The signature of what was refused was not used up by that.
      const mended = '{"order":7}';
      expect((await deliver(hook.url, mended, sign(hook.secret, mended))).status).toBe(202);
      expect((await deliver(hook.url, '{"order":', {})).body.code).toBe('request.malformed');
      const deep = `${'['.repeat(500_000)}${']'.repeat(500_000)}`;
      expect((await deliver(hook.url, deep)).body.code).toBe('request.too-deep');
    });

    it('that is unknown, off, renewed or removed is not there', async () => {
      const hook = await makeHook('Gone');
      const params = { id: hook.pipelineId, triggerId: hook.trigger.id };
      const gone = { status: 404, body: { code: 'pipelines.hook-not-found' } };
      expect(await deliver(`${server.url}/api/hooks/hook_unknown`, '{}')).toMatchObject(gone);
      await api.call(triggers.changeTriggerRoute, { params, body: { enabled: false } });
      expect(await deliver(hook.url, '{}')).toMatchObject(gone);
      await api.call(triggers.changeTriggerRoute, { params, body: { enabled: true } });
      const renewed = await api.call(triggers.renewTriggerRoute, { params });
      expect(await deliver(hook.url, '{}')).toMatchObject(gone);
      expect((await deliver(renewed.url ?? '', '{}')).status).toBe(202);
      await api.call(triggers.removeTriggerRoute, { params });
      expect(await deliver(renewed.url ?? '', '{}')).toMatchObject(gone);
    });

    it('tells whoever calls it nothing of what is wrong with the pipeline', async () => {
      const hook = await makeHook('Broken');
      const gone = { id: 'ask', type: 'agent', config: { agentId: 'secret-agent', task: 'Do it.' } };
      const broken = makeDefinition('Broken', [gone], chain('start', 'ask'));
      await server.database.query('update pipeline.versions set definition = $2 where pipeline_id = $1', [
        hook.pipelineId,
        broken,
      ]);
      const refused = await deliver(hook.url, '{}');
      expect([refused.status, refused.body.code]).toEqual([409, 'pipelines.hook-unable']);
      expect(JSON.stringify(refused.body)).not.toContain('secret-agent');
      expect((await stateOf(hook))?.lastRefusal?.reason).toContain('secret-agent');
    });
  });

  it('an event starts a run of whoever follows it, seconds later at the most', async () => {
    const followed = await createPipeline(api, tell('Followed'));
    const follower = await createPipeline(api, tell('Follower'));
    await api.call(triggers.createTriggerRoute, {
      params: { id: follower.id },
      body: {
        kind: 'event',
        name: 'After it',
        types: ['pipelines.run-ended'],
        filter: `event.related.exists(one, one == "pipelines/${followed.id}")`,
      },
    });
    const { id } = await api.call(startRunRoute, { params: { id: followed.id }, body: {} });
    const run = await waitFor('the run of the follower', async () => (await runsOf(follower.id))[0]);
    expect(await waitForEnd(api, run.id)).toMatchObject({
      status: 'completed',
      input: { event: { subject: `runs/${id}`, payload: { status: 'completed' } } },
    });
  });

  it('a trigger with faults is refused with every fault and its place', async () => {
    const { id } = await createPipeline(api, tell('Faulty'));
    const make = (filter: string) =>
      api.call(triggers.createTriggerRoute, {
        params: { id },
        body: { kind: 'event', name: 'No', types: ['pipelines.run-ended'], filter },
      });
    const fault = { rule: 'expression', at: '/filter', in: 'body' };
    const refused = (column: number) => ({
      problem: { code: 'pipelines.trigger-invalid', faults: [{ ...fault, column }] },
    });
    await expect(make('event.type == ')).rejects.toMatchObject(refused(14));
    await expect(make('input.a == 1')).rejects.toMatchObject(refused(1));
    await expect(make('"text"')).rejects.toMatchObject(refused(1));
    const types = { types: ['pipelines.no-such'] as never, filter: '' };
    await expect(api.call(triggers.tryFilterRoute, { body: types })).rejects.toMatchObject({
      problem: { code: 'request.invalid' },
    });
    expect((await api.call(triggers.listTriggersRoute, { params: { id } })).items).toEqual([]);
  });

  it('a filter is tried on events that happened', async () => {
    const { id } = await createPipeline(api, tell('Tried'));
    const types = ['pipelines.created' as const];
    const tried = await api.call(triggers.tryFilterRoute, {
      body: { types, filter: 'event.payload.name == "Tried"' },
    });
    expect(tried).toMatchObject({ takenCount: 1, taken: [{ subject: `pipelines/${id}` }] });
    const failing = api.call(triggers.tryFilterRoute, { body: { types, filter: 'event.payload.nope == 1' } });
    await expect(failing).rejects.toMatchObject({ problem: { code: 'pipelines.trigger-invalid' } });
  });

  describe('a run', () => {
    // promise: start-once
    it('that is asked for many times with one idempotency key is started once', async () => {
      const { id } = await createPipeline(api, tell('Once'));
      const headers = { 'idempotency-key': 'one-of-them' };
      const ask = (input: object) =>
        api.call(startRunRoute, { params: { id }, headers, body: { input: input as never } });
      const runs = await Promise.all(Array.from({ length: 12 }, () => ask({ a: 1, b: 2 })));
      expect(new Set(runs.map((run) => run.id)).size).toBe(1);
      expect((await ask({ b: 2, a: 1 })).id).toBe(runs[0]?.id);
      expect(await runsOf(id)).toHaveLength(1);
      await expect(ask({ a: 2 })).rejects.toMatchObject({ problem: { code: 'pipelines.idempotency-mismatch' } });
      const spaced = { 'idempotency-key': 'two words' };
      const bad = api.call(startRunRoute, { params: { id }, headers: spaced, body: {} });
      await expect(bad).rejects.toMatchObject({
        problem: { code: 'request.invalid', faults: [{ in: 'headers', at: '/idempotency-key' }] },
      });
      const definition = tell('Unsaved');
      const free = () => api.call(runDefinitionRoute, { headers: { 'idempotency-key': 'free' }, body: { definition } });
      expect((await free()).id).toBe((await free()).id);
    });

    it('starts with the published version and stays on it; the draft runs when it is asked for', async () => {
      const { id } = await createPipeline(api, tell('Versions'));
      const params = { id };
      const changed = await api.call(changePipelineRoute, { params, body: { name: 'Changed' } });
      expect(changed).toMatchObject({ version: 2, publishedVersion: 1 });
      const start = (draft?: boolean) =>
        api.call(startRunRoute, { params, body: draft === undefined ? {} : { draft } });
      expect(await start()).toMatchObject({ pipelineName: 'Versions', pipelineVersion: 1 });
      expect(await start(true)).toMatchObject({ pipelineName: 'Changed', pipelineVersion: null });
      await api.call(versions.publishPipelineRoute, { params, body: {} });
      expect(await start()).toMatchObject({ pipelineName: 'Changed', pipelineVersion: 2 });
      await api.call(versions.rollBackPipelineRoute, { params: { id, version: 1 }, body: { note: 'Not good' } });
      const run = await start();
      expect(run).toMatchObject({ pipelineName: 'Versions', pipelineVersion: 3 });
      expect((await waitForEnd(api, run.id)).definition.name).toBe('Versions');
    });
  });

  describe('a file', () => {
    it('that was exported is imported as the same pipeline, and is the same file again', async () => {
      const { id } = await createPipeline(api, tell('Exported', orderSchema));
      const reply = await api.request('GET', `/api/pipelines/${id}/export?format=yaml`);
      expect([reply.status, reply.headers.get('content-type')]).toEqual([200, 'text/yaml; charset=utf-8']);
      const text = await reply.text();
      expect(text.split('\n')[0]).toBe('name: Exported');
      const made = await api.call(versions.importPipelineRoute, { body: { text } });
      expect(made).toMatchObject({ name: 'Exported', version: 1, publishedVersion: 1 });
      const again = await api.call(versions.exportPipelineRoute, { params: { id: made.id }, query: {} });
      expect(again).toBe(text);
      const body = { text: text.replace('Told', 'Told again'), pipelineId: id, version: 1 };
      const replaced = await api.request('POST', '/api/pipelines/import', {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      expect([replaced.status, await replaced.json()]).toMatchObject([200, { id, version: 2, publishedVersion: 1 }]);
      const first = { params: { id }, query: { version: 1 } };
      expect(await api.call(versions.exportPipelineRoute, first)).toBe(text);
    });

    it('with faults is refused with line and column of each, and nothing is stored', async () => {
      const text = [
        'name: Bad',
        'nodes:',
        '  - id: a',
        '    type: trigger',
        '  - {id: a, type: nope}',
        'edges: [{from: a, to: a}]',
      ];
      // The place of the triggers in the events moves by itself.
      const stored = async () => ({ ...(await hashTables(server.database)), 'pipeline.event_cursor': '' });
      const before = await stored();
      const refused = api.call(versions.importPipelineRoute, { body: { text: text.join('\n') } });
      const error = await refused.catch((caught: { problem: Problem }) => caught);
      expect('problem' in error && error.problem.faults?.map(({ rule, line }) => `${line} ${rule}`)).toEqual(
        expect.arrayContaining(['5 duplicate-id', '6 self-edge']),
      );
      expect(await stored()).toEqual(before);
    });
  });

  it('ten thousand nodes, self edges and ids that stand twice are refused quickly and by name', async () => {
    const many = Array.from({ length: 10_000 }, (_, index) => ({ id: `n${index}`, type: 'parallel', config: {} }));
    const large = api.request('POST', '/api/pipelines', {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'Large', description: '', nodes: many, edges: [] }),
    });
    const reply = await large;
    const problem = (await reply.json()) as Problem;
    expect([reply.status, problem.code]).toEqual([400, 'request.invalid']);
    expect(problem.faults?.[0]?.message).toMatch(/2500/);
    const twice = makeDefinition('Twice', [{ id: 'start', type: 'parallel' }], [['start', 'start']]);
    await expect(createPipeline(api, twice)).rejects.toMatchObject({
      problem: {
        code: 'pipelines.invalid',
        faults: expect.arrayContaining([
          expect.objectContaining({ rule: 'duplicate-id' }),
          expect.objectContaining({ rule: 'self-edge' }),
        ]),
      },
    });
  });
});

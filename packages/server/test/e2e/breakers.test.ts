// Hosts, tools and vendors that fail and recover, in front of the whole product: they are left alone, by two instances together,
// and found again by one call.
import { listAgentsRoute } from '@gathering/contract/agents';
import { createChatRoute, sendMessageRoute } from '@gathering/contract/agents-chats';
import { listBreakersRoute, resetBreakerRoute } from '@gathering/contract/operations-breakers';
import type { PipelineDefinition, PipelineNode } from '@gathering/contract/pipeline-definition';
import { afterEach, expect, it } from 'vitest';
import { openGround } from '../../src/boot/open-ground.ts';
import { BreakerOpen } from '../../src/platform/breakers.ts';
import { readConfig } from '../../src/platform/config.ts';
import type { Database } from '../../src/platform/db/database.ts';
import { createLog } from '../../src/platform/log.ts';
import {
  type Api,
  chain,
  type GivenNode,
  makeDefinition,
  nodeOf,
  signIn,
  startDefinition,
  startInFolder,
  waitForEnd,
} from '../api.ts';
import { type DatabasePlace, eachDatabase } from '../db.ts';
import { startOutsideServer } from '../fakes/http-server.ts';
import { startInProcess } from '../in-process-server.ts';
import { makeProject } from '../make-repository.ts';
import { environmentOf } from '../server-process.ts';
import { waitFor } from '../wait-for.ts';

/** What is open is to be tried now, as when its time was over. */
const endPauses = (database: Database) =>
  database.query("update breaker.breakers set opens_until = now() - interval '1 second' where state = 'open'");

const ids = (count: number) => Array.from({ length: count }, (_, at) => `call-${at}`);

/** Nodes one after the other; what fails does not stop the next. */
function inARow(
  nodes: readonly GivenNode[],
  policy: Partial<PipelineNode> = { onError: 'continue' },
): PipelineDefinition {
  const definition = makeDefinition('Calls', nodes, chain('start', ...nodes.map(({ id }) => id)));
  return {
    ...definition,
    nodes: definition.nodes.map((node) => (node.type === 'trigger' ? node : { ...node, ...policy })),
  };
}

const callNode = (id: string, url: string): GivenNode => ({
  id,
  type: 'action',
  config: { kind: 'callApi', url, method: 'GET' },
});
const getNode = (id: string, url: string): GivenNode => ({
  id,
  type: 'action',
  config: { kind: 'callTool', tool: 'http_get', arguments: { url } },
});

const breakersOf = async (api: Api) =>
  (await api.call(listBreakersRoute, { query: {} })).items.map(({ target, state, failures }) => [
    target,
    state,
    failures,
  ]);

eachDatabase((_open, makePlace, kind) => {
  const closers: Array<() => Promise<void>> = [];
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  async function start(hostPort: string, place?: DatabasePlace) {
    const server = await startInProcess(place ?? (await makePlace()), { GATHERING_EGRESS_ALLOW: hostPort });
    closers.push(() => server.stop());
    return { server, api: await signIn(server.url) };
  }

  it('a host that fails is left alone by nodes and tools alike, and found again by one call', async () => {
    let isDown = true;
    const outside = await startOutsideServer((_call, reply) => {
      if (isDown) reply.writeHead(503).end();
    });
    const { server, api } = await start(outside.hostPort);
    const folder = makeProject();
    const first = await startInFolder(api, inARow(ids(7).map((id) => callNode(id, outside.url))), folder);
    const failed = await waitForEnd(api, first.id);
    expect(outside.calls).toHaveLength(5);
    expect(failed.nodes.slice(1).map(({ error }) => error?.code)).toEqual([
      ...Array(5).fill('pipelines.api-status'),
      ...Array(2).fill('breaker.open'),
    ]);
    expect(nodeOf(failed, 'call-6').error?.message).toMatch(
      /failed 5 times in a row \(the last time: it answered 503\) and is left alone; it is tried again at \d\d:\d\d:\d\d UTC, in \d+ s\./,
    );
    const target = `host/${outside.hostPort}`;
    expect(await breakersOf(api)).toEqual([[target, 'open', 5]]);
    const byTool = await startDefinition(api, inARow([getNode('get', outside.url)]));
    expect(nodeOf(await waitForEnd(api, byTool.id), 'get').error?.code).toBe('breaker.open');
    expect(outside.calls).toHaveLength(5);

    isDown = false;
    await endPauses(server.database);
    const probing = inARow([getNode('get', outside.url), callNode('call', outside.url)], {});
    // The process hears of it within a second.
    await waitFor('the probe', async () => {
      const run = await startDefinition(api, probing);
      return (await waitForEnd(api, run.id)).status === 'completed';
    });
    expect(outside.calls).toHaveLength(7);
    expect(await breakersOf(api)).toEqual([[target, 'closed', 0]]);
  });

  it('refusals of a host, refused addresses and cancelled calls open nothing', async () => {
    const outside = await startOutsideServer((call, reply) => {
      if (call.path === '/hangs') return 'hang';
      reply.writeHead(call.path === '/busy' ? 429 : 404).end();
      return undefined;
    });
    const { api } = await start(outside.hostPort);
    const refused = ids(8).map((id, at) => {
      if (at % 2 === 0) return callNode(id, `${outside.url}/${at % 4 === 0 ? 'busy' : 'gone'}`);
      return at % 4 === 1 ? callNode(id, 'http://127.0.0.1:9/') : getNode(id, `${outside.url}/gone`);
    });
    await waitForEnd(api, (await startDefinition(api, inARow(refused))).id);
    const hanging = inARow(
      ids(6).map((id) => callNode(id, `${outside.url}/hangs`)),
      { onError: 'continue', timeoutSeconds: 0.1 },
    );
    await waitForEnd(api, (await startDefinition(api, hanging)).id);
    expect(outside.callsOf('/hangs')).toHaveLength(6);
    expect(await breakersOf(api)).toEqual([]);
  });

  it('a node that is tried again waits until its host may be asked', async () => {
    const outside = await startOutsideServer((_call, reply) => void reply.writeHead(503).end());
    const { server, api } = await start(outside.hostPort);
    const open = await startDefinition(api, inARow(ids(5).map((id) => callNode(id, outside.url))));
    await waitForEnd(api, open.id);
    const { items } = await api.call(listBreakersRoute, { query: {} });
    const again = inARow([callNode('call', outside.url)], { retry: { attempts: 3, baseSeconds: 0.01 } });
    const run = await startDefinition(api, again);
    const until = await waitFor('the node to wait', async () => {
      const { rows } = await server.database.query<{ until: Date }>(
        "select waiting_until as until from pipeline.node_runs where run_id = $1 and waiting_kind = 'retry'",
        [run.id],
      );
      return rows[0]?.until;
    });
    expect(until.getTime()).toBeGreaterThanOrEqual(Date.parse(items[0]?.opensUntil ?? ''));
    expect(outside.calls).toHaveLength(5);
  });

  it('a vendor that fails is not asked for a while, and its turns end at once with when it is', async () => {
    let isDown = true;
    const model = await startOutsideServer((_call, reply) => {
      const text = isDown ? '{"error":{"message":"down"}}' : '{"error":{"message":"no such key"}}';
      reply.writeHead(isDown ? 500 : 401, { 'content-type': 'application/json' }).end(text);
    });
    const { server, api } = await start(model.hostPort);
    const send = (method: string, path: string, body: unknown) =>
      api.request(method, path, { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } });
    const provider = { name: 'shaky', kind: 'openai-compatible', baseUrl: `${model.url}/v1`, models: [{ id: 'one' }] };
    expect((await send('POST', '/api/providers', provider)).status).toBe(201);
    const [agent] = (await api.call(listAgentsRoute, { query: { limit: 1 } })).items;
    const id = agent?.id ?? '';
    expect((await send('PATCH', `/api/agents/${id}`, { model: { provider: 'shaky', model: 'one' } })).status).toBe(200);
    const ask = async () => {
      const chat = await api.call(createChatRoute, { params: { id }, body: {} });
      const { turnId } = await api.call(sendMessageRoute, { params: { id: chat.id }, body: { text: 'Hello?' } });
      const { rows } = await server.database.query<{ detail: string }>('select detail from agent.turns where id = $1', [
        turnId,
      ]);
      return rows[0]?.detail;
    };
    expect(await ask()).toContain('after 5 tries');
    expect(await ask()).toMatch(
      /^The vendor shaky failed 5 times in a row .* and is left alone; it is tried again at /,
    );
    expect(model.calls).toHaveLength(5);
    expect(await breakersOf(api)).toEqual([['vendor/shaky', 'open', 5]]);
    isDown = false;
    await api.call(resetBreakerRoute, { body: { target: 'vendor/shaky' } });
    // What it refuses, it has answered.
    for (let time = 0; time < 6; time += 1) expect(await ask()).toContain('no such key');
    expect(model.calls).toHaveLength(11);
    expect(await breakersOf(api)).toEqual([['vendor/shaky', 'closed', 0]]);
  });

  it.runIf(kind === 'server')(
    'two instances let one probe through of 50 calls at once, and both hear of its answer',
    async () => {
      const place = await makePlace();
      const config = readConfig(environmentOf(place));
      const log = createLog('silent');
      const one = await openGround(config, log);
      closers.push(() => one.close());
      const two = await openGround(config, log);
      closers.push(() => two.close());
      const target = 'host/api.example.org:443';
      const on = (open: typeof one) => open.ground.breakers.of(target);
      for (let time = 0; time < 5; time += 1) {
        const failing = on(time % 2 === 0 ? one : two).run(
          async () => {
            throw new Error('down');
          },
          () => ({ failed: 'it answered 503' }),
        );
        await expect(failing).rejects.toThrow('down');
      }
      await endPauses(one.ground.database);
      for (const { ground } of [one, two]) ground.breakers.forget();
      const held = Promise.withResolvers<string>();
      const others = Promise.withResolvers<void>();
      const ends: string[] = [];
      let begun = 0;
      const calls = Array.from({ length: 50 }, async (_, at) => {
        try {
          const work = () => {
            begun += 1;
            return held.promise;
          };
          ends.push(await on(at % 2 === 0 ? one : two).run(work, () => 'answered'));
        } catch (error) {
          ends.push(error instanceof BreakerOpen ? 'refused' : String(error));
          if (ends.length === 49) others.resolve();
        }
      });
      await others.promise;
      expect([begun, new Set(ends)]).toEqual([1, new Set(['refused'])]);
      held.resolve('fine');
      await Promise.all(calls);
      expect(ends.filter((end) => end === 'fine')).toHaveLength(1);
      for (const open of [one, two]) open.ground.breakers.forget();
      const passes = await Promise.all(
        [one, two].map((open) =>
          on(open).run(
            async () => 'passes',
            () => 'answered',
          ),
        ),
      );
      expect(passes).toEqual(['passes', 'passes']);
      const { rows } = await one.ground.database.query<{ type: string }>(
        "select type from event.events where type like 'operations.breaker-%' order by xid, id",
      );
      expect(rows.map(({ type }) => type)).toEqual(['operations.breaker-opened', 'operations.breaker-closed']);
    },
  );
});

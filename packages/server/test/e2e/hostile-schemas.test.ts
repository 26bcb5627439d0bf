// Pipelines whose output schemas would hold up or end the server: refused when saved where that can be seen, else the
// node fails in bounded time and everything else goes on.
import { createAgentRoute, listPersonasRoute } from '@gathering/contract/agents';
import { maxSchemaCharacters, maxSchemaDepth } from '@gathering/contract/check-schemas';
import type { Json } from '@gathering/contract/json';
import type { Run } from '@gathering/contract/pipelines';
import { createProviderRoute } from '@gathering/contract/providers';
import { beforeAll, expect, it } from 'vitest';
import {
  type Api,
  chain,
  createPipeline,
  type GivenNode,
  makeDefinition,
  nodeOf,
  readRun,
  signIn,
  startDefinition,
  waitForEnd,
} from '../api.ts';
import { eachDatabase } from '../db.ts';
import { hostileSchemas, longText } from '../fakes/hostile-schemas.ts';
import { startModelServer, usage } from '../fakes/model-server.ts';
import { serversOfGroup } from '../server-process.ts';

eachDatabase((_open, makePlace) => {
  const start = serversOfGroup();
  let api: Api;
  beforeAll(async () => {
    api = await signIn((await start(await makePlace())).url);
  });

  const ask = (agentId: string, outputSchema: { readonly [key: string]: unknown }) => {
    const config = { agentId, task: longText, outputSchema: outputSchema as { [key: string]: Json } };
    return makeDefinition('Asks', [{ id: 'asks', type: 'agent', config }], chain('start', 'asks'));
  };
  const notify: GivenNode = { id: 'says', type: 'action', config: { kind: 'notify', title: 'Still here' } };

  /** Runs one for each schema with an agent; an honest run that begins after them ends before the last of them. */
  async function survive(agentOf: (answer: string) => Promise<string>): Promise<void> {
    const order: string[] = [];
    const runs: Run[] = [];
    for (const { schema, answer } of hostileSchemas)
      runs.push(await startDefinition(api, ask(await agentOf(answer), schema)));
    const all = Promise.all(runs.map(({ id }) => waitForEnd(api, id))).then((ended) => {
      order.push('the hostile runs ended');
      return ended;
    });
    const honest = await startDefinition(api, makeDefinition('Honest', [notify], chain('start', 'says')));
    expect((await waitForEnd(api, honest.id)).status).toBe('completed');
    expect((await api.request('GET', '/api/health/ready')).status).toBe(200);
    order.push('the honest run ended');
    for (const run of await all) {
      expect(run).toMatchObject({ status: 'failed', error: { code: 'agents.schema-unusable', nodeId: 'asks' } });
      expect(nodeOf(run, 'asks').error).toMatchObject({
        message: expect.stringMatching(/^The output schema cannot be used: .*make it simpler\.$/),
        next: expect.stringContaining('outputSchema'),
      });
    }
    expect(order).toEqual(['the honest run ended', 'the hostile runs ended']);
  }

  it('the offline model fails the node and the server goes on', async () => {
    await survive(async () => 'assistant');
  });

  it('a model that answers what makes the check endless fails the node and the server goes on', async () => {
    const { items } = await api.call(listPersonasRoute, { query: {} });
    const personaId = items[0]?.id ?? '';
    let agents = 0;
    await survive(async (answer) => {
      const model = await startModelServer();
      model.mock.on({}, { content: answer, usage });
      agents += 1;
      const name = `hostile-${agents}`;
      const provider = { name, kind: 'openai-compatible' as const, baseUrl: model.baseUrl, models: [{ id: 'fake-1' }] };
      await api.call(createProviderRoute, { body: provider });
      await api.call(createAgentRoute, {
        body: { name, handle: name, personaId, model: { provider: name, model: 'fake-1' } },
      });
      return name;
    });
  });

  it('a schema that is too large or too deep is refused when it is saved, with its node', async () => {
    let deep: { [key: string]: Json } = {};
    for (let level = 0; level < maxSchemaDepth + 1; level += 1) deep = { not: deep };
    const large = { enum: Array.from({ length: maxSchemaCharacters / 5 }, (_, at) => at + 100_000) };
    for (const [schema, rule] of [
      [deep, 'schema-too-deep'],
      [large, 'schema-too-large'],
    ] as const) {
      const at = '/nodes/1/config/outputSchema';
      const refused = { problem: { code: 'pipelines.invalid', faults: [{ rule, at, nodeId: 'asks' }] } };
      await expect(createPipeline(api, ask('assistant', schema))).rejects.toMatchObject(refused);
      await expect(startDefinition(api, ask('assistant', schema))).rejects.toMatchObject(refused);
    }
  });

  it('a schema with an answer is as good as before', async () => {
    const schema = { type: 'object', required: ['text'], properties: { text: { type: 'string' } } };
    const run = await startDefinition(api, ask('assistant', schema));
    expect((await waitForEnd(api, run.id)).status).toBe('completed');
    expect(nodeOf(await readRun(api, run.id), 'asks').output).toMatchObject({ data: { text: expect.any(String) } });
  });
});

// Nodes that wait for events while several instances compare them: each goes on once, with the first that fits, and nobody is told
// what they may not read.
import { loginRoute } from '@gathering/contract/auth';
import { listNotificationsRoute } from '@gathering/contract/notifications';
import { runDefinitionRoute } from '@gathering/contract/pipelines';
import { expect, it } from 'vitest';
import {
  type Api,
  chain,
  countEnds,
  createPipeline,
  makeDefinition,
  nodeOf,
  onceEach,
  readRun,
  signIn,
  startDefinition,
  waitForEnd,
  waitForRun,
  withToken,
} from '../api.ts';
import { eachDatabase } from '../db.ts';
import { startInProcess } from '../in-process-server.ts';
import { hashOnce, insertUser } from '../make-user.ts';

const oneNode = { id: 'one', type: 'transform', config: { expression: '1' } };
const waitsFor = (event: string, more: Record<string, string> = {}) =>
  makeDefinition(
    'Waiting',
    [{ id: 'wait', type: 'wait', config: { kind: 'event', event, ...more } }],
    chain('start', 'wait'),
  );
const isWaiting = (api: Api, id: string) =>
  waitForRun(api, id, 'to wait', (run) => nodeOf(run, 'wait').waitingFor?.kind === 'event');

eachDatabase((_open, makePlace, kind) => {
  it('thirty waits are each ended once, whichever instance sees the event', async () => {
    const place = await makePlace();
    const servers = [await startInProcess(place)];
    if (kind === 'server') servers.push(await startInProcess({ ...place, dataDir: (await makePlace()).dataDir }));
    try {
      const apis = await Promise.all(servers.map(({ url }) => signIn(url)));
      const [api, other = api] = apis as [Api, Api?];
      const names = Array.from({ length: 30 }, (_, at) => `Pipeline ${at}`);
      const definition = waitsFor('pipelines.created', { match: 'event.payload.name == key', key: '{{ input.name }}' });
      const runs = await Promise.all(
        names.map((name, at) => startDefinition(at % 2 === 0 ? api : other, definition, { name })),
      );
      for (const { id } of runs) await isWaiting(api, id);
      // Each is made twice, one of them by the other instance.
      const made = await Promise.all(
        names.flatMap((name) =>
          [api, other].map((from) => createPipeline(from, makeDefinition(name, [oneNode], chain('start', 'one')))),
        ),
      );
      for (const [at, { id }] of runs.entries()) {
        const ended = await waitForEnd(api, id);
        const subjects = made.filter(({ name }) => name === names[at]).map((pipeline) => `pipelines/${pipeline.id}`);
        const { subject } = nodeOf(ended, 'wait').output as { subject: string };
        expect(subjects).toContain(subject);
        expect(await countEnds(api, id)).toEqual(onceEach(ended));
      }
    } finally {
      await Promise.all(servers.map((server) => server.stop()));
    }
  });

  it('nobody hears by a wait of what they may not read', async () => {
    const server = await startInProcess(await makePlace());
    try {
      const owner = await signIn(server.url);
      const password = 'a long sentence for everybody';
      const { email } = await insertUser(server.database, { passwordHash: await hashOnce(password) });
      const { accessToken } = await withToken(server.url, '').call(loginRoute, { body: { email, password } });
      const member = withToken(server.url, accessToken);
      const definition = waitsFor('notifications.created');
      const [own, foreign] = await Promise.all(
        [owner, member].map((api) => api.call(runDefinitionRoute, { body: { definition } })),
      );
      for (const run of [own, foreign]) await isWaiting(owner, run?.id ?? '');
      const tell = { id: 'tell', type: 'action', config: { kind: 'notify', title: 'For the owner' } };
      await waitForEnd(
        owner,
        (await startDefinition(owner, makeDefinition('Tell', [tell], chain('start', 'tell')))).id,
      );
      // The owner's wait has ended with it: the member's was compared in the same round.
      expect((await waitForEnd(owner, own?.id ?? '')).status).toBe('completed');
      expect(nodeOf(await readRun(owner, foreign?.id ?? ''), 'wait').status).toBe('waiting');
      await waitForEnd(
        member,
        (await startDefinition(member, makeDefinition('Tell', [tell], chain('start', 'tell')))).id,
      );
      const ended = await waitForEnd(member, foreign?.id ?? '');
      const { items } = await member.call(listNotificationsRoute, { query: {} });
      expect(nodeOf(ended, 'wait').output).toMatchObject({ subject: `notifications/${items[0]?.id}` });
    } finally {
      await server.stop();
    }
  });
});

// What is shown while events come in and answers are read: nothing goes back.
import type { GatheringEvent } from '@gathering/contract/events';
import { QueryClient } from '@tanstack/react-query';
import { expect, it } from 'vitest';
import { keepFresh } from './keep-fresh.ts';
import type { LiveEvent } from './lib/socket.ts';

const runId = '0199aaaa-0000-7000-8000-000000000001';
const key = ['pipelines.read-run', { params: { id: runId } }];

const nodeOf = (id: string, status: string) => ({
  ...{ id, status, attempt: 0, startedAt: '2026-11-27T10:00:00.000Z' },
  endedAt: status === 'completed' ? '2026-11-27T10:00:01.000Z' : null,
});
const runOf = (...statuses: string[]) => ({
  ...{ id: runId, status: 'running', endedAt: null },
  nodes: statuses.map((status, at) => nodeOf(`n${at}`, status)),
  nodesDone: statuses.filter((status) => status === 'completed').length,
});
const ended = (nodeId: string): LiveEvent => ({
  cursor: '1-1',
  event: {
    ...{ id: '1', type: 'pipelines.node-ended', subject: `runs/${runId}`, related: [], actor: 'system/test' },
    ...{ payload: { nodeId, status: 'completed' }, at: '2026-11-27T10:00:02.000Z' },
  } as GatheringEvent,
});

function setUp() {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  let deliver: (batch: readonly LiveEvent[]) => void = () => undefined;
  const stop = keepFresh(client, {
    onEvents: (hear) => {
      deliver = hear;
      return () => undefined;
    },
    onLoss: () => () => undefined,
  });
  return { client, deliver: (...batch: LiveEvent[]) => deliver(batch), stop };
}

it('an answer that was asked for before an event does not take back what the event told', async () => {
  const { client, deliver, stop } = setUp();
  client.setQueryData(key, runOf('running', 'running'));
  const answer = Promise.withResolvers<unknown>();
  const read = client.fetchQuery({ queryKey: key, queryFn: () => answer.promise });
  deliver(ended('n0'));
  deliver(ended('n1'));
  expect(client.getQueryData(key)).toMatchObject({ nodesDone: 2 });
  answer.resolve(runOf('completed', 'running'));
  await read;
  expect(client.getQueryData(key)).toMatchObject({
    nodesDone: 2,
    nodes: [{ status: 'completed' }, { status: 'completed' }],
  });
  // What is read after that is taken as it is.
  await client.fetchQuery({ queryKey: key, queryFn: () => runOf('running', 'running'), staleTime: 0 });
  expect(client.getQueryData(key)).toMatchObject({ nodesDone: 0 });
  stop();
});

it('after a read that failed the next answer is taken as it is', async () => {
  const { client, deliver, stop } = setUp();
  client.setQueryData(key, runOf('running'));
  const answer = Promise.withResolvers<unknown>();
  const read = client.fetchQuery({ queryKey: key, queryFn: () => answer.promise });
  deliver(ended('n0'));
  answer.reject(new Error('The server is away.'));
  await expect(read).rejects.toThrow('away');
  await client.fetchQuery({ queryKey: key, queryFn: () => runOf('running'), staleTime: 0 });
  expect(client.getQueryData(key)).toMatchObject({ nodesDone: 0 });
  stop();
});

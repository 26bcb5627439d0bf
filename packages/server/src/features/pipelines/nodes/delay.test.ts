// A delay waits until its instant, is over when that has passed, and says so when there is none.
import type { NodeConfig } from '@gathering/contract/pipeline-definition';
import { expect, test } from 'vitest';
import type { Ctx } from '../../../ctx.ts';
import { ManualClock } from '../../../platform/clock.ts';
import type { NodeWorkRow } from '../store/runs.ts';
import { delayNode } from './delay.ts';
import { NodeFailure } from './node-kind.ts';

const start = new Date('2026-01-01T00:00:00Z');

function run(config: unknown, waitingUntil: Date | null = null, clock = new ManualClock(start)) {
  const ports: Pick<Ctx, 'clock'> = { clock };
  return delayNode.run({
    ctx: ports as Ctx,
    node: { node_id: 'wait', waiting_until: waitingUntil } as NodeWorkRow,
    config: config as NodeConfig<'delay'>,
    projectRoot: null,
    announce: () => Promise.resolve(true),
    evaluate: () => Promise.reject(new Error('A delay evaluates nothing by itself.')),
  });
}

test('seconds are counted from now', async () => {
  expect(await run({ seconds: 1.5 })).toEqual({ kind: 'wait-until', at: new Date('2026-01-01T00:00:01.500Z') });
});

test('no seconds are no wait', async () => {
  expect(await run({ seconds: 0 })).toEqual({ kind: 'completed', output: { until: start.toISOString() } });
});

test('an instant to come is waited for, in any zone', async () => {
  expect(await run({ until: '2026-01-01T02:00:00+01:00' })).toEqual({
    kind: 'wait-until',
    at: new Date('2026-01-01T01:00:00Z'),
  });
});

test('an instant that has passed is over at once', async () => {
  expect(await run({ until: '2025-12-31' })).toEqual({
    kind: 'completed',
    output: { until: '2025-12-31T00:00:00.000Z' },
  });
});

test('a delay that was waited for is over, and does not begin again', async () => {
  const clock = new ManualClock(start);
  const first = await run({ seconds: 60 }, null, clock);
  if (first.kind !== 'wait-until') throw new Error(`It should wait, not be ${first.kind}.`);
  clock.advance(60_000);
  expect(await run({ seconds: 60 }, first.at, clock)).toEqual({
    kind: 'completed',
    output: { until: '2026-01-01T00:01:00.000Z' },
  });
});

test.each(['tomorrow', '', '2026-02-30', '2026-01-01T09:00', 5, null, ['2026-01-01'], undefined])(
  'what a template made %j is no instant, and the failure says what is',
  async (until) => {
    const failure = await run({ until }).then(
      () => null,
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(NodeFailure);
    expect(failure).toMatchObject({ code: 'pipelines.delay-invalid', status: 'failed' });
    expect(String(failure)).not.toContain('undefined');
  },
);

// Which nodes a retry repeats, what a fork takes over, and that the counters of both are those that the run would have reached.
import type { NodeStatus } from '@gathering/contract/pipelines';
import { expect, test } from 'vitest';
import { countArrivals, findRetried, type GraphNode, planFork } from './restart-rules.ts';

type State = NodeStatus | { status: NodeStatus; type?: string; branch?: string; needs?: number; isOvercome?: boolean };

/** `a>b` is an edge, `a>b:then` one with a branch. */
function graph(states: Record<string, State>, edges: readonly string[]): GraphNode[] {
  return Object.entries(states).map(([id, state]) => {
    const {
      status,
      type = 'action',
      branch = null,
      needs = null,
      isOvercome = false,
    } = typeof state === 'string' ? { status: state } : state;
    const leaving = edges.flatMap((edge) => {
      const [from, to = '', when = null] = edge.split(/[>:]/);
      return from === id ? [{ to, when }] : [];
    });
    return {
      id,
      type,
      status,
      branch,
      needs,
      isOvercome,
      children: leaving.map(({ to }) => to),
      childWhen: leaving.map(({ when }) => when),
    };
  });
}

const trigger = { status: 'completed', type: 'trigger' } as const;

test('a retry repeats what failed or was stopped, and nothing that has ended', () => {
  const nodes = graph({ t: trigger, done: 'completed', failed: 'failed', beside: 'cancelled', join: 'cancelled' }, [
    't>done',
    't>failed',
    't>beside',
    'done>join',
    'failed>join',
    'beside>join',
  ]);
  const retried = findRetried(nodes);
  expect([...retried].sort()).toEqual(['beside', 'failed', 'join']);
  expect(Object.fromEntries(countArrivals(nodes, retried))).toEqual({
    failed: { waitingFor: 0, liveParents: 1 },
    beside: { waitingFor: 0, liveParents: 1 },
    join: { waitingFor: 2, liveParents: 1 },
  });
});

test('a failure that the run went on after is not repeated, and only the way that it took counts', () => {
  const nodes = graph(
    {
      t: trigger,
      routed: { status: 'failed', branch: 'error', isOvercome: true },
      usual: 'skipped',
      mend: 'completed',
      end: 'timed_out',
    },
    ['t>routed', 'routed>usual', 'routed>mend:error', 'usual>end', 'mend>end'],
  );
  const retried = findRetried(nodes);
  expect([...retried]).toEqual(['end']);
  expect(countArrivals(nodes, retried).get('end')).toEqual({ waitingFor: 0, liveParents: 1 });
});

test('a way that was not taken stays so, also behind a join that went on without a node that is repeated', () => {
  const nodes = graph(
    {
      t: trigger,
      quick: 'completed',
      slow: 'cancelled',
      first: { status: 'completed', type: 'join', needs: 1 },
      which: { status: 'completed', type: 'condition', branch: 'else' },
      not: 'skipped',
      yes: 'completed',
      order: 'cancelled',
    },
    [
      't>quick',
      't>slow',
      'quick>first',
      'slow>first',
      'first>which',
      'which>not:then',
      'which>yes:else',
      'not>order',
      'yes>order',
    ],
  );
  const retried = findRetried(nodes);
  expect([...retried].sort()).toEqual(['order', 'slow']);
  expect(countArrivals(nodes, retried).get('order')).toEqual({ waitingFor: 0, liveParents: 1 });
});

const chain = graph(
  { t: trigger, a: 'completed', b: 'completed', c: 'failed', beside: 'completed', open: 'cancelled' },
  ['t>a', 'a>b', 'b>c', 't>beside', 't>open'],
);

test('a fork takes over what came before and what has ended beside it, and runs the rest', () => {
  const { kept, faults } = planFork(chain, 'b', new Map([['a', { mended: true }]]));
  expect(faults).toEqual([]);
  expect(Object.fromEntries(kept)).toEqual({
    a: { status: 'completed', branch: null, output: { mended: true } },
    beside: { status: 'completed', branch: null },
  });
});

test('what a fork cannot do is named, each fault with its node', () => {
  const states: Record<string, State> = {
    t: trigger,
    which: { status: 'completed', type: 'condition', branch: 'then' },
    stopped: 'cancelled',
    here: 'cancelled',
    after: 'cancelled',
  };
  const nodes = graph(states, ['t>which', 'which>stopped:then', 'stopped>here', 'here>after']);
  const outputs = new Map(['t', 'which', 'after', 'nowhere'].map((id) => [id, 1]));
  expect(planFork(nodes, 'here', outputs).faults.map(({ rule, nodeId }) => [rule, nodeId])).toEqual([
    ['trigger', 't'],
    ['condition', 'which'],
    ['not-before', 'after'],
    ['unknown-node', 'nowhere'],
    ['not-ended', 'stopped'],
  ]);
});

test('what is given for a wait has arrived, and nobody speaks for those who approve', () => {
  const states: Record<string, State> = {
    t: trigger,
    paid: { status: 'cancelled', type: 'wait' },
    ask: { status: 'cancelled', type: 'approval' },
    here: 'cancelled',
  };
  const nodes = graph(states, ['t>paid', 'paid>ask:arrived', 'ask>here:approved']);
  const paid = planFork(nodes, 'ask', new Map([['paid', 1]]));
  expect(paid.faults).toEqual([]);
  expect(paid.kept.get('paid')).toEqual({ status: 'completed', branch: 'arrived', output: 1 });
  const both = new Map(['paid', 'ask'].map((id) => [id, 1]));
  expect(planFork(nodes, 'here', both).faults).toMatchObject([{ rule: 'approval', nodeId: 'ask' }]);
});

test('a fork at a node that the taken way does not lead to is refused', () => {
  const nodes = graph(
    { t: trigger, which: { status: 'completed', type: 'condition', branch: 'then' }, no: 'skipped', yes: 'completed' },
    ['t>which', 'which>no:else', 'which>yes:then'],
  );
  expect(planFork(nodes, 'no', new Map()).faults).toMatchObject([{ rule: 'skipped', nodeId: 'no' }]);
  expect(planFork(nodes, 'yes', new Map()).faults).toEqual([]);
  expect(planFork(nodes, 'which', new Map()).faults).toEqual([]);
});

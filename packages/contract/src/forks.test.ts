// Where a run can be forked, what must be given for it, and what that counts as: one rule for the browser and the server.
import { expect, test } from 'vitest';
import { type ForkedNode, findBack, isOvercome, judgeFork, keepNode } from './forks.ts';

type State = ForkedNode['status'] | Partial<ForkedNode>;

/** Edges such as `a>b`, or `a>b:then` with a branch; a node of which nothing is said has completed. */
function link(states: Record<string, State>, edges: string) {
  return edges.split(' ').map((edge) => {
    const [id = '', to = '', when = null] = edge.split(/[>:]/);
    const state = states[id] ?? 'completed';
    const more = typeof state === 'string' ? { status: state } : state;
    const from: ForkedNode = { id, type: 'action', status: 'pending', branch: null, isOvercome: false, ...more };
    return { from, to, when };
  });
}

const judge = (edges: ReturnType<typeof link>, nodeId: string, ...given: readonly string[]) => {
  const { missing, isCutOff } = judgeFork(edges, nodeId, new Map(given.map((id) => [id, null])));
  return [[...missing], isCutOff];
};
const trigger: State = { type: 'trigger' };

test('what has not arrived before a node is missing, as far back as nothing has, given or not', () => {
  const edges = link({ t: trigger, slow: 'running', b: 'cancelled', c: 'failed' }, 't>slow slow>a a>b b>c c>d');
  expect(judge(edges, 'a')).toEqual([['slow'], false]);
  expect(judge(edges, 'b')).toEqual([[], false]);
  expect(judge(edges, 'd', 'c')).toEqual([['c', 'b'], false]);
});

test('nothing is missing of a trigger, of what was skipped, and of a failure that the run went on after', () => {
  const routed: State = { status: 'failed', branch: 'error', isOvercome: true };
  const edges = link({ t: trigger, no: 'skipped', routed }, 't>end no>end routed>end routed>mend:error');
  expect(judge(edges, 'end')).toEqual([[], false]);
  expect(judge(edges, 'mend')).toEqual([[], false]);
  expect(judge(link({ routed }, 'routed>usual'), 'usual')).toEqual([[], true]);
});

test('a node is cut off when no way that was taken leads to it, unless an output is given on its way', () => {
  const which: State = { type: 'condition', status: 'completed', branch: 'yes' };
  const edges = link({ which, no: 'skipped' }, 'which>no:no which>yes:yes no>after no>end yes>end');
  const cutOff = ['which', 'no', 'yes', 'after', 'end'].filter((id) => judgeFork(edges, id).isCutOff);
  expect(cutOff).toEqual(['no', 'after']);
  expect(judge(edges, 'after', 'no')).toEqual([[], false]);
  expect([...findBack(edges, 'after', ({ status }) => status === 'skipped')]).toEqual(['no']);
});

test('what is given leads on as usual: a wait has heard what it waited for, and nothing has failed', () => {
  const edges = link(
    { paid: { type: 'wait', status: 'waiting' }, call: 'running' },
    'paid>send:arrived paid>remind:timeout call>next call>mend:error',
  );
  expect(judge(edges, 'send')).toEqual([['paid'], false]);
  expect(judge(edges, 'remind')).toEqual([['paid'], true]);
  expect(judge(edges, 'next')).toEqual([['call'], false]);
  expect(judge(edges, 'mend')).toEqual([['call'], true]);
});

test('a node counts as what it was or as what is given for it, and a trigger begins anew', () => {
  const node: ForkedNode = { id: 'a', type: 'wait', status: 'completed', branch: 'timeout', isOvercome: false };
  expect(keepNode(node, false)).toEqual({ status: 'completed', branch: 'timeout' });
  expect(keepNode(node, true)).toEqual({ status: 'completed', branch: 'arrived' });
  expect(keepNode({ ...node, status: 'cancelled' }, false)).toBeNull();
  expect(keepNode({ ...node, type: 'trigger' }, true)).toBeNull();
});

test('a run goes on after failures only, and where its definition says so', () => {
  const statuses = ['failed', 'timed_out', 'cancelled', 'completed'] as const;
  for (const onError of ['continue', 'route'] as const)
    expect(statuses.filter((status) => isOvercome(status, onError))).toEqual(['failed', 'timed_out']);
  expect(statuses.filter((status) => isOvercome(status, 'fail') || isOvercome(status, undefined))).toEqual([]);
});

// A transform: values made of values. It touches nothing, so it may be worked out again after a crash.
import type { Json } from '@gathering/contract/json';
import { evaluateAll } from '../read-scope.ts';
import type { NodeKind } from './node-kind.ts';

export const transformNode: NodeKind<'transform'> = {
  type: 'transform',
  plainKeys: ['expression', 'fields'],
  run: async ({ ctx, node, config }) => {
    if ('expression' in config) {
      const values = await evaluateAll(ctx, node, [config.expression]);
      return { kind: 'completed', output: (values.get(config.expression) ?? null) as Json };
    }
    const values = await evaluateAll(ctx, node, [...new Set(Object.values(config.fields))]);
    const fields = Object.entries(config.fields).map(([name, text]) => [name, values.get(text) ?? null]);
    return { kind: 'completed', output: Object.fromEntries(fields) as Json };
  },
};

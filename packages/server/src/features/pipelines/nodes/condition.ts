// A condition: its expression decides which edges are taken.
import { NodeFailure, type NodeKind } from './node-kind.ts';

export const conditionNode: NodeKind<'condition'> = {
  type: 'condition',
  plainKeys: ['expression'],
  run: async ({ config, evaluate }) => {
    const result = await evaluate(config.expression);
    if (typeof result !== 'boolean') {
      throw new NodeFailure(
        'pipelines.condition-not-boolean',
        `The condition gave ${JSON.stringify(result)?.slice(0, 200) ?? 'nothing'}, it must give true or false.`,
        { next: 'Compare the value with something, for example `... > 0`.' },
      );
    }
    return { kind: 'completed', output: { result }, branch: result ? 'then' : 'else' };
  },
};

// A condition: its expressions decide which edges are taken.
import type { NodeConfig } from '@gathering/contract/pipeline-definition';
import { NodeFailure, type NodeKind, type NodeWork } from './node-kind.ts';

export const conditionNode: NodeKind<'condition'> = {
  type: 'condition',
  plainKeys: ['expression', 'branches', 'otherwise'],
  run: async ({ config, evaluate }) => {
    if ('expression' in config) {
      const result = readTruth(await evaluate(config.expression), 'The condition');
      return { kind: 'completed', output: { result }, branch: result ? 'then' : 'else' };
    }
    const branch = await findBranch(config, evaluate);
    return { kind: 'completed', output: { result: branch }, branch };
  },
};

/** One after the other, so that a later one may rely on what an earlier one has asked. */
async function findBranch(
  { branches, otherwise }: Extract<NodeConfig<'condition'>, { branches: unknown }>,
  evaluate: NodeWork<'condition'>['evaluate'],
): Promise<string | null> {
  for (const { name, expression } of branches)
    if (readTruth(await evaluate(expression), `The branch "${name}"`)) return name;
  return otherwise ?? null;
}

function readTruth(result: unknown, what: string): boolean {
  if (typeof result === 'boolean') return result;
  throw new NodeFailure(
    'pipelines.condition-not-boolean',
    `${what} gave ${JSON.stringify(result)?.slice(0, 200) ?? 'nothing'}, it must give true or false.`,
    { next: 'Compare the value with something, for example `... > 0`.' },
  );
}

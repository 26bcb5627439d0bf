// The branches of a node: the names that `when` of its edges may have, the one that an edge without `when` stands for, and
// which edges are taken.
import { errorBranch, type PipelineEdge, type PipelineNode } from './pipeline-definition.ts';

export interface Branches {
  readonly names: readonly string[];
  /** What an edge without `when` means: one of the names; `always`: it is taken in any case; null: it must name one. */
  readonly plain: string | 'always' | null;
}

const namesOf = (list: unknown): string[] =>
  Array.isArray(list)
    ? list.flatMap((one: unknown) =>
        one !== null && typeof one === 'object' && 'name' in one && typeof one.name === 'string' ? [one.name] : [],
      )
    : [];

/** Null: it has none, its edges take no `when`. */
export function branchesOf({ type, config }: Pick<PipelineNode, 'type' | 'config'>): Branches | null {
  switch (type) {
    case 'condition': {
      if (config.branches === undefined) return { names: ['then', 'else'], plain: null };
      const { otherwise } = config;
      const names = [...namesOf(config.branches), ...(typeof otherwise === 'string' ? [otherwise] : [])];
      return { names: [...new Set(names)], plain: null };
    }
    case 'approval':
      return { names: ['approved', 'rejected', 'expired'], plain: 'approved' };
    case 'wait':
      return { names: ['arrived', 'timeout'], plain: config.onTimeout === 'continue' ? 'always' : 'arrived' };
    default:
      return null;
  }
}

/** The branch under which an edge is taken; null: always. */
export function takenWhen(
  edge: Pick<PipelineEdge, 'when'>,
  from: Pick<PipelineNode, 'type' | 'config'>,
): string | null {
  if (edge.when !== undefined) return edge.when;
  const plain = branchesOf(from)?.plain ?? 'always';
  return plain === 'always' ? null : plain;
}

/** Whether an edge is taken, as the statement that advances runs decides it. */
export const isTaken = (branch: string | null, when: string | null): boolean =>
  when === null ? branch !== errorBranch : when === branch;

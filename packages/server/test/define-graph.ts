// Definitions for tests, written as edges: `a>b`, or `a>b:then` for one with a branch.
import type { NodeType, PipelineDefinition } from '@gathering/contract/pipeline-definition';

type Node = NodeType | { readonly type: NodeType; readonly config: PipelineDefinition['nodes'][number]['config'] };

export function defineGraph(nodes: Readonly<Record<string, Node>>, edges: readonly string[]): PipelineDefinition {
  return {
    name: 'p',
    description: '',
    nodes: Object.entries(nodes).map(([id, node]) => ({
      id,
      ...(typeof node === 'string' ? { type: node, config: {} } : node),
    })),
    edges: edges.map((edge) => {
      const [from = '', to = '', when] = edge.split(/[>:]/);
      return when === undefined ? { from, to } : { from, to, when };
    }),
  };
}

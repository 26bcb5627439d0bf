// How the runs of a definition begin, worked out once for all of them: what is the same for each is sent to the database once
// for all runs that begin together. Kept for the definitions that began last; it can be made again from any of them.
import type { PipelineDefinition } from '@gathering/contract/pipeline-definition';
import { endedStatuses } from '@gathering/contract/pipelines';
import { createBoundedMap } from '../../platform/bounded-map.ts';
import { isControl, type KeptNode, type LaidOutNode, layOutRun } from './rules.ts';
import { type Shape, shapeOf } from './run-shapes.ts';

/** Nothing in it ever changes. */
export interface Layout {
  readonly definition: PipelineDefinition;
  /** The same as JSON. */
  readonly definitionText: string;
  readonly nodes: readonly LaidOutNode[];
  /** Nodes whose work begins with the run, in the order of the definition. */
  readonly ready: readonly LaidOutNode[];
  /** Control nodes that have ended with the start. */
  readonly passed: readonly LaidOutNode[];
  /** Those that lead nowhere: what they give is the output of the run. */
  readonly last: readonly LaidOutNode[];
  /** Nodes that have not ended with the start. */
  readonly openNodes: number;
  readonly shape: Shape;
}

/** In characters of definitions. */
const mostKept = 8 * 1024 * 1024;
const layouts = createBoundedMap<Layout>(mostKept, ({ definitionText }) => definitionText.length);

/** As `layOutRun`. The definition must not be changed any more. */
export function layoutOf(definition: PipelineDefinition, kept?: ReadonlyMap<string, KeptNode>): Layout {
  const definitionText = JSON.stringify(definition);
  // What is taken over from another run is that of one run only.
  if (kept !== undefined) return makeLayout(definition, definitionText, kept);
  const known = layouts.get(definitionText) ?? makeLayout(definition, definitionText);
  layouts.set(definitionText, known);
  return known;
}

function makeLayout(
  definition: PipelineDefinition,
  definitionText: string,
  kept?: ReadonlyMap<string, KeptNode>,
): Layout {
  const { nodes, ready } = layOutRun(definition, kept);
  return {
    definition,
    definitionText,
    nodes,
    ready,
    passed: nodes.filter(({ node, status }) => isControl(node.type) && status === 'completed'),
    last: nodes.filter(({ children }) => children.length === 0),
    openNodes: nodes.filter(({ status }) => !endedStatuses.includes(status)).length,
    shape: shapeOf(nodes),
  };
}

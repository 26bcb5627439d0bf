// The expressions of a definition: each is parsed and type-checked with the names that its place offers, and may read
// only nodes that come before its own.
import { type Links, orderNodes } from './ancestors.ts';
import type { Fault } from './errors.ts';
import { checkExpression, type ExpressionPlace, type ParsedExpression } from './expressions.ts';
import type { PipelineDefinition, PipelineNode } from './pipeline-definition.ts';
import { checkTemplate, textsOf } from './templates.ts';

interface Found {
  readonly pointer: string;
  readonly parsed: ParsedExpression;
}

/** Settings that name something or hold a schema: what looks like a template there is none. */
const plainSettings = new Set(['input', 'outputSchema', 'agentId', 'pipelineId', 'approvers', 'event']);

/** One that is empty or no text is a fault of its form, which is said already. */
function* whole(pointer: string, text: unknown, expects: 'bool' | 'any', scope: ExpressionPlace = 'node') {
  if (typeof text === 'string' && text !== '') yield { pointer, parsed: checkExpression(text, expects, scope) };
}

function* templatesIn(value: unknown, pointer: string, scope: ExpressionPlace = 'node'): Generator<Found> {
  for (const { text, pointer: inner } of textsOf(value, pointer))
    if (text.includes('{{')) yield { pointer: inner, parsed: checkTemplate(text, scope) };
}

function* branchExpressions(branches: unknown): Generator<Found> {
  if (!Array.isArray(branches)) return;
  for (const [index, branch] of branches.entries()) {
    if (branch !== null && typeof branch === 'object' && 'expression' in branch)
      yield* whole(`/branches/${index}/expression`, branch.expression, 'bool');
  }
}

function* fieldExpressions(fields: unknown): Generator<Found> {
  if (fields === null || typeof fields !== 'object' || Array.isArray(fields)) return;
  for (const { text, pointer } of textsOf(fields, '/fields')) yield* whole(pointer, text, 'any');
}

/** The texts of a node that hold expressions; JSON Schemas in a config hold none. */
function* expressionsOf({ type, config }: PipelineNode): Generator<Found> {
  switch (type) {
    case 'condition':
      yield* whole('/expression', config.expression, 'bool');
      yield* branchExpressions(config.branches);
      return;
    case 'transform':
      yield* whole('/expression', config.expression, 'any');
      yield* fieldExpressions(config.fields);
      return;
    case 'map':
      yield* whole('/items', config.items, 'any');
      yield* templatesIn(config.input, '/input', 'item');
      yield* templatesIn(config.task, '/task', 'item');
      return;
    case 'pipeline':
      yield* templatesIn(config.input, '/input');
      return;
    case 'wait':
      yield* whole('/match', config.match, 'bool', 'wait');
      yield* templatesIn(config.key, '/key');
      return;
    default: {
      const rest = Object.fromEntries(Object.entries(config).filter(([key]) => !plainSettings.has(key)));
      yield* templatesIn(rest, '');
    }
  }
}

/** `given`: nodes that expressions may refer to although the graph does not hold them. */
export function checkExpressions(
  definition: PipelineDefinition,
  previous: Links,
  given?: ReadonlySet<string>,
): Fault[] {
  const ids = new Set(definition.nodes.map((node) => node.id));
  const isBefore = orderNodes([...ids], previous);
  return definition.nodes.flatMap((node, index) => {
    return [...expressionsOf(node)].flatMap(({ pointer, parsed }): Fault[] => {
      const at = `/nodes/${index}/config${pointer}`;
      const faults: Fault[] = parsed.faults.map((fault) => ({
        at,
        rule: 'bad-expression',
        message: `Node "${node.id}": ${fault.message} (column ${fault.column}).`,
        column: fault.column,
        nodeId: node.id,
      }));
      for (const used of parsed.nodeIds) {
        if (given?.has(used.id) || isBefore(used.id, node.id)) continue;
        const why = ids.has(used.id) ? `node "${used.id}" does not come before it` : `there is no node "${used.id}"`;
        faults.push({
          at,
          rule: 'unknown-reference',
          message: `Node "${node.id}": ${why} (column ${used.column}).`,
          column: used.column,
          nodeId: node.id,
        });
      }
      return faults;
    });
  });
}

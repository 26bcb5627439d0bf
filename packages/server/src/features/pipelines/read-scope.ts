// The values that expressions of a node may read: input, outputs of earlier nodes, run and project.
import { checkExpression, type Evaluation } from '@gathering/contract/expressions';
import type { Json } from '@gathering/contract/json';
import { fillTemplates, TemplateTooLarge } from '@gathering/contract/templates';
import type { Ctx } from '../../ctx.ts';
import { readProject } from '../projects/index.ts';
import { evaluateExpressions, evaluateForEach } from './expressions/evaluate.ts';
import { NodeFailure } from './nodes/node-kind.ts';
import { type NodeWorkRow, readOutputs, readRunInput } from './store/runs.ts';

/** The ids that the expressions spell out; null: they read `nodes` in another way, so all are needed. */
function readNodeIds(expressions: readonly string[]): string[] | null {
  const ids = new Set<string>();
  for (const expression of expressions) {
    const mentions = expression.match(/\bnodes\b/g)?.length ?? 0;
    const { nodeIds } = checkExpression(expression, 'any', 'item');
    if (nodeIds.length < mentions) return null;
    for (const { id } of nodeIds) ids.add(id);
  }
  return [...ids];
}

async function readScope(ctx: Ctx, node: NodeWorkRow, expressions: readonly string[]): Promise<Record<string, Json>> {
  const uses = (name: string) => expressions.some((expression) => new RegExp(`\\b${name}\\b`).test(expression));
  const input = uses('input') ? await readRunInput(ctx.database, node.run_id) : null;
  const outputs = uses('nodes') ? await readOutputs(ctx.database, node.run_id, readNodeIds(expressions)) : [];
  const project = uses('project') && node.project_id !== null ? await readProject(ctx, node.project_id) : null;
  return {
    input,
    nodes: Object.fromEntries(outputs.map((row) => [row.node_id, { status: row.status, output: row.output }])),
    run: { id: node.run_id, startedAt: node.run_started_at?.toISOString() ?? null },
    project:
      project === null
        ? {}
        : { id: project.id, name: project.name, description: project.description, folder: project.folder },
  };
}

/** Values of the expressions, each by its text. Throws `NodeFailure` naming the expression that fails. */
export async function evaluateAll(
  ctx: Ctx,
  node: NodeWorkRow,
  expressions: readonly string[],
): Promise<Map<string, unknown>> {
  if (expressions.length === 0) return new Map();
  const scope = await readScope(ctx, node, expressions);
  const results = await evaluateExpressions(expressions, scope);
  return valuesOf(expressions, results, '');
}

/** As `evaluateAll`, for each item of a list. */
export async function evaluateEach(
  ctx: Ctx,
  node: NodeWorkRow,
  expressions: readonly string[],
  items: readonly unknown[],
): Promise<ReadonlyMap<string, unknown>[]> {
  if (expressions.length === 0) return items.map(() => new Map());
  const scope = await readScope(ctx, node, expressions);
  const results = await evaluateForEach(expressions, scope, items);
  return results.map((some, index) => valuesOf(expressions, some, ` for item ${index}`));
}

function valuesOf(expressions: readonly string[], results: readonly Evaluation[], where: string): Map<string, unknown> {
  return new Map(
    expressions.map((expression, index) => {
      const result = results[index];
      if (!result?.ok) {
        throw new NodeFailure(
          'pipelines.expression-failed',
          `The expression \`${expression.trim()}\` failed${where}: ${result?.message ?? 'no result'} (column ${result?.column ?? 1}).`,
          {
            next: 'Look at the outputs of the earlier nodes; guard what may be absent with has(...), and keep it simple.',
          },
        );
      }
      return [expression, result.value];
    }),
  );
}

/** Fills templates with these values. Throws `NodeFailure` where that grows without end. */
export function fillOrFail<T>(templates: T, values: ReadonlyMap<string, unknown>): T {
  try {
    return fillTemplates(templates, values) as T;
  } catch (cause) {
    if (!(cause instanceof TemplateTooLarge)) throw cause;
    // biome-ignore lint/style/useErrorCause: it is passed, beside the code
    throw new NodeFailure('pipelines.template-too-large', cause.message, { cause });
  }
}

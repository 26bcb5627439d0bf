// The expression language of conditions and templates: CEL, bounded and total. Parsing and checking are
// pure and shared with the browser; only the server's worker evaluates what a run uses.
import {
  type ASTNode,
  TypeError as CelTypeError,
  Environment,
  EvaluationError,
  ParseError,
} from '@marcbachmann/cel-js';

/** Names that an expression may use. */
export const expressionNames = ['input', 'nodes', 'run', 'project'] as const;

/** An expression larger than this is refused at save. Parsing stops there, so a huge text costs nothing. */
const limits = { maxAstNodes: 500, maxDepth: 40, maxListElements: 200, maxMapEntries: 200, maxCallArguments: 16 };

function createEnvironment(): Environment {
  const environment = new Environment({ homogeneousAggregateLiterals: false, limits });
  environment.registerVariable('input', 'dyn');
  environment.registerVariable('nodes', 'map<string, dyn>');
  environment.registerVariable('run', 'map<string, dyn>');
  environment.registerVariable('project', 'map<string, dyn>');
  return environment;
}
const environment = createEnvironment();

export interface ExpressionFault {
  readonly message: string;
  /** 1-based, within the expression's text. */
  readonly column: number;
}

export interface ParsedExpression {
  readonly faults: readonly ExpressionFault[];
  /** Ids of the nodes that it reads, as far as they are written out. */
  readonly nodeIds: ReadonlyArray<{ readonly id: string; readonly column: number }>;
}

function faultOf(error: unknown): ExpressionFault {
  if (error instanceof ParseError || error instanceof CelTypeError || error instanceof EvaluationError) {
    return { message: error.summary, column: (error.range?.start ?? 0) + 1 };
  }
  throw error;
}

/** Node ids read by `nodes.<id>` and `nodes["<id>"]`, and calls of functions that have no bounded cost. */
function inspect(root: ASTNode): { nodeIds: ParsedExpression['nodeIds']; faults: ExpressionFault[] } {
  const nodeIds: Array<{ id: string; column: number }> = [];
  const faults: ExpressionFault[] = [];
  const pending: unknown[] = [root];
  while (pending.length > 0) {
    const item = pending.pop();
    if (Array.isArray(item)) {
      pending.push(...item);
      continue;
    }
    if (item === null || typeof item !== 'object' || !('op' in item) || !('args' in item)) continue;
    const node = item as ASTNode;
    if (node.op === '.' && node.args[0].op === 'id' && node.args[0].args === 'nodes') {
      nodeIds.push({ id: node.args[1], column: node.range.start + 1 });
    }
    if (node.op === '[]' && node.args[0].op === 'id' && node.args[0].args === 'nodes' && node.args[1].op === 'value') {
      nodeIds.push({ id: String(node.args[1].args), column: node.range.start + 1 });
    }
    if ((node.op === 'rcall' || node.op === 'call') && node.args[0] === 'matches') {
      faults.push({
        message: '`matches` is not offered, since a pattern can take for ever; use contains, startsWith or endsWith',
        column: node.range.start + 1,
      });
    }
    pending.push(node.args);
  }
  return { nodeIds, faults };
}

/** Parses and type-checks. Never throws on bad text. */
export function checkExpression(text: string, expects: 'bool' | 'any' = 'any'): ParsedExpression {
  try {
    const parsed = environment.parse(text);
    const { nodeIds, faults } = inspect(parsed.ast);
    const checked = parsed.check();
    if (!checked.valid) faults.push(faultOf(checked.error));
    else if (expects === 'bool' && checked.type !== 'bool' && checked.type !== 'dyn') {
      faults.push({ message: `a condition must be true or false, this is a value of type ${checked.type}`, column: 1 });
    }
    return { faults, nodeIds };
  } catch (error) {
    return { faults: [faultOf(error)], nodeIds: [] };
  }
}

/** JSON numbers that are whole become CEL integers, so that `input.count + 1` means what it says. */
function toCel(value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(toCel);
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toCel(item)]));
  }
  return value;
}

function fromCel(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value === undefined) return null;
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(fromCel);
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [String(key), fromCel(item)]));
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fromCel(item)]));
  }
  return value;
}

export type Evaluation =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly message: string; readonly column: number };

/**
 * Evaluates an expression that was checked before. Its time is not bounded here: call it where it can be
 * cut off (the server's expression worker).
 */
export function evaluateExpression(text: string, scope: Readonly<Record<string, unknown>>): Evaluation {
  try {
    return { ok: true, value: fromCel(environment.parse(text)(toCel(scope) as Record<string, unknown>)) };
  } catch (error) {
    const fault = faultOf(error);
    return { ok: false, ...fault };
  }
}

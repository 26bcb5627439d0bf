// The expression language of conditions and templates: CEL, bounded and total. Parsing and checking are
// pure and shared with the browser; only the server's worker evaluates what a run uses.
import { type ASTNode, TypeError as CelTypeError, EvaluationError, ParseError } from '@marcbachmann/cel-js';
import { Duration, Environment, UnsignedInt } from '@marcbachmann/cel-js/evaluator';
import { storableText } from './storable.ts';

/** Names that every expression of a node may use. */
export const expressionNames = ['input', 'nodes', 'run', 'project'] as const;

/**
 * Where an expression stands: in a node, in what is done for each item of a list, over an event that is waited for, or in the
 * filter of a trigger that follows events.
 */
export type ExpressionPlace = 'node' | 'item' | 'wait' | 'event';
const namesOf: Readonly<Record<ExpressionPlace, readonly string[]>> = {
  node: expressionNames,
  item: [...expressionNames, 'item', 'index'],
  wait: ['event', 'key'],
  event: ['event'],
};

/** An expression larger than this is refused at save. Parsing stops there, so a huge text costs nothing. */
const limits = { maxAstNodes: 500, maxDepth: 40, maxListElements: 200, maxMapEntries: 200, maxCallArguments: 16 };
export const maxExpressionLength = 10_000;

/** Characters and items that a result may have: a few words of an expression can double a text many times. */
export const maxResultSize = 2 * 1024 * 1024;

const mixedArithmetic: ReadonlyArray<readonly [string, (left: number, right: number) => number]> = [
  ['+', (left, right) => left + right],
  ['-', (left, right) => left - right],
  ['*', (left, right) => left * right],
  ['/', (left, right) => left / right],
  ['%', (left, right) => left % right],
];

const mapNames = ['nodes', 'run', 'project', 'event'];

function createEnvironment(scope: ExpressionPlace): Environment {
  const environment = new Environment({ homogeneousAggregateLiterals: false, limits });
  for (const name of namesOf[scope])
    environment.registerVariable(name, mapNames.includes(name) ? 'map<string, dyn>' : 'dyn');
  // JSON knows one kind of number: where CEL would refuse to mix its two, the result is a double.
  for (const [operator, apply] of mixedArithmetic) {
    const handler = (left: bigint | number, right: bigint | number) => apply(Number(left), Number(right));
    environment.registerOperator(`int ${operator} double: double`, handler);
    environment.registerOperator(`double ${operator} int: double`, handler);
  }
  environment.registerOperator('double % double: double', (left: number, right: number) => left % right);
  environment.registerOperator('int == double: bool', (left: bigint, right: number) => Number(left) === right);
  return environment;
}
const environments: Readonly<Record<ExpressionPlace, Environment>> = {
  node: createEnvironment('node'),
  item: createEnvironment('item'),
  wait: createEnvironment('wait'),
  event: createEnvironment('event'),
};

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

/** The library's messages in the words of somebody who knows only what is on the page. */
function describe(code: string, message: string, scope: ExpressionPlace): string {
  const rest = message.slice(message.indexOf(': ') + 2);
  if (code === 'unknown_variable')
    return `there is no value "${rest}"; an expression may use ${namesOf[scope].join(', ')}`;
  if (code === 'no_such_overload') {
    const types = rest.replace(/dyn<(\w+)>/g, '$1');
    return `no such overload: ${types}; convert one side, for example with string(...), int(...) or double(...)`;
  }
  if (code === 'limit_exceeded') {
    const limit = /\((\d+)\)/.exec(message)?.[1] ?? '';
    if (message.includes('maxDepth')) return `it is nested more than ${limit} levels deep`;
    return `it is too large: more than ${limit} ${message.includes('maxAstNodes') ? 'parts' : 'items in one place'}`;
  }
  return message.replace(/Unexpected token: EOF|got EOF/, 'unexpected end of the expression');
}

/** Total: the library also lets through errors of what it calls, such as of an unknown time zone. */
function faultOf(error: unknown, scope: ExpressionPlace): ExpressionFault {
  if (error instanceof ParseError || error instanceof CelTypeError || error instanceof EvaluationError) {
    return { message: describe(error.code, error.summary, scope), column: (error.range?.start ?? 0) + 1 };
  }
  if (error instanceof RangeError && /call stack/i.test(error.message))
    return { message: 'it is nested too deeply', column: 1 };
  if (error instanceof Error) return { message: error.message, column: 1 };
  throw error;
}

/** Keys that the library drops from a map without a word. */
const lostKeys: ReadonlySet<unknown> = new Set(['__proto__', 'constructor', 'prototype']);

/** What an expression may say in CEL but not here: what has no bounded cost, and what would be lost. */
function findUnoffered(node: ASTNode): string | null {
  if ((node.op === 'rcall' || node.op === 'call') && node.args[0] === 'matches')
    return '`matches` is not offered, since a pattern can take for ever; use contains, startsWith or endsWith';
  // Bound names are shared, so that the types of a few of them can be as large as 2 to the power of their number.
  if (node.op === 'id' && node.args === 'cel') return '`cel.bind` is not offered; write the value out';
  if (node.op !== 'map') return null;
  const lost = node.args.find(([key]) => key.op === 'value' && lostKeys.has(key.args));
  return lost ? `a map cannot have the key "${String(lost[0].args)}"` : null;
}

/** Node ids read by `nodes.<id>` and `nodes["<id>"]`, and what is not offered. */
function inspect(root: ASTNode): { nodeIds: ParsedExpression['nodeIds']; faults: ExpressionFault[] } {
  const nodeIds: Array<{ id: string; column: number }> = [];
  const faults: ExpressionFault[] = [];
  const pending: unknown[] = [root];
  while (pending.length > 0) {
    const item = pending.pop();
    if (Array.isArray(item)) {
      // Backwards, so that what is found is in the order of the text.
      for (let index = item.length - 1; index >= 0; index -= 1) pending.push(item[index]);
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
    const unoffered = findUnoffered(node);
    if (unoffered !== null) faults.push({ message: unoffered, column: node.range.start + 1 });
    pending.push(node.args);
  }
  return { nodeIds, faults };
}

/** Parses and type-checks. Never throws on bad text. */
export function checkExpression(
  text: string,
  expects: 'bool' | 'any' = 'any',
  scope: ExpressionPlace = 'node',
): ParsedExpression {
  if (text.length > maxExpressionLength)
    return {
      faults: [{ message: `it is longer than ${maxExpressionLength} characters`, column: maxExpressionLength + 1 }],
      nodeIds: [],
    };
  try {
    const parsed = environments[scope].parse(text);
    const { nodeIds, faults } = inspect(parsed.ast);
    if (faults.length > 0) return { faults, nodeIds };
    const checked = parsed.check();
    if (!checked.valid) faults.push(faultOf(checked.error, scope));
    else if (expects === 'bool' && checked.type !== 'bool' && checked.type !== 'dyn') {
      faults.push({ message: `a condition must be true or false, this is a value of type ${checked.type}`, column: 1 });
    }
    return { faults, nodeIds };
  } catch (error) {
    return { faults: [faultOf(error, scope)], nodeIds: [] };
  }
}

/**
 * JSON numbers that are whole become CEL integers, so that `input.count + 1` means what it says. Objects become
 * maps: CEL takes an object with a key such as `constructor` for something else.
 */
function toCel(value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(toCel);
  if (value !== null && typeof value === 'object') {
    return new Map(Object.entries(value).map(([key, item]) => [key, toCel(item)]));
  }
  return value;
}

/** Scopes are large and read by many expressions: each is turned into CEL's values once. */
const celScopes = new WeakMap<object, Map<string, unknown>>();

function celScopeOf(scope: Readonly<Record<string, unknown>>): Map<string, unknown> {
  const known = celScopes.get(scope);
  if (known) return known;
  const made = toCel(scope) as Map<string, unknown>;
  celScopes.set(scope, made);
  return made;
}

interface Budget {
  left: number;
}

function spend(budget: Budget, size: number): void {
  budget.left -= size;
  if (budget.left < 0)
    throw new EvaluationError(`the result is larger than ${maxResultSize} characters; take a part of it`);
}

function textFromCel(text: string, budget: Budget): string {
  // The length first: a text made of repetitions takes no memory until somebody looks into it.
  spend(budget, text.length);
  return storableText(text);
}

function entriesFromCel(entries: Iterable<readonly [unknown, unknown]>, budget: Budget): Record<string, unknown> {
  const made: [string, unknown][] = [];
  for (const [key, item] of entries) made.push([textFromCel(String(key), budget), fromCel(item, budget)]);
  return Object.fromEntries(made);
}

/** CEL's values as JSON, as the CEL specification maps them: integers beyond 2^53 and durations become text. */
function fromCel(value: unknown, budget: Budget): unknown {
  spend(budget, 1);
  if (value === null || value === undefined) return null;
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string') return textFromCel(value, budget);
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return value;
    throw new EvaluationError(`the result is ${value}, which is no JSON number; was something divided by zero?`);
  }
  if (Array.isArray(value)) return value.map((item) => fromCel(item, budget));
  if (value instanceof Map) return entriesFromCel(value, budget);
  if (value instanceof Date) return value.toISOString();
  if (value instanceof UnsignedInt) return fromCel(value.value, budget);
  if (value instanceof Duration) return value.toString();
  const prototype: unknown = typeof value === 'object' ? Object.getPrototypeOf(value) : undefined;
  if (prototype === Object.prototype || prototype === null) return entriesFromCel(Object.entries(value), budget);
  throw new EvaluationError('the result is no JSON value: bytes, a type or a name space; make text or a number of it');
}

export type Evaluation =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly message: string; readonly column: number };

/** The scope of each item: the values of the node, turned into CEL's once, and the item with its place. */
export function* itemScopes(
  scope: Readonly<Record<string, unknown>>,
  items: readonly unknown[],
): Generator<Readonly<Record<string, unknown>>> {
  const shared = celScopeOf(scope);
  for (const [index, item] of items.entries()) {
    const own = { item, index };
    celScopes.set(own, new Map([...shared, ...(toCel(own) as Map<string, unknown>)]));
    yield own;
  }
}

/**
 * Evaluates an expression that was checked before; the scope must not change afterwards. Its time is not
 * bounded here: call it where it can be cut off (the server's expression worker).
 */
export function evaluateExpression(
  text: string,
  scope: Readonly<Record<string, unknown>>,
  kind: ExpressionPlace = 'node',
): Evaluation {
  try {
    return { ok: true, value: fromCel(environments[kind].parse(text)(celScopeOf(scope)), { left: maxResultSize }) };
  } catch (error) {
    return { ok: false, ...faultOf(error, kind) };
  }
}

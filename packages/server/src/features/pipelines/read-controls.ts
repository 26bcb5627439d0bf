// What holds for one run as a whole: the settings of its definition, or what its start says instead.
import { AppError } from '@gathering/contract/errors';
import type { Json } from '@gathering/contract/json';
import type { PipelineDefinition, RunPriority, RunSettings } from '@gathering/contract/pipeline-definition';
import { expressionsIn, fillTemplates, TemplateTooLarge } from '@gathering/contract/templates';
import { runPriority } from '../../jobs/priorities.ts';
import { evaluateExpressions } from './expressions/evaluate.ts';

/** A key that is given here is none of templates. */
export type StartControls = { readonly [K in keyof RunSettings]?: RunSettings[K] | undefined };

export interface RunControls {
  readonly priority: number;
  readonly timeoutSeconds: number | null;
  readonly concurrencyKey: string | null;
  readonly concurrencyLimit: number | null;
  /** Runs of one group take turns; null: it goes at once. */
  readonly group: string | null;
}

const maxKeyLength = 200;

interface Asked {
  readonly pipelineId: string | null;
  readonly definition: PipelineDefinition;
  readonly input: Json;
  readonly controls?: StartControls | undefined;
  readonly under?: { readonly priority: number } | undefined;
}

/**
 * Throws AppError `pipelines.input-invalid` where the input makes no key. A sub-run takes no turn of its own, since the run
 * that waits for it may hold that turn.
 */
export async function readControls({
  pipelineId,
  definition,
  input,
  controls = {},
  under,
}: Asked): Promise<RunControls> {
  const { settings = {} } = definition;
  const { timeoutSeconds = null } = settings;
  if (under)
    return { priority: under.priority, timeoutSeconds, concurrencyKey: null, concurrencyLimit: null, group: null };
  const key = controls.concurrencyKey ?? (await makeKey(settings.concurrencyKey, input));
  return {
    priority: runPriority[controls.priority ?? settings.priority ?? 'normal'],
    timeoutSeconds: controls.timeoutSeconds ?? timeoutSeconds,
    concurrencyKey: key,
    concurrencyLimit: key === null ? null : (controls.concurrencyLimit ?? settings.concurrencyLimit ?? 1),
    group: key === null ? null : JSON.stringify([pipelineId ?? definition.name, key]),
  };
}

async function makeKey(template: string | undefined, input: Json): Promise<string | null> {
  if (template === undefined) return null;
  const expressions = expressionsIn(template);
  const results = await evaluateExpressions(expressions, { input });
  const values = new Map<string, unknown>();
  expressions.forEach((expression, place) => {
    const result = results[place];
    if (!result?.ok) throw noKey(`The expression \`${expression.trim()}\` failed: ${result?.message ?? 'no result'}.`);
    values.set(expression, result.value);
  });
  const filled = fill(template, values);
  const key = typeof filled === 'object' ? '' : String(filled);
  if (key === '' || key.length > maxKeyLength)
    throw noKey(`It must become a text or number of 1 to ${maxKeyLength} characters.`);
  return key;
}

function fill(template: string, values: ReadonlyMap<string, unknown>): unknown {
  try {
    return fillTemplates(template, values);
  } catch (cause) {
    if (!(cause instanceof TemplateTooLarge)) throw cause;
    throw noKey(cause.message, cause);
  }
}

function noKey(why: string, cause?: unknown): AppError {
  const message = `The input makes no concurrencyKey. ${why}`;
  return new AppError('pipelines.input-invalid', {
    faults: [{ at: '', in: 'input', rule: 'concurrency-key', message }],
    cause,
  });
}

const wordOf = new Map<number, RunPriority>(
  Object.entries(runPriority).map(([word, value]) => [value, word as RunPriority]),
);
export const priorityWord = (value: number): RunPriority => wordOf.get(value) ?? 'normal';

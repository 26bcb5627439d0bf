// Validation of what holds for a run as a whole. Pure, as the check of the graph is.
import type { Fault } from './errors.ts';
import { checkExpression } from './expressions.ts';
import type { RunSettings } from './pipeline-definition.ts';
import { checkTemplate, expressionsIn } from './templates.ts';

export function checkSettings(settings: RunSettings | undefined): Fault[] {
  const { concurrencyKey, concurrencyLimit } = settings ?? {};
  const fault = (key: keyof RunSettings, rule: string, message: string): Fault => ({
    at: `/settings/${key}`,
    rule,
    message,
  });
  if (concurrencyKey === undefined)
    return concurrencyLimit === undefined
      ? []
      : [
          fault(
            'concurrencyLimit',
            'no-key',
            'A concurrencyLimit needs a concurrencyKey: without one all runs go at once.',
          ),
        ];
  const faults = checkTemplate(concurrencyKey).faults.map(({ message, column }) =>
    fault('concurrencyKey', 'bad-expression', `The concurrencyKey: ${message} (column ${column}).`),
  );
  if (faults.length > 0) return faults;
  // Nothing else is there before the run begins.
  const isBeyondInput = expressionsIn(concurrencyKey).some(
    (expression) =>
      checkExpression(expression).nodeIds.length > 0 || /(?<![\w."'])(nodes|run|project)\b/.test(expression),
  );
  return isBeyondInput
    ? [fault('concurrencyKey', 'unknown-reference', 'The concurrencyKey can only read `input`: nothing has run yet.')]
    : [];
}

// The filter of a trigger that follows events: checked before it is stored, tried on events that happened.
import { AppError } from '@gathering/contract/errors';
import type { EventType, GatheringEvent } from '@gathering/contract/events';
import { checkExpression, type Evaluation } from '@gathering/contract/expressions';
import type { tryFilterRoute } from '@gathering/contract/pipelines-triggers';
import type { ReplyOf } from '@gathering/contract/route';
import type { Ctx } from '../../../ctx.ts';
import { readLatestEvents } from '../../events/index.ts';
import { evaluateExpressions } from '../expressions/evaluate.ts';

const mostLooked = 50;
const mostShown = 10;

/** Throws AppError `pipelines.trigger-invalid` with every fault. */
export function requireFilter(filter: string): void {
  if (filter === '') return;
  const { faults } = checkExpression(filter, 'bool', 'event');
  if (faults.length === 0) return;
  throw new AppError('pipelines.trigger-invalid', {
    faults: faults.map(({ message, column }) => ({
      at: '/filter',
      in: 'body',
      rule: 'expression',
      message: `The filter: ${message}.`,
      column,
      example: 'event.payload.status == "failed"',
    })),
  });
}

/** Whether the trigger takes the event, or why that cannot be told. */
export async function fitsFilter(filter: string, event: GatheringEvent): Promise<Evaluation> {
  if (filter === '') return { ok: true, value: true };
  const [result] = await evaluateExpressions([filter], { event }, 'event');
  return result ?? { ok: false, message: 'it gave no result', column: 1 };
}

export async function tryFilter(
  ctx: Ctx,
  { types, filter }: { types: readonly EventType[]; filter: string },
): Promise<ReplyOf<typeof tryFilterRoute>> {
  requireFilter(filter);
  const events = (await readLatestEvents(ctx, types, mostLooked)).map(({ event }) => event);
  const taken: GatheringEvent[] = [];
  for (const event of events) {
    const result = await fitsFilter(filter, event);
    if (result.ok && result.value === true) taken.push(event);
    if (result.ok) continue;
    const message = `On the event ${event.type} about ${event.subject} the filter failed: ${result.message}.`;
    const fault = { at: '/filter', in: 'body' as const, rule: 'evaluation', message, column: result.column };
    throw new AppError('pipelines.trigger-invalid', { faults: [{ ...fault, example: 'has(event.payload.status)' }] });
  }
  return { looked: events.length, taken: taken.slice(0, mostShown), takenCount: taken.length };
}

// Writes events in the transaction of the change that they tell: they exist if and only if it commits.
import {
  type EventType,
  eventTypes,
  guardedEvents,
  maxEventBytes,
  signalWindowMs,
  subjectSchema,
} from '@gathering/contract/events';
import type { Json } from '@gathering/contract/json';
import { actorName, type Ctx, type Guarded, type Tx, userOf } from '../../ctx.ts';
import { type EventRows, insertSignals, insertStates } from './store.ts';
import { announceStored } from './wake.ts';

export interface NewEvent {
  readonly type: EventType;
  /** What it is about, as `<kind>/<id>`. */
  readonly subject: string;
  /** What else it concerns, in the same form. */
  readonly related?: readonly string[];
  readonly payload?: Readonly<Record<string, Json>>;
  /**
   * Who may read it. Left out: everybody who may read events; what is about a user, that user and operators. Events that
   * tell of guarded things are refused without one.
   */
  readonly audience?: Guarded;
}

export type EmitCtx = Pick<Ctx, 'clock' | 'actor'>;

/** As `emitEvents`, for one. */
export function emitEvent(ctx: EmitCtx, tx: Tx, event: NewEvent): Promise<void> {
  return emitEvents(ctx, tx, [event]);
}

/**
 * Stores the events in the order given, those that tell a state in one statement. It is sent before this returns and
 * need not be awaited: when it fails, the transaction fails. Throws at once on an event that no reader could take.
 */
export function emitEvents(ctx: EmitCtx, tx: Tx, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return Promise.resolve();
  const actor = actorName(ctx.actor);
  const at = ctx.clock.now();
  const states = makeRows(events.filter(({ type }) => eventTypes[type] === 'state'));
  const signals = makeRows(events.filter(({ type }) => eventTypes[type] === 'signal'));
  const sent: Promise<unknown>[] = [];
  if (states.types.length > 0) sent.push(insertStates(tx, states, actor, at));
  if (signals.types.length > 0) sent.push(insertSignals(tx, signals, actor, at, signalWindowMs));
  tx.afterCommit(announceStored);
  const done = Promise.all(sent).then(() => undefined);
  // Whoever does not await this hears of the failure from the transaction, which cannot commit any more.
  done.catch(() => undefined);
  return done;
}

function makeRows(events: readonly NewEvent[]): EventRows {
  const rows: EventRows = {
    types: [],
    subjects: [],
    related: [],
    payloads: [],
    ownerIds: [],
    projectIds: [],
    forOperators: [],
  };
  for (const event of events) {
    const { type, subject, related = [], payload = {} } = event;
    const text = JSON.stringify(payload);
    for (const name of [subject, ...related]) {
      if (!subjectSchema.safeParse(name).success) {
        throw new Error(`The event ${type} names ${JSON.stringify(name)}: expected <kind>/<id>, such as runs/0199.`);
      }
    }
    const bytes = Buffer.byteLength(text);
    if (bytes > maxEventBytes) {
      throw new Error(
        `The payload of the event ${type} about ${subject} has ${bytes} bytes, at most ${maxEventBytes} are allowed: carry ids and let readers fetch the rest.`,
      );
    }
    rows.types.push(type);
    rows.subjects.push(subject);
    // Names as checked above hold nothing that an array literal would have to quote.
    rows.related.push(`{${related.join(',')}}`);
    rows.payloads.push(text);
    const { ownerId = null, projectId = null, operators = false } = audienceOf(event);
    rows.ownerIds.push(ownerId);
    rows.projectIds.push(projectId);
    rows.forOperators.push(operators);
  }
  return rows;
}

function audienceOf({ type, subject, audience }: NewEvent): Guarded {
  if (audience !== undefined) return audience;
  if (guardedEvents.includes(type)) throw new Error(`The event ${type} about ${subject} does not say who may read it.`);
  const userId = userOf(subject);
  return userId === null ? {} : { ownerId: userId, operators: true };
}

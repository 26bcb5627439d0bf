// Reading stored events: on from a cursor, and latest first for the Activity page.

import { AppError } from '@gathering/contract/errors';
import { type EventType, eventTypeNames, type listEventsRoute } from '@gathering/contract/events';
import type { InputOf, ReplyOf } from '@gathering/contract/route';
import { type Ctx, sightOf } from '../../ctx.ts';
import { type CursorParts, parseCursor } from '../../platform/cursor.ts';
import type { Database } from '../../platform/db/database.ts';
import {
  type EventPage,
  type StoredEvent,
  selectAfter,
  selectLatest,
  selectPresent,
  selectTypesAfter,
} from './store.ts';

/** The position of the latest event that can be read now. */
export function readPresentCursor(database: Database): Promise<string> {
  return selectPresent(database);
}

/**
 * The events after a cursor in their order, none left out however transactions interleave. Refuses a cursor of the
 * future: it is of another database, and reading on from it would be silent for ever.
 */
export async function readEventsAfter(database: Database, cursor: string, limit: number): Promise<EventPage> {
  const after = readCursor(cursor);
  const page = await selectAfter(database, after, limit);
  if (page.future) {
    throw new AppError('events.cursor-invalid', {
      detail: `The cursor ${cursor} lies in the future of this database.`,
    });
  }
  return page;
}

/** As `readEventsAfter`, but of these types alone; the cursor answered lies behind all that was passed over. */
export async function readTypesAfter(
  database: Database,
  cursor: string,
  types: readonly EventType[],
  limit: number,
): Promise<Omit<EventPage, 'waiting'>> {
  return selectTypesAfter(database, readCursor(cursor), types, limit);
}

/** The latest of these types that the actor may see, latest first. */
export function readLatestEvents(
  ctx: Pick<Ctx, 'database' | 'actor'>,
  types: readonly EventType[],
  limit: number,
): Promise<StoredEvent[]> {
  return selectLatest(ctx.database, sightOf(ctx.actor), { types }, null, limit);
}

export async function listEvents(
  ctx: Pick<Ctx, 'database' | 'actor'>,
  { query }: InputOf<typeof listEventsRoute>,
): Promise<ReplyOf<typeof listEventsRoute>> {
  const { limit, cursor, feature, type, subject, actor } = query;
  const types = eventTypeNames.filter(
    (name) => (type === undefined || name === type) && (feature === undefined || name.startsWith(`${feature}.`)),
  );
  const items = await selectLatest(
    ctx.database,
    sightOf(ctx.actor),
    { types: type === undefined && feature === undefined ? undefined : types, subject, actor },
    cursor === undefined ? null : readCursor(cursor),
    limit + 1,
  );
  const page = items.slice(0, limit).map(({ cursor, event }) => ({ cursor, event }));
  return { items: page, nextCursor: items.length > limit ? (page.at(-1)?.cursor ?? null) : null };
}

function readCursor(text: string): CursorParts {
  const parts = parseCursor(text);
  if (parts === null) throw new AppError('events.cursor-invalid', { detail: 'Expected <digits>-<digits>.' });
  return parts;
}

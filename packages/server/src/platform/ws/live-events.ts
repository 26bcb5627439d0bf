// Where the hub's events come from, as it sees them: stored elsewhere, read by cursor, handed on as they come.
import type { GatheringEvent } from '@gathering/contract/events';

/** Who may read an event; the hub only hands it to whoever judges it. */
export interface Audience {
  readonly ownerId?: string | null;
  readonly projectId?: string | null;
  readonly operators?: boolean;
}

export interface LiveEvent {
  readonly cursor: string;
  readonly event: GatheringEvent;
  readonly audience: Audience;
}

/** Gapless: all events after `after`, up to `cursor`, which is the position of the last one. */
export interface LiveBatch {
  readonly after: string;
  readonly events: readonly LiveEvent[];
  readonly cursor: string;
}

export interface EventSource {
  presentCursor(): Promise<string>;
  /** Throws AppError `events.cursor-invalid` on a cursor that is not one of its own. */
  readAfter(
    cursor: string,
    limit: number,
  ): Promise<{ readonly events: readonly LiveEvent[]; readonly cursor: string; readonly more: boolean }>;
  /** Batches from about now on, each beginning where the one before ended. Returns how to stop. */
  onBatch(run: (batch: LiveBatch) => void): () => void;
}

// What other features and boot may call of events.
export { type EventFeed, type FeedOptions, openEventFeed } from './deliver.ts';
export { emitEvent, emitEvents, type NewEvent } from './emit-events.ts';
export { readEventsAfter, readLatestEvents, readPresentCursor, readTypesAfter } from './read-events.ts';
export { removeOldEvents } from './remove-old-events.ts';
export type { StoredEvent } from './store.ts';
export { onStored } from './wake.ts';

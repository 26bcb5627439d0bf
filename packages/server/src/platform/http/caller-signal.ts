// A signal for the time in which somebody waits for a reply.
// Invariant: it aborts at most once, and never after the reply was sent.
import type { ServerResponse } from 'node:http';

/** The caller closed the connection before it was answered. */
export class CallerGone extends Error {
  override readonly name = 'CallerGone';
  constructor() {
    super('The caller went away before the reply.');
  }
}

export function watchCaller(response: ServerResponse, giveUp: AbortSignal | undefined): AbortSignal {
  const controller = new AbortController();
  const onGiveUp = () => controller.abort(giveUp?.reason);
  giveUp?.addEventListener('abort', onGiveUp, { once: true });
  if (giveUp?.aborted) onGiveUp();
  response.once('close', () => {
    giveUp?.removeEventListener('abort', onGiveUp);
    if (!response.writableFinished) controller.abort(new CallerGone());
  });
  return controller.signal;
}

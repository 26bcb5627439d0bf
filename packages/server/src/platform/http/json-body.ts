// Bodies are JSON and nothing else. An empty body is no body, whatever its content type says, so that
// DELETE from clients that always send the header works.
import { AppError } from '@gathering/contract/errors';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import './route-config.ts';

const rawBodies = new WeakMap<FastifyRequest, string>();

/** The body as it came, of a route that asks for it; empty: there was none. */
export function rawBodyOf(request: FastifyRequest): string {
  return rawBodies.get(request) ?? '';
}

export function acceptJsonOnly(app: FastifyInstance): void {
  // Refuses `__proto__` and `constructor.prototype` too, which would change objects that they are copied into.
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, text, done) => {
    if (text.length === 0) return done(null, undefined);
    if (request.routeOptions.config.keepsBody) rawBodies.set(request, String(text));
    void parse(request, String(text), (error, value) => {
      if (error) done(new AppError('request.malformed', { detail: describeSyntax(error), cause: error }));
      else done(null, value);
    });
  });
}

function describeSyntax(error: Error): string {
  // Of the cause only the place is told: its words quote the body, which may hold a secret.
  const cause = error.cause instanceof Error ? error.cause : error;
  const place = /at position \d+(?: \(line \d+ column \d+\))?/.exec(cause.message)?.[0];
  if (place !== undefined) return `The body is not valid JSON (${place}).`;
  return 'The body is not valid JSON.';
}

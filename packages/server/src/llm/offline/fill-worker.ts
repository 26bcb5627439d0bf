// The thread in which a user's schema is followed and filled: its patterns and references may be such that either
// never ends. Splitting lines into words is slow, so it is answered for in pieces of its own.
import { serveThread } from '../../platform/bounded-thread/serve-thread.ts';
import type { Schema } from './check-schema.ts';
import type { Facts } from './facts.ts';
import { fillSchema } from './fill-schema.ts';
import { readClauseWords } from './score-words.ts';

export interface FillRequest {
  readonly schema: Schema;
  readonly facts: Facts;
}

/** The last part holds the value. */
export type FillPart = { readonly kind: 'learnt' } | { readonly kind: 'filled'; readonly value: unknown };

const linesAtOnce = 100;

serveThread<FillRequest, FillPart>(function* ({ schema, facts }) {
  for (const [index, { text, label }] of facts.lines.entries()) {
    if (index % linesAtOnce === 0) yield { kind: 'learnt' };
    readClauseWords(text);
    readClauseWords(`${label} ${text}`);
  }
  yield { kind: 'learnt' };
  yield { kind: 'filled', value: fillSchema(schema, facts) };
});

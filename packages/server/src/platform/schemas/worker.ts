// The thread in which JSON Schemas of users are compiled and values checked against them: a pattern or a
// reference to itself can make either take for ever.
import { serveThread } from '../bounded-thread/serve-thread.ts';
import { type SchemaRequest, type SchemaVerdict, tryValue } from './try-value.ts';

serveThread<SchemaRequest, SchemaVerdict>(function* (request) {
  yield tryValue(request);
});

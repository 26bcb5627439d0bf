// JSON as a type: what crosses the wire and what is stored in `jsonb`.
import * as z from 'zod';

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

export const jsonSchema = z.json() as z.ZodType<Json>;
export const jsonObjectSchema = z.record(z.string(), jsonSchema);

/** The deepest nesting that a request, a definition or a value may have. */
export const maxJsonDepth = 64;

/**
 * True when a value is nested at most `limit` deep. Iterative, and each object is looked at once a level: neither
 * a million levels nor a value that holds itself many times does any harm.
 */
export function isWithinDepth(value: unknown, limit: number = maxJsonDepth): boolean {
  let level = new Set<unknown>([value]);
  for (let depth = 0; level.size > 0; depth += 1) {
    if (depth > limit) return false;
    const next = new Set<unknown>();
    for (const item of level) {
      if (item !== null && typeof item === 'object') for (const child of Object.values(item)) next.add(child);
    }
    level = next;
  }
  return true;
}

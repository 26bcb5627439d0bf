// JSON as a type: what crosses the wire and what is stored in `jsonb`.
import * as z from 'zod';

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

export const jsonSchema = z.json() as z.ZodType<Json>;
export const jsonObjectSchema = z.record(z.string(), jsonSchema);

/** The deepest nesting that a request, a definition or a value may have. */
export const maxJsonDepth = 64;

/** True when a value is nested at most `limit` deep. Iterative: a million levels do not overflow the stack. */
export function isWithinDepth(value: unknown, limit: number = maxJsonDepth): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > limit) return false;
    const next: unknown[] = [];
    for (const item of level) {
      if (item !== null && typeof item === 'object') for (const child of Object.values(item)) next.push(child);
    }
    level = next;
  }
  return true;
}

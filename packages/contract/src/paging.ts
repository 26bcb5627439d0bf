// Keyset paging: a list answers a page and the cursor of the next one, never a count.
import * as z from 'zod';

export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50).describe('How many items at the most.'),
  cursor: z.string().max(200).optional().describe('`nextCursor` of the page before.'),
});

export function pageOf<T extends z.ZodType>(item: T) {
  return z.strictObject({ items: z.array(item), nextCursor: z.string().nullable() });
}

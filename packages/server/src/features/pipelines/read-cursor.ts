// Cursors of this feature's lists are ids; anything else is refused before it reaches a query.
import { AppError } from '@gathering/contract/errors';
import { idSchema } from '@gathering/contract/ids';

export function readCursor(cursor: string | undefined): string | null {
  if (cursor === undefined) return null;
  if (idSchema.safeParse(cursor).success) return cursor;
  throw new AppError('request.invalid', {
    faults: [
      {
        at: '/cursor',
        in: 'query',
        rule: 'cursor',
        message: 'This is no cursor of this list: use `nextCursor` of the page before.',
      },
    ],
  });
}

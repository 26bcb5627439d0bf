// Seals every stored secret anew with the key that seals now, in one transaction: all of them or none.
import type { Ctx } from '../../ctx.ts';
import type { Tx } from '../../platform/db/database.ts';
import type { SealedPlace } from '../../platform/sealed-place.ts';
import type { Secrets } from '../../platform/secrets.ts';
import { recordAudit } from '../audit/index.ts';

const pageSize = 500;

export type ResealCtx = Pick<Ctx, 'tx' | 'secrets' | 'clock' | 'ids' | 'actor' | 'requestId'>;

/** How many of each place were sealed with another key until now. Throws SecretKeyFault for one that does not open. */
export function resealSecrets(ctx: ResealCtx, places: readonly SealedPlace[]): Promise<Record<string, number>> {
  return ctx.tx(async (tx) => {
    const counts: Record<string, number> = {};
    for (const place of places) counts[place.name] = await resealPlace(tx, ctx.secrets, place);
    await recordAudit(ctx, tx, {
      action: 'operations.rotate-secrets',
      object: 'secrets/all',
      details: { keyId: ctx.secrets.keyId, sealed: counts },
    });
    return counts;
  });
}

async function resealPlace(tx: Tx, secrets: Secrets, place: SealedPlace): Promise<number> {
  let count = 0;
  for (let after: string | null = null; ; ) {
    const values = await place.select(tx, after, pageSize);
    const stale = values.filter(({ sealed }) => !secrets.isCurrent(sealed));
    if (stale.length > 0) {
      await place.update(
        tx,
        stale.map(({ id, sealed, context }) => ({
          id,
          sealed: secrets.seal(secrets.unseal(sealed, context), context),
        })),
      );
    }
    count += stale.length;
    after = values.at(-1)?.id ?? null;
    if (values.length < pageSize) return count;
  }
}

// Seals what was recorded: takes committed entries in the order of their commits and adds them to the chain.
// Invariant: one transaction seals at a time, whoever else tries, and a batch is in the chain wholly or not at all.
import type { Ctx } from '../../ctx.ts';
import { keepLooking } from '../../platform/keep-looking.ts';
import { chainBeginning, hashEntry } from './rules.ts';
import {
  firstPlace,
  hasUnsealed,
  insertLinks,
  lockChain,
  type NewLink,
  selectHead,
  selectReady,
} from './store-chain.ts';
import { onRecorded } from './wake.ts';

type SealCtx = Pick<Ctx, 'tx' | 'clock'>;

/** How many entries were sealed: at most `limit`. None when another process is sealing. */
export function sealBatch(ctx: SealCtx, limit = 500): Promise<number> {
  return ctx.tx(async (tx) => {
    if (!(await lockChain(tx))) return 0;
    // Each statement sees what was committed before it, so whoever had the lock before is in here.
    const head = await selectHead(tx);
    const entries = await selectReady(tx, head ?? firstPlace, limit);
    if (entries.length === 0) return 0;
    const sealedAt = ctx.clock.now();
    const sealedText = sealedAt.toISOString().replace('Z', '000Z');
    let { position, hash } = head ?? chainBeginning;
    const links = entries.map((entry): NewLink => {
      position += 1;
      hash = hashEntry(hash, position, sealedText, entry);
      return { position, entry, hash };
    });
    await insertLinks(tx, links, sealedAt);
    return links.length;
  });
}

export interface SealerOptions {
  /** Least time between two looks, so that a burst of commits is sealed at once. */
  readonly gapMs?: number;
  /** Looks this often without being woken: for what other processes record, and what had to wait for a transaction. */
  readonly pollMs?: number;
  readonly batchSize?: number;
}

/** Seals from now on, woken by what this process records. Returns how to stop; a batch that runs ends first. */
export function startSealer(ctx: SealCtx & Pick<Ctx, 'database' | 'log'>, options: SealerOptions = {}) {
  const { gapMs = 150, pollMs = 600, batchSize = 500 } = options;
  return keepLooking({
    look: async () => {
      const isFull = (await hasUnsealed(ctx.database)) && (await sealBatch(ctx, batchSize)) === batchSize;
      return isFull ? 0 : pollMs;
    },
    hear: onRecorded,
    gapMs,
    log: ctx.log,
    words: {
      failing: 'The audit cannot be sealed; trying until it can.',
      again: 'The audit is sealed again.',
    },
  });
}

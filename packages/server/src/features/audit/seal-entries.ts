// Seals what was recorded: takes committed entries in the order of their commits and adds them to the chain.
// Invariant: one transaction seals at a time, whoever else tries, and a batch is in the chain wholly or not at all.
import type { Ctx } from '../../ctx.ts';
import type { Log } from '../../platform/log.ts';
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

const firstRetryMs = 200;
const longestRetryMs = 5_000;

/** Seals from now on, woken by what this process records. Returns how to stop; a batch that runs ends first. */
export function startSealer(ctx: SealCtx & Pick<Ctx, 'database' | 'log'>, options: SealerOptions = {}) {
  const sealer = new Sealer(ctx, ctx.log, options);
  return () => sealer.stop();
}

class Sealer {
  readonly #ctx: SealCtx & Pick<Ctx, 'database'>;
  readonly #log: Log;
  readonly #options: Required<SealerOptions>;
  readonly #unhear: () => void;
  readonly #running: Promise<void>;
  #isStopped = false;
  #isWoken = false;
  #endPause: (() => void) | undefined;

  constructor(ctx: SealCtx & Pick<Ctx, 'database'>, log: Log, options: SealerOptions) {
    this.#ctx = ctx;
    this.#log = log;
    this.#options = { gapMs: 150, pollMs: 600, batchSize: 500, ...options };
    this.#unhear = onRecorded(() => {
      this.#isWoken = true;
      this.#endPause?.();
    });
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#unhear();
    this.#endPause?.();
    await this.#running;
  }

  async #run(): Promise<void> {
    let retryMs = firstRetryMs;
    while (!this.#isStopped) {
      this.#isWoken = false;
      try {
        const isFull = await this.#look();
        if (retryMs > firstRetryMs) this.#log.info('The audit is sealed again.');
        retryMs = firstRetryMs;
        if (!isFull) await this.#rest();
      } catch (error) {
        if (retryMs === firstRetryMs)
          this.#log.warn({ err: error }, 'The audit cannot be sealed; trying until it can.');
        retryMs = Math.min(retryMs * 2, longestRetryMs);
        await this.#pause(retryMs);
      }
    }
  }

  /** True: there may be more. */
  async #look(): Promise<boolean> {
    if (!(await hasUnsealed(this.#ctx.database))) return false;
    return (await sealBatch(this.#ctx, this.#options.batchSize)) === this.#options.batchSize;
  }

  async #rest(): Promise<void> {
    const { gapMs, pollMs } = this.#options;
    await this.#pause(gapMs, false);
    if (!this.#isWoken) await this.#pause(pollMs - gapMs);
  }

  #pause(ms: number, canBeWoken = true): Promise<void> {
    if (this.#isStopped) return Promise.resolve();
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.#endPause = undefined;
        resolve();
      };
      const timer = setTimeout(end, ms);
      this.#endPause = () => (canBeWoken || this.#isStopped) && end();
    });
  }
}

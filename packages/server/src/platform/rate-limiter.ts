// Counts how often callers come, for all instances together, in the database. Each instance takes a portion of a caller's
// allowance at a time and hands it out by itself, so that most requests cost no statement.
// Invariant: what all instances let through in a window is never more than the limit; when nobody can count, nobody is let in.
import { type RateName, rates, rateWindowSeconds } from '@gathering/contract/rates';
import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import type { Database } from './db/database.ts';
import { makeCountClient, removeExpiredCounts } from './db/rate-counts.ts';

/** One request, counted or refused. */
export interface Counted {
  readonly name: RateName;
  readonly allowed: boolean;
  readonly limit: number;
  /** As far as this instance knows; others may have used it up. */
  readonly remaining: number;
  readonly resetSeconds: number;
}

export interface RateLimiter {
  /** Null: nothing is limited. Throws what the database throws; then nothing was counted. */
  count(name: RateName, key: string): Promise<Counted | null>;
  close(): void;
}

interface Portion {
  left: number;
  /** Beyond what this instance holds. */
  readonly remaining: number;
  readonly endsAtMs: number;
}

interface Tier {
  readonly limit: number;
  readonly portion: number;
  readonly store: RateLimiterPostgres;
  readonly held: Map<string, Portion>;
  readonly asking: Map<string, Promise<Counted | null>>;
}

const tidyMs = 60_000;

/** `factor` scales every limit; null: nothing is limited. */
export function openRateLimiter(database: Database, factor: number | null): RateLimiter {
  if (factor === null) return { count: async () => null, close: () => undefined };
  const names = Object.keys(rates) as RateName[];
  const tiers = new Map(names.map((name) => [name, openTier(database, name, factor)]));
  const timer = setInterval(() => void tidy(database, [...tiers.values()]), tidyMs).unref();
  return {
    count: async (name, key) => {
      const tier = tiers.get(name);
      return tier === undefined ? null : count(tier, name, key);
    },
    close: () => clearInterval(timer),
  };
}

/** The limit and the portion of a tier, whole portions only: the last one is never cut. */
export function scaleRate(name: RateName, factor: number): { limit: number; portion: number } {
  const wanted = Math.max(1, Math.round(rates[name].perMinute * factor));
  const portion = Math.max(1, Math.min(rates[name].portion, Math.floor(wanted / 10)));
  return { limit: wanted - (wanted % portion), portion };
}

function openTier(database: Database, name: RateName, factor: number): Tier {
  const { limit, portion } = scaleRate(name, factor);
  const store = new RateLimiterPostgres({
    storeClient: makeCountClient(database),
    storeType: 'client',
    schemaName: 'rate',
    tableName: 'counts',
    tableCreated: true,
    clearExpiredByTimeout: false,
    keyPrefix: name,
    points: limit,
    duration: rateWindowSeconds,
    // Whoever has used up everything is refused from memory until the window ends: a flood does not reach the database.
    inMemoryBlockOnConsumed: limit,
  });
  return { limit, portion, store, held: new Map(), asking: new Map() };
}

async function count(tier: Tier, name: RateName, key: string): Promise<Counted> {
  for (;;) {
    const held = tier.held.get(key);
    const now = Date.now();
    if (held !== undefined && held.left > 0 && held.endsAtMs > now) {
      held.left -= 1;
      return describe(tier, name, true, held.remaining + held.left, held.endsAtMs - now);
    }
    // Of many at once one asks, and the others look again at what it got.
    const asking = tier.asking.get(key) ?? ask(tier, name, key);
    tier.asking.set(key, asking);
    const refused = await asking;
    if (refused !== null) return refused;
  }
}

/** Null: there is a new portion to hand out. */
async function ask(tier: Tier, name: RateName, key: string): Promise<Counted | null> {
  try {
    const { remainingPoints, msBeforeNext } = await tier.store.consume(key, tier.portion);
    tier.held.set(key, {
      left: tier.portion,
      remaining: remainingPoints,
      endsAtMs: Date.now() + Math.max(1, msBeforeNext),
    });
    return null;
  } catch (error) {
    if (!(error instanceof RateLimiterRes)) throw error;
    return describe(tier, name, false, 0, error.msBeforeNext);
  } finally {
    tier.asking.delete(key);
  }
}

function describe(tier: Tier, name: RateName, allowed: boolean, remaining: number, resetMs: number): Counted {
  return { name, allowed, limit: tier.limit, remaining, resetSeconds: Math.max(1, Math.ceil(resetMs / 1000)) };
}

/** What has expired, in memory and in the database. */
async function tidy(database: Database, tiers: readonly Tier[]): Promise<void> {
  const now = Date.now();
  for (const { held } of tiers) for (const [key, { endsAtMs }] of held) if (endsAtMs <= now) held.delete(key);
  await removeExpiredCounts(database, now).catch(() => {
    // The next round removes it.
  });
}

// What may start a run once: an idempotency key, a signature that a webhook has seen, an event that a trigger has taken.
// Claimed in the transaction that writes the run, so that of several at once, on whatever instances, one starts it.
import type { Tx } from '../../ctx.ts';
import { findStartKeys, insertStartKeys, type StartKey } from './store/start-keys.ts';

export interface StartClaims {
  /** Comes once at all: whoever comes again starts nothing. */
  readonly once?: StartKey;
  /** Whoever comes again with the same request is told which run it started. */
  readonly idempotency?: StartKey;
}

interface Claiming {
  readonly id: string;
  readonly claims: StartClaims;
}

export type StartOutcome =
  | { readonly kind: 'started' }
  | { readonly kind: 'repeated'; readonly runId: string }
  | { readonly kind: 'mismatch' }
  | { readonly kind: 'seen' };

const outcomes = new WeakMap<Claiming, StartOutcome>();

export const hasClaims = ({ claims }: Claiming): boolean =>
  claims.once !== undefined || claims.idempotency !== undefined;

/** Of a plan that was committed. */
export function outcomeOf(plan: Claiming): StartOutcome {
  return outcomes.get(plan) ?? { kind: 'started' };
}

/** Those that may start. What becomes of the others is told by `outcomeOf` once the transaction has committed. */
export async function claimStarts<T extends Claiming>(tx: Tx, plans: readonly T[]): Promise<T[]> {
  const fresh = await claim(tx, plans, 'once');
  const isFresh = (plan: T) => plan.claims.once === undefined || fresh.has(plan);
  const first = await claim(tx, plans.filter(isFresh), 'idempotency');
  const isFirst = (plan: T) => plan.claims.idempotency === undefined || first.has(plan);
  const started = plans.filter((plan) => isFresh(plan) && isFirst(plan));
  const others = plans.filter((plan) => !started.includes(plan));
  for (const plan of started) outcomes.set(plan, { kind: 'started' });
  if (others.length > 0) await explain(tx, others, isFresh);
  return started;
}

const nameOf = ({ scope, key }: Pick<StartKey, 'scope' | 'key'>): string => `${scope} ${key}`;

/** The plans that hold their key now. */
async function claim<T extends Claiming>(tx: Tx, plans: readonly T[], kind: keyof StartClaims): Promise<Set<T>> {
  const byKey = new Map<string, T>();
  for (const plan of plans) {
    const key = plan.claims[kind];
    // Of two in one batch the one that came first.
    if (key !== undefined && !byKey.has(nameOf(key))) byKey.set(nameOf(key), plan);
  }
  if (byKey.size === 0) return new Set();
  const given = [...byKey.values()].flatMap((plan) => {
    const key = plan.claims[kind];
    return key === undefined ? [] : [{ ...key, runId: plan.id }];
  });
  const taken = await insertStartKeys(tx, given);
  return new Set(taken.flatMap((key) => byKey.get(nameOf(key)) ?? []));
}

async function explain<T extends Claiming>(tx: Tx, plans: readonly T[], isFresh: (plan: T) => boolean): Promise<void> {
  const rows = await findStartKeys(
    tx,
    plans.flatMap(({ claims }) => claims.idempotency ?? []),
  );
  const known = new Map(rows.map((row) => [nameOf(row), row]));
  for (const plan of plans) {
    const { idempotency } = plan.claims;
    const row = idempotency && known.get(nameOf(idempotency));
    if (row?.runId != null && row.fingerprint === idempotency?.fingerprint)
      outcomes.set(plan, { kind: 'repeated', runId: row.runId });
    else outcomes.set(plan, { kind: isFresh(plan) ? 'mismatch' : 'seen' });
  }
}

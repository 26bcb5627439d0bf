// Circuit breakers: who keeps failing is left alone for a while, by all instances together. A call to a target goes through its
// breaker, which lets it pass, or refuses it at once while the target is known to be down.
// Invariant: of all calls that come when its time is over, one is the probe. A breaker that cannot be read or written lets
// calls through: it protects, and nothing depends on it.
import { randomUUID } from 'node:crypto';
import { countOpening, failuresToOpen, failureWindowMs, pauseOf, probeMs } from './breaker-rules.ts';
import type { Clock } from './clock.ts';
import {
  type BreakerRow,
  claimProbe,
  clearFailures,
  closeBreaker,
  countFailure,
  lockProbed,
  openBreaker,
  releaseProbe,
  selectBreaker,
  selectTroubled,
} from './db/breaker-rows.ts';
import type { Database, Tx } from './db/database.ts';
import type { Log } from './log.ts';

/** What a call showed of its target. `unknown`: nothing, as when the caller went away or its input was at fault. */
export type Verdict = 'answered' | 'unknown' | { readonly failed: string };
export type Outcome<T> = { readonly value: T } | { readonly error: unknown };

export interface Breaker {
  /** Throws BreakerOpen without calling `work`, else what `work` throws. `judge` sees every outcome. */
  run<T>(work: () => Promise<T>, judge: (outcome: Outcome<T>) => Verdict): Promise<T>;
}

export interface Breakers {
  /** `target` as `targetOf` and `hostTarget` write it. */
  of(target: string): Breaker;
  /** Somebody changed their rows: they are read anew at the next call. */
  forget(): void;
}

/** The target is left alone for now; nothing was sent to it. */
export class BreakerOpen extends Error {
  override readonly name = 'BreakerOpen';
  readonly code = 'breaker.open';
  readonly target: string;
  readonly retryAt: Date;
  constructor(row: BreakerRow, now: Date) {
    const { target, failures, lastError } = row;
    const retryAt = retryAtOf(row, now);
    const inSeconds = Math.max(1, Math.ceil((retryAt.getTime() - now.getTime()) / 1000));
    super(
      `${nameTarget(target)} failed ${failures} times in a row (the last time: ${lastError}) and is left alone; it is tried again at ${retryAt.toISOString().slice(11, 19)} UTC, in ${inSeconds} s.`,
    );
    this.target = target;
    this.retryAt = retryAt;
  }
}

export interface BreakerChange {
  readonly target: string;
  readonly state: 'open' | 'closed';
  readonly timesOpened: number;
  readonly opensUntil: Date | null;
  readonly error: string;
}

export interface BreakersOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  /** Tells it in the transaction of the change. */
  onChange(tx: Tx, change: BreakerChange): Promise<void>;
}

/** What is known of breakers is read at most so often, and so is at most so old: all of it by one statement. */
const knownForMs = 1000;
/** More are not looked at; beyond, failures of unknown targets are not counted. */
const mostTroubled = 10_000;
/** Callers that come while a probe is under way are told to come back after this. */
const probeGuessMs = 5_000;

export function openBreakers(options: BreakersOptions): Breakers {
  const shared = new SharedBreakers(options);
  return {
    of: (target) => ({ run: (work, judge) => shared.run(target, work, judge) }),
    forget: () => shared.forget(),
  };
}

class SharedBreakers {
  readonly #options: BreakersOptions;
  #known = new Map<string, BreakerRow>();
  #readAtMs: number | null = null;
  #reading: Promise<void> | null = null;

  constructor(options: BreakersOptions) {
    this.#options = options;
  }

  async run<T>(target: string, work: () => Promise<T>, judge: (outcome: Outcome<T>) => Verdict): Promise<T> {
    const probeId = await this.#admit(target);
    try {
      const value = await work();
      await this.#report(target, probeId, judge({ value }));
      return value;
    } catch (error) {
      await this.#report(target, probeId, judge({ error }));
      throw error;
    }
  }

  forget(): void {
    this.#readAtMs = null;
  }

  /** The id of the probe that this call is; null: it is one among others. */
  async #admit(target: string): Promise<string | null> {
    await this.#read();
    const row = this.#known.get(target);
    if (row === undefined || row.state === 'closed') return null;
    const now = this.#options.clock.now();
    if (isShut(row, now)) throw new BreakerOpen(row, now);
    const probeId = randomUUID();
    const { database } = this.#options;
    const until = new Date(now.getTime() + probeMs);
    const claimed = await this.#try(() => claimProbe(database, target, probeId, now, until));
    if (claimed !== undefined) {
      this.#note(target, claimed);
      return probeId;
    }
    const present = await this.#try(() => selectBreaker(database, target));
    this.#note(target, present);
    if (present?.state === 'open') throw new BreakerOpen(present, now);
    return null;
  }

  async #report(target: string, probeId: string | null, verdict: Verdict): Promise<void> {
    const { database, clock } = this.#options;
    const known = this.#known.get(target);
    if (verdict === 'unknown') {
      if (probeId === null) return;
      const released = await this.#try(() => releaseProbe(database, target, probeId));
      if (released !== undefined) this.#note(target, released);
    } else if (verdict === 'answered') {
      if (probeId !== null) await this.#try(() => this.#endProbe(target, probeId, null));
      else if (known !== undefined && known.state === 'closed' && known.failures > 0)
        this.#note(target, (await this.#try(() => clearFailures(database, target, clock.now()))) ?? known);
    } else if (probeId !== null) await this.#try(() => this.#endProbe(target, probeId, verdict.failed));
    else if (known?.state !== 'open' && (known !== undefined || this.#known.size < mostTroubled))
      await this.#try(() => this.#fail(target, verdict.failed));
  }

  /** One failure of a closed breaker. Of calls that began before it opened, the late ones change nothing. */
  async #fail(target: string, error: string): Promise<void> {
    const { database, clock } = this.#options;
    const now = clock.now();
    const row = await database.transaction(async (tx) => {
      const counted = await countFailure(tx, target, error, now, new Date(now.getTime() - failureWindowMs));
      if (counted === undefined) return selectBreaker(tx, target);
      if (counted.failures < failuresToOpen) return counted;
      return this.#open(tx, counted, countOpening(counted.timesOpened, counted.closedAt, now), error);
    });
    this.#note(target, row);
  }

  /** `error` null: the target answered. A probe that was taken for lost decides nothing. */
  async #endProbe(target: string, probeId: string, error: string | null): Promise<void> {
    const { database, clock, onChange } = this.#options;
    const row = await database.transaction(async (tx) => {
      const probed = await lockProbed(tx, target, probeId);
      if (probed === undefined) return selectBreaker(tx, target);
      if (error !== null) {
        const again = { ...probed, failures: probed.failures + 1 };
        return this.#open(tx, again, probed.timesOpened + 1, error);
      }
      const closed = await closeBreaker(tx, target, clock.now(), probed.timesOpened);
      await onChange(tx, describeChange(closed));
      return closed;
    });
    this.#note(target, row);
  }

  async #open(
    tx: Tx,
    { target, failures }: BreakerRow,
    timesOpened: number,
    error: string,
  ): Promise<BreakerRow | undefined> {
    const at = this.#options.clock.now();
    const until = new Date(at.getTime() + pauseOf(timesOpened));
    const opened = await openBreaker(tx, target, { at, until, timesOpened, failures, error });
    if (opened !== undefined) await this.#options.onChange(tx, describeChange(opened));
    return opened;
  }

  async #read(): Promise<void> {
    const nowMs = this.#options.clock.now().getTime();
    const ageMs = this.#readAtMs === null ? Number.POSITIVE_INFINITY : nowMs - this.#readAtMs;
    if (ageMs >= 0 && ageMs < knownForMs) return;
    this.#reading ??= this.#readAll(nowMs).finally(() => {
      this.#reading = null;
    });
    await this.#reading;
  }

  async #readAll(nowMs: number): Promise<void> {
    const { database } = this.#options;
    const rows = await this.#try(() => selectTroubled(database, new Date(nowMs - failureWindowMs), mostTroubled));
    // What is not known is taken for closed.
    this.#known = new Map((rows ?? []).map((row) => [row.target, row]));
    this.#readAtMs = nowMs;
  }

  /** What was learnt here is known here at once. */
  #note(target: string, row: BreakerRow | undefined): void {
    if (row === undefined || (row.state === 'closed' && row.failures === 0)) this.#known.delete(target);
    else this.#known.set(target, row);
  }

  /** Undefined when it failed: a breaker must not take down what it protects. */
  async #try<T>(run: () => Promise<T>): Promise<T | undefined> {
    try {
      return await run();
    } catch (error) {
      this.#options.log.warn({ err: error }, 'A circuit breaker could not be read or written; its calls go through');
      return undefined;
    }
  }
}

const isShut = ({ opensUntil, probeUntil }: BreakerRow, now: Date): boolean =>
  (opensUntil !== null && opensUntil > now) || (probeUntil !== null && probeUntil > now);

function retryAtOf({ opensUntil }: BreakerRow, now: Date): Date {
  return opensUntil !== null && opensUntil > now ? opensUntil : new Date(now.getTime() + probeGuessMs);
}

const describeChange = ({ target, state, timesOpened, opensUntil, lastError }: BreakerRow): BreakerChange => ({
  target,
  state,
  timesOpened,
  opensUntil,
  error: lastError,
});

/** `The host example.org:443`. */
function nameTarget(target: string): string {
  const slash = target.indexOf('/');
  return `The ${target.slice(0, slash)} ${target.slice(slash + 1)}`;
}

// Who was found behind a credential a moment ago, so that most requests do not ask the database twice, one after the other.
// Invariants: what is answered was true of the database at most `mostAgeMs` before; nothing that was asked for before a change
// that this process made or heard of is answered after it; without ears for changes of others every request asks. Nobody
// unknown is kept: a new credential works at once, and a flood of wrong ones fills nothing. Keys name the kind of credential:
// what is shown as one kind never finds who was known by another, such as the id of a token, which is no secret, as a cookie.
import { type BoundedMap, createBoundedMap } from '../../platform/bounded-map.ts';
import type { KeyIdentity, SessionIdentity } from './store-identity.ts';

/** Within the second in which every instance has to see what was revoked, also when no word of it arrives. */
const mostAgeMs = 800;
/** From this age on it is asked for again while it is still answered, so that who keeps coming never waits. */
const renewAfterMs = 400;
const mostKept = 5_000;

interface Kept<T> {
  readonly found: T;
  /** Before the question was sent, by the clock of the process that nobody sets. */
  readonly askedAtMs: number;
  isBeingRenewed: boolean;
}

class RecentAnswers<T> {
  #kept: BoundedMap<Kept<T>> = createBoundedMap(mostKept);
  #isOpen = false;

  /** `ask` throws what the database throws, and then nobody is let in. */
  async find(key: string, ask: () => Promise<T | undefined>): Promise<T | undefined> {
    const kept = this.#kept.get(key);
    const age = kept === undefined ? mostAgeMs : performance.now() - kept.askedAtMs;
    if (kept === undefined || age >= mostAgeMs) return this.#ask(key, ask);
    if (age >= renewAfterMs && !kept.isBeingRenewed) {
      kept.isBeingRenewed = true;
      // Whoever comes when this is too old to be answered asks by themselves, and hears what is wrong.
      this.#ask(key, ask).catch(() => this.#kept.delete(key));
    }
    return kept.found;
  }

  async #ask(key: string, ask: () => Promise<T | undefined>): Promise<T | undefined> {
    const [kept, askedAtMs] = [this.#kept, performance.now()];
    const found = await ask();
    // Whatever was forgotten since then may be what this answer says.
    if (kept !== this.#kept || !this.#isOpen) return found;
    if (found === undefined) kept.delete(key);
    else kept.set(key, { found, askedAtMs, isBeingRenewed: false });
    return found;
  }

  forget(key: string): void {
    this.#kept.delete(key);
  }

  clear(): void {
    this.#kept = createBoundedMap(mostKept);
  }

  keep(isOpen: boolean): void {
    this.#isOpen = isOpen;
    this.clear();
  }
}

/** Begins closed: everybody is asked for until somebody says that changes are heard of. */
export class RecentIdentities {
  readonly sessions = new RecentAnswers<SessionIdentity>();
  readonly keys = new RecentAnswers<KeyIdentity>();

  /** After every change of what somebody may, before the one who made it hears that it is done. */
  clear(): void {
    this.sessions.clear();
    this.keys.clear();
  }

  /** Whether this process hears of the changes that others make. */
  setHearing(hears: boolean): void {
    this.sessions.keep(hears);
    this.keys.keep(hears);
  }
}

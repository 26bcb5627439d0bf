// Names for statements that are sent again and again, so that a connection parses and plans each of them once.
// A plan is as good as what the database knew of its tables when it was made, and a new installation's are empty then: the
// next plan is made after eight times as many uses, under a new name. Nobody else sees to it on the embedded database, and
// on a server nobody does within the first minute.
// Invariant: at most `mostNames` for each connection; a text that comes seldom has none. Names do not live through
// a pooler that hands connections out by transaction, so `open-server.ts` gives none where one may stand between.

const usesBeforeNaming = 5;
const usesBeforeNext = 8;
const mostNames = 300;
/** Texts that are counted at a time; when there are more, counting begins anew. */
const mostCounted = 2_000;

export interface StatementName {
  readonly name: string;
  /** Those of earlier plans, which a connection may still keep. */
  readonly former: readonly string[];
}

interface Named {
  readonly number: number;
  uses: number;
  nextAt: number;
  current: StatementName;
}

const nameAs = (number: number, former: readonly string[]): StatementName => ({
  name: `gathering_${number}_${former.length}`,
  former,
});

export class StatementNames {
  readonly #named = new Map<string, Named | null>();
  #uses = new Map<string, number>();

  /** Undefined: send it without a name. */
  nameOf(text: string): StatementName | undefined {
    const named = this.#named.get(text) ?? this.#begin(text);
    if (named === undefined) return undefined;
    named.uses += 1;
    if (named.uses >= named.nextAt) {
      named.current = nameAs(named.number, [...named.current.former, named.current.name]);
      named.nextAt *= usesBeforeNext;
    }
    return named.current;
  }

  /** Its tables changed under it: from now on this statement goes without a name, on all connections. */
  forget(text: string): void {
    // Its entry stays, so that no other statement is ever given the name that some connection still has for it.
    this.#named.set(text, null);
  }

  #begin(text: string): Named | undefined {
    if (this.#named.has(text) || this.#named.size >= mostNames) return undefined;
    if (this.#uses.size >= mostCounted) this.#uses = new Map();
    const uses = (this.#uses.get(text) ?? 0) + 1;
    this.#uses.set(text, uses);
    if (uses <= usesBeforeNaming) return undefined;
    this.#uses.delete(text);
    const number = this.#named.size;
    const named = { number, uses: usesBeforeNaming, nextAt: uses * usesBeforeNext, current: nameAs(number, []) };
    this.#named.set(text, named);
    return named;
  }
}

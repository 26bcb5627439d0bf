// Names for statements that are sent again and again, so that a connection parses and plans each of them once.
// Invariant: at most `mostNames` for each connection; a text that comes seldom has none. Names do not live through
// a pooler that hands connections out by transaction, so `open-server.ts` gives none where one may stand between.

const usesBeforeNaming = 5;
const mostNames = 300;
/** Texts that are counted at a time; when there are more, counting begins anew. */
const mostCounted = 2_000;

export class StatementNames {
  readonly #names = new Map<string, string | null>();
  #uses = new Map<string, number>();

  /** Undefined: send it without a name. */
  nameOf(text: string): string | undefined {
    const name = this.#names.get(text);
    if (name === null) return undefined;
    if (name !== undefined || this.#names.size >= mostNames) return name;
    if (this.#uses.size >= mostCounted) this.#uses = new Map();
    const uses = (this.#uses.get(text) ?? 0) + 1;
    this.#uses.set(text, uses);
    if (uses <= usesBeforeNaming) return undefined;
    this.#uses.delete(text);
    const made = `gathering_${this.#names.size}`;
    this.#names.set(text, made);
    return made;
  }

  /** Its tables changed under it: from now on this statement goes without a name, on all connections. */
  forget(text: string): void {
    // Its entry stays, so that no other statement is ever given the name that some connection still has for it.
    this.#names.set(text, null);
  }
}

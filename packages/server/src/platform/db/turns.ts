// A queue for something that only one may use at a time. Invariant: first come, first served; a failure does not stop it.
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs `work` when all that was asked for before has ended. */
  take<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => {
      // Told to whoever asked for this turn; the next turn must come all the same.
    });
    return turn;
  }
}

// Whether a server whose event loop is slow is overloaded, or was merely held up once: by a machine that had no time for it,
// or by what is loaded when it is first needed. Refusing is for the first only.

/** So long it has to be slow again and again before requests are refused; longer than one sample of the delay counts. */
const patienceMs = 1_500;
/** After so long without a slow moment the next one is the first again. */
const forgetMs = 10_000;

/** Call it with each request that finds the loop slow; answers whether that has lasted. */
export function makeOverloadJudge(now: () => number = () => performance.now()): () => boolean {
  let sinceMs = Number.NEGATIVE_INFINITY;
  let lastMs = Number.NEGATIVE_INFINITY;
  return () => {
    const atMs = now();
    if (atMs - lastMs > forgetMs) sinceMs = atMs;
    lastMs = atMs;
    return atMs - sinceMs >= patienceMs;
  };
}

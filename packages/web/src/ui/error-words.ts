// The words for a refusal or a failure, of the server's own making or of the page's.
import { ApiError } from '@gathering/contract/client';

interface ErrorWords {
  readonly sentence: string;
  readonly mend: string;
  readonly requestId: string | null;
  readonly faults: ReadonlyArray<{ readonly at: string; readonly message: string }>;
}

export function wordsOf(error: unknown): ErrorWords {
  if (error instanceof ApiError) {
    return {
      sentence: error.message,
      mend: error.problem?.mend ?? 'Check that the server runs and that this machine reaches it, then try again.',
      requestId: error.problem?.requestId ?? null,
      faults: error.problem?.faults ?? [],
    };
  }
  return {
    sentence: error instanceof Error ? error.message : String(error),
    mend: 'Reload the page; if it happens again, report it with these words.',
    requestId: null,
    faults: [],
  };
}

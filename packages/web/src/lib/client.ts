// The door to the API: the contract's client with this browser's session. A refusal of the session ends it.
import { browserSessionRoute } from '@gathering/contract/auth';
import { ApiError, type Client, createClient } from '@gathering/contract/client';
import { endSession, followOtherTabs, session } from './session.ts';

const plain = createClient({ baseUrl: '', csrfToken: () => session.get()?.csrfToken ?? null });

/** Undefined where the server did not answer, or not in its own words. */
export const codeOf = (error: unknown): string | undefined =>
  error instanceof ApiError ? error.problem?.code : undefined;

export const call: Client = async (route, input, options) => {
  try {
    return await plain(route, input, options);
  } catch (error) {
    // Another tab signed in anew: with what the server says of that session the same call fits.
    if (codeOf(error) === 'auth.csrf-invalid' && (await loadSession())) return await plain(route, input, options);
    if (codeOf(error) === 'auth.required') endSession();
    throw error;
  }
};

/** Asks the server who is signed in. False: nobody. Throws when the server does not answer. */
export async function loadSession(): Promise<boolean> {
  try {
    session.set(await plain(browserSessionRoute, {}));
    return true;
  } catch (error) {
    if (codeOf(error) !== 'auth.required') throw error;
    endSession();
    return false;
  }
}

followOtherTabs(() => {
  // Where the server is away, whatever is done next asks it again.
  loadSession().catch(() => undefined);
});

// The door to the API: the contract's client with this session's token. A refusal of the token ends the session.
import { ApiError, type Client, createClient } from '@gathering/contract/client';
import { endSession, session } from './session.ts';

const plain = createClient({ baseUrl: '', token: () => session.get()?.accessToken ?? null });

export const call: Client = async (route, input, options) => {
  try {
    return await plain(route, input, options);
  } catch (error) {
    if (error instanceof ApiError && error.problem?.code === 'auth.required') endSession();
    throw error;
  }
};

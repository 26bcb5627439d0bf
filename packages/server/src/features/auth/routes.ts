// Signing in and out, sessions, API keys, the owner's set-up and socket tickets over HTTP.
import {
  browserLoginRoute,
  browserSessionRoute,
  createApiKeyRoute,
  deleteApiKeyRoute,
  endSessionRoute,
  listApiKeysRoute,
  listSessionsRoute,
  loginRoute,
  logoutEverywhereRoute,
  logoutRoute,
  meRoute,
  refreshRoute,
  setupRoute,
  setupStateRoute,
  socketTicketRoute,
} from '@gathering/contract/auth';
import { answer } from '../../platform/http/bind.ts';
import { createApiKey, listApiKeys, removeApiKey } from './api-keys.ts';
import { endOwnSession, listSessions, signOut, signOutEverywhere } from './end-sessions.ts';
import { readMe, readSession, readSetupState } from './read-account.ts';
import { refreshSession } from './refresh-session.ts';
import { setUpOwner } from './set-up-owner.ts';
import { signIn, signInBrowser } from './sign-in.ts';
import { makeSocketTicket } from './socket-tickets.ts';

export const authRoutes = [
  answer(loginRoute, signIn),
  answer(browserLoginRoute, signInBrowser),
  answer(refreshRoute, refreshSession),
  answer(logoutRoute, signOut),
  answer(logoutEverywhereRoute, signOutEverywhere),
  answer(meRoute, readMe),
  answer(browserSessionRoute, readSession),
  answer(setupStateRoute, readSetupState),
  answer(setupRoute, setUpOwner),
  answer(listSessionsRoute, listSessions),
  answer(endSessionRoute, endOwnSession),
  answer(listApiKeysRoute, listApiKeys),
  answer(createApiKeyRoute, createApiKey),
  answer(deleteApiKeyRoute, removeApiKey),
  answer(socketTicketRoute, makeSocketTicket),
];

// Signing in, the owner's set-up and socket tickets over HTTP.
import {
  loginRoute,
  logoutRoute,
  meRoute,
  setupRoute,
  setupStateRoute,
  socketTicketRoute,
} from '@gathering/contract/auth';
import { answer } from '../../platform/http/bind.ts';
import { readMe, readSetupState } from './read-account.ts';
import { setUpOwner } from './set-up-owner.ts';
import { signIn } from './sign-in.ts';
import { signOut } from './sign-out.ts';
import { makeSocketTicket } from './socket-tickets.ts';

export const authRoutes = [
  answer(loginRoute, signIn),
  answer(logoutRoute, signOut),
  answer(meRoute, readMe),
  answer(setupStateRoute, readSetupState),
  answer(setupRoute, setUpOwner),
  answer(socketTicketRoute, makeSocketTicket),
];

// Signing in and out, accounts, sessions, API keys, users, the owner's set-up and socket tickets over HTTP.
import {
  acceptInvitationRoute,
  beginSecondFactorRoute,
  browserLoginRoute,
  browserSessionRoute,
  changePasswordRoute,
  confirmSecondFactorRoute,
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
  registerRoute,
  removeSecondFactorRoute,
  renewRecoveryCodesRoute,
  resetPasswordRoute,
  setupRoute,
  setupStateRoute,
  socketTicketRoute,
  updateMeRoute,
} from '@gathering/contract/auth';
import { answer } from '../../platform/http/bind.ts';
import { createApiKey, listApiKeys, removeApiKey } from './api-keys.ts';
import { endOwnSession, listSessions, signOut, signOutEverywhere } from './end-sessions.ts';
import { acceptInvitation } from './invitations.ts';
import { changePassword, updateMe } from './own-account.ts';
import { readMe, readSession, readSetupState } from './read-account.ts';
import { refreshSession } from './refresh-session.ts';
import { register } from './register.ts';
import { resetPassword } from './reset-password.ts';
import { beginSecondFactor, confirmSecondFactor, removeSecondFactor, renewRecoveryCodes } from './second-factor.ts';
import { setUpOwner } from './set-up-owner.ts';
import { signIn, signInBrowser } from './sign-in.ts';
import { makeSocketTicket } from './socket-tickets.ts';
import { userRoutes } from './user-routes.ts';

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
  answer(updateMeRoute, updateMe),
  answer(changePasswordRoute, changePassword),
  answer(resetPasswordRoute, resetPassword),
  answer(acceptInvitationRoute, acceptInvitation),
  answer(registerRoute, register),
  answer(beginSecondFactorRoute, beginSecondFactor),
  answer(confirmSecondFactorRoute, confirmSecondFactor),
  answer(renewRecoveryCodesRoute, renewRecoveryCodes),
  answer(removeSecondFactorRoute, removeSecondFactor),
  ...userRoutes,
];

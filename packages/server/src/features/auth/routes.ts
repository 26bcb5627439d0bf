// Signing in, accounts, users and the owner's set-up over HTTP.
import {
  acceptInvitationRoute,
  beginSecondFactorRoute,
  changePasswordRoute,
  confirmSecondFactorRoute,
  loginRoute,
  logoutRoute,
  meRoute,
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
import { acceptInvitation } from './invitations.ts';
import { changePassword, updateMe } from './own-account.ts';
import { readMe, readSetupState } from './read-account.ts';
import { register } from './register.ts';
import { resetPassword } from './reset-password.ts';
import { beginSecondFactor, confirmSecondFactor, removeSecondFactor, renewRecoveryCodes } from './second-factor.ts';
import { setUpOwner } from './set-up-owner.ts';
import { signIn } from './sign-in.ts';
import { signOut } from './sign-out.ts';
import { makeSocketTicket } from './socket-tickets.ts';
import { userRoutes } from './user-routes.ts';

export const authRoutes = [
  answer(loginRoute, signIn),
  answer(logoutRoute, signOut),
  answer(meRoute, readMe),
  answer(setupStateRoute, readSetupState),
  answer(setupRoute, setUpOwner),
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

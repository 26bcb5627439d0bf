// Users and invitations over HTTP.
import {
  createInvitationRoute,
  deleteInvitationRoute,
  deleteUserRoute,
  endUserSessionsRoute,
  listInvitationsRoute,
  listUsersRoute,
  makeResetLinkRoute,
  readUserRoute,
  removeUserSecondFactorRoute,
  updateUserRoute,
} from '@gathering/contract/auth-users';
import { answer } from '../../platform/http/bind.ts';
import { createInvitation, deleteInvitation, listInvitations } from './invitations.ts';
import { makeResetLink } from './reset-password.ts';
import {
  deleteUser,
  endUserSessions,
  listUsers,
  readUser,
  removeUserSecondFactor,
  updateUser,
} from './user-service.ts';

export const userRoutes = [
  answer(listUsersRoute, listUsers),
  answer(readUserRoute, readUser),
  answer(updateUserRoute, updateUser),
  answer(deleteUserRoute, deleteUser),
  answer(endUserSessionsRoute, endUserSessions),
  answer(makeResetLinkRoute, makeResetLink),
  answer(removeUserSecondFactorRoute, removeUserSecondFactor),
  answer(listInvitationsRoute, listInvitations),
  answer(createInvitationRoute, createInvitation),
  answer(deleteInvitationRoute, deleteInvitation),
];

// What boot and commands of the program may call of auth; other features know only `ctx.actor` and `ctx.may`.
export { findStillAdmitted } from './authenticate.ts';
export { actorMay, authorize } from './authorize.ts';
export { ensureOwner } from './ensure-owner.ts';
export { findActor, reloadActor } from './find-actor.ts';
export { letIn } from './let-in.ts';
export { readLocalToken, removeLocalToken, writeLocalToken } from './local-token.ts';
export { RecentIdentities } from './recent-identities.ts';
export { registerSelfRegistration } from './register.ts';
export { removeExpired } from './remove-expired.ts';
export { redeemTicket } from './socket-tickets.ts';
export { secondFactors, signingKeys } from './store-sealed.ts';

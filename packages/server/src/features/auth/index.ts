// What boot and commands of the program may call of auth; other features know only `ctx.actor` and `ctx.may`.
export { authenticate, sessionIsLive } from './authenticate.ts';
export { actorMay, anonymousActor, authorize } from './authorize.ts';
export { ensureOwner } from './ensure-owner.ts';
export { findActor, reloadActor } from './find-actor.ts';
export { readLocalToken, removeLocalToken, writeLocalToken } from './local-token.ts';
export { redeemTicket } from './socket-tickets.ts';

// What boot may call of operations.
export { removeUnusedBreakers } from './breakers.ts';
export { registerHealth } from './check-ready.ts';
export { registerRedrives, removeOldDeadLetters } from './dead-letters.ts';
export { registerHomeParts } from './read-home.ts';
export { resealSecrets } from './reseal-secrets.ts';
export { readSettings, registerModelCheck } from './settings.ts';
export { registerSweep, sweepOldRows } from './sweep-old-rows.ts';
export { tellBreakerChanged, tellDeadLetters } from './tell-changes.ts';

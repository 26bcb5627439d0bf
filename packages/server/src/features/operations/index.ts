// What boot may call of operations.
export { registerHealth } from './check-ready.ts';
export { registerHomeParts } from './read-home.ts';
export { resealSecrets } from './reseal-secrets.ts';
export { readSettings, registerModelCheck } from './settings.ts';
export { registerSweep, sweepOldRows } from './sweep-old-rows.ts';

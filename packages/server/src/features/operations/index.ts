// What boot may call of operations.
export { checkReady, type HealthPorts, registerHealth } from './check-ready.ts';
export { type HomeParts, registerHomeParts } from './read-home.ts';
export { readSettings, registerModelCheck } from './settings.ts';
export { registerSweep, sweepOldRows } from './sweep-old-rows.ts';

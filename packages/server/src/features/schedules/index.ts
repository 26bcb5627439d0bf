// What other features and boot may call of schedules.
export { scheduleJobs } from './jobs.ts';
export { startScheduler } from './run-scheduler.ts';
export { removeOldReceipts } from './sweep.ts';
export { registerTaskStarter } from './task-starter.ts';

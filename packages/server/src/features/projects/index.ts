// What other features and boot may call of projects.
export { ensureProject, readProject, registerProjectUse } from './service.ts';

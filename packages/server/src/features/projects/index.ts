// What other features and boot may call of projects.
export { requireFolder } from './check-folder.ts';
export { ensureProject, readProject, registerProjectUse } from './service.ts';

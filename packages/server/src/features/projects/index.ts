// What other features and boot may call of projects.
export { ensureProject, type ProjectUseReader, readProject, registerProjectUse } from './service.ts';

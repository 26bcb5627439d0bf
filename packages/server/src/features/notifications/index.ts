// What other features and boot may call of notifications.
export { notify } from './notify.ts';
export { listNeedsPerson, removeOldNotifications } from './service.ts';

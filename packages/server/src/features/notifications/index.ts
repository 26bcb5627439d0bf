// What other features and boot may call of notifications.
export { notify, withdrawNotifications } from './notify.ts';
export { listNeedsPerson, removeOldNotifications } from './service.ts';

// What other features and boot may call of notifications.
export { type NewNotification, notify } from './notify.ts';
export { listNeedsPerson, removeOldNotifications } from './service.ts';

// What a person must hear: rows in an inbox.
import * as z from 'zod';
import { idSchema, timeSchema } from './ids.ts';
import { pageOf, pageQuery } from './paging.ts';
import { defineRoute } from './route.ts';

export const notificationSchema = z.strictObject({
  id: idSchema,
  title: z.string(),
  body: z.string(),
  urgency: z.enum(['info', 'needs-person', 'failure']),
  link: z.string().nullable().describe('Path in the dashboard.'),
  readAt: timeSchema.nullable(),
  createdAt: timeSchema,
});
export type Notification = z.infer<typeof notificationSchema>;

export const listNotificationsRoute = defineRoute({
  name: 'notifications.list',
  method: 'GET',
  path: '/notifications',
  summary: 'The inbox, latest first.',
  permission: 'notifications.read',
  rate: 'relaxed',
  query: z.strictObject({ ...pageQuery.shape, unread: z.enum(['true', 'false']).optional() }),
  reply: pageOf(notificationSchema),
  errors: [],
});
export const markNotificationRoute = defineRoute({
  name: 'notifications.mark',
  method: 'PATCH',
  path: '/notifications/:id',
  summary: 'Mark as read or unread.',
  permission: 'notifications.read',
  rate: 'standard',
  object: { kind: 'notifications', param: 'id' },
  params: z.strictObject({ id: idSchema }),
  body: z.strictObject({ read: z.boolean() }),
  reply: notificationSchema,
  errors: ['notifications.not-found'],
});
export const markAllNotificationsRoute = defineRoute({
  name: 'notifications.mark-all',
  method: 'POST',
  path: '/notifications/read-all',
  summary: 'Mark all as read.',
  permission: 'notifications.read',
  rate: 'standard',
  reply: z.strictObject({ marked: z.int() }),
  errors: [],
});

// The inbox over HTTP.
import {
  listNotificationsRoute,
  markAllNotificationsRoute,
  markNotificationRoute,
} from '@gathering/contract/notifications';
import type { Ctx } from '../../ctx.ts';
import { answer } from '../../platform/http/bind.ts';
import { listNotifications, markAllNotifications, markNotification } from './service.ts';

export const notificationsRoutes = [
  answer(listNotificationsRoute, (ctx: Ctx, input) => listNotifications(ctx, input)),
  answer(markNotificationRoute, (ctx: Ctx, input) => markNotification(ctx, input)),
  answer(markAllNotificationsRoute, (ctx: Ctx) => markAllNotifications(ctx)),
];

// Events over HTTP: the Activity page's list.
import { listEventsRoute } from '@gathering/contract/events';
import type { Ctx } from '../../ctx.ts';
import { answer } from '../../platform/http/bind.ts';
import { listEvents } from './read-events.ts';

export const eventsRoutes = [answer(listEventsRoute, (ctx: Ctx, input) => listEvents(ctx, input))];

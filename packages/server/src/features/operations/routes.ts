// Health, settings, the Home page, circuit breakers and dead letters over HTTP.
import {
  changeSettingsRoute,
  liveRoute,
  readHomeRoute,
  readInstanceRoute,
  readSettingsRoute,
  readyRoute,
} from '@gathering/contract/operations';
import { listBreakersRoute, resetBreakerRoute } from '@gathering/contract/operations-breakers';
import {
  dismissDeadLetterRoute,
  listDeadLettersRoute,
  readDeadLetterRoute,
  redriveDeadLetterRoute,
} from '@gathering/contract/operations-dead-letters';
import type { Ctx } from '../../ctx.ts';
import { answer, withStatus } from '../../platform/http/bind.ts';
import { listBreakers, resetBreaker } from './breakers.ts';
import { checkReady } from './check-ready.ts';
import { dismissDeadLetter, listDeadLetters, readDeadLetter, redriveDeadLetter } from './dead-letters.ts';
import { readHome } from './read-home.ts';
import { readInstance } from './read-instance.ts';
import { changeSettings, readSettings } from './settings.ts';

export const operationsRoutes = [
  answer(liveRoute, async (_ctx: Ctx) => ({ status: 'live' as const })),
  answer(readyRoute, async (ctx: Ctx) => {
    const readiness = await checkReady(ctx);
    return readiness.status === 'ready' ? readiness : withStatus(503, readiness);
  }),
  answer(readSettingsRoute, (ctx: Ctx) => readSettings(ctx)),
  answer(changeSettingsRoute, (ctx: Ctx, input) => changeSettings(ctx, input)),
  answer(readInstanceRoute, (ctx: Ctx) => readInstance(ctx)),
  answer(readHomeRoute, (ctx: Ctx) => readHome(ctx)),
  answer(listBreakersRoute, listBreakers),
  answer(resetBreakerRoute, resetBreaker),
  answer(listDeadLettersRoute, listDeadLetters),
  answer(readDeadLetterRoute, readDeadLetter),
  answer(redriveDeadLetterRoute, redriveDeadLetter),
  answer(dismissDeadLetterRoute, dismissDeadLetter),
];

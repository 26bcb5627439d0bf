// Binds the contract's routes of schedules.
import * as contract from '@gathering/contract/schedules';
import type { Ctx } from '../../ctx.ts';
import { answer } from '../../platform/http/bind.ts';
import { readCalendar } from './read-calendar.ts';
import { backTest, listReceiptPage, readExpected } from './read-instants.ts';
import { runNow } from './run-now.ts';
import { readScheduler, setSchedulerPaused } from './scheduler.ts';
import {
  changeSchedule,
  createSchedule,
  listSchedulePage,
  readSchedule,
  removeSchedule,
  setPaused,
} from './service.ts';

export const schedulesRoutes = [
  answer(contract.readCalendarRoute, (ctx: Ctx, input) => readCalendar(ctx, input)),
  answer(contract.readSchedulerRoute, (ctx: Ctx) => readScheduler(ctx)),
  answer(contract.changeSchedulerRoute, (ctx: Ctx, input) => setSchedulerPaused(ctx, input.body.paused)),
  answer(contract.listSchedulesRoute, (ctx: Ctx, input) => listSchedulePage(ctx, input)),
  answer(contract.createScheduleRoute, (ctx: Ctx, input) => createSchedule(ctx, input)),
  answer(contract.readScheduleRoute, (ctx: Ctx, input) => readSchedule(ctx, input.params.id)),
  answer(contract.changeScheduleRoute, (ctx: Ctx, input) => changeSchedule(ctx, input)),
  answer(contract.removeScheduleRoute, (ctx: Ctx, input) => removeSchedule(ctx, input.params.id)),
  answer(contract.pauseScheduleRoute, (ctx: Ctx, input) => setPaused(ctx, input.params.id, true)),
  answer(contract.resumeScheduleRoute, (ctx: Ctx, input) => setPaused(ctx, input.params.id, false)),
  answer(contract.runScheduleRoute, (ctx: Ctx, input) => runNow(ctx, input.params.id)),
  answer(contract.listReceiptsRoute, (ctx: Ctx, input) => listReceiptPage(ctx, input)),
  answer(contract.readExpectedRoute, (ctx: Ctx, input) => readExpected(ctx, input)),
  answer(contract.backTestRoute, (ctx: Ctx, input) => backTest(ctx, input)),
];

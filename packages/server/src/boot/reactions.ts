// What one feature does because of another: the only place where a lower feature's news reaches a higher one.
import type { GatheringEvent } from '@gathering/contract/events';
import {
  listAgentsOfProvider,
  registerAgentUse,
  registerStepDecided,
  removeOldTurns,
} from '../features/agents/index.ts';
import { removeOldApprovals } from '../features/approvals/index.ts';
import { registerSelfRegistration, removeExpired } from '../features/auth/index.ts';
import { listNeedsPerson, removeOldNotifications } from '../features/notifications/index.ts';
import {
  readSettings,
  registerHomeParts,
  registerModelCheck,
  registerRedrives,
  registerSweep,
  removeOldDeadLetters,
  removeUnusedBreakers,
} from '../features/operations/index.ts';
import {
  countRuns,
  listActivePipelinesOfAgent,
  readHomeRuns,
  removeExpiredKeys,
  removeOldRuns,
  resumeTurnNode,
  runsOfProjectAreActive,
} from '../features/pipelines/index.ts';
import { registerProjectUse } from '../features/projects/index.ts';
import {
  registerDefaultModel,
  registerProviderUse,
  requireModel,
  summariseToday,
} from '../features/providers/index.ts';
import { registerTaskStarter, removeOldReceipts } from '../features/schedules/index.ts';
import {
  cancelTask,
  listActiveTasksOfAgent,
  prepareTask,
  readHomeTasks,
  readTaskEnds,
  removeOldTasks,
  resumeTaskOfTurn,
  startTask,
  tasksOfProjectAreActive,
} from '../features/tasks/index.ts';
import { allJobs } from './jobs.ts';

/**
 * Of events about a user: this one says that what they may do or see is not what it was. Sockets look again then.
 * Whatever auth tells of a user may be that.
 */
export function changesRights({ type }: Pick<GatheringEvent, 'type'>): boolean {
  return type === 'projects.membership-changed' || type.startsWith('auth.');
}

const unusedBreakerDays = 7;

let isRegistered = false;

/** Once a process; a second call changes nothing. */
export function registerReactions(): void {
  if (isRegistered) return;
  isRegistered = true;
  // A step of a turn was decided: the pipeline node or background run that waits for the turn goes on.
  registerStepDecided(async (ctx, tx, turnId) => {
    await resumeTurnNode(ctx, tx, turnId);
    await resumeTaskOfTurn(ctx, tx, turnId);
  });
  // An agent, a project or a provider is not removed under what uses it.
  registerAgentUse((handle, refs) => listActivePipelinesOfAgent(handle, refs));
  registerAgentUse((handle, refs) => listActiveTasksOfAgent(handle, refs));
  registerProjectUse((handle, projectId) => tasksOfProjectAreActive(handle, projectId));
  registerProjectUse((handle, projectId) => runsOfProjectAreActive(handle, projectId));
  registerProviderUse((handle, name) => listAgentsOfProvider(handle, name));
  // A schedule may give an agent a goal to work on.
  registerTaskStarter(startTask, { prepare: prepareTask, readEnds: readTaskEnds, cancel: cancelTask });
  // Which model an agent takes that names none is a setting, and only a model that exists can be one.
  registerDefaultModel(async (ctx) => (await readSettings(ctx)).defaultModel);
  registerModelCheck((ctx, choice) => requireModel(ctx, choice));
  // Whether people may make accounts of their own is a setting.
  registerSelfRegistration(async (ctx) => (await readSettings(ctx)).selfRegistration);
  // The Home page shows what each feature tells of itself.
  registerHomeParts({
    runs: readHomeRuns,
    tasks: readHomeTasks,
    needsPerson: listNeedsPerson,
    usageToday: summariseToday,
    endedRuns: countRuns,
  });
  // What grows is removed when it is old; what signs in, as soon as it has expired.
  registerSweep({ name: 'credentials', days: () => 0, remove: removeExpired });
  registerSweep({ name: 'idempotency keys', days: () => 0, remove: removeExpiredKeys });
  registerSweep({ name: 'runs', days: ({ runRetentionDays }) => runRetentionDays, remove: removeOldRuns });
  registerSweep({ name: 'approvals', days: ({ runRetentionDays }) => runRetentionDays, remove: removeOldApprovals });
  registerSweep({ name: 'tasks', days: ({ runRetentionDays }) => runRetentionDays, remove: removeOldTasks });
  registerSweep({ name: 'turns', days: ({ runRetentionDays }) => runRetentionDays, remove: removeOldTurns });
  registerSweep({ name: 'receipts', days: ({ runRetentionDays }) => runRetentionDays, remove: removeOldReceipts });
  registerSweep({
    name: 'notifications',
    days: ({ runRetentionDays }) => runRetentionDays,
    remove: removeOldNotifications,
  });
  registerSweep({
    name: 'dead-letters',
    days: ({ runRetentionDays }) => runRetentionDays,
    remove: removeOldDeadLetters,
  });
  registerSweep({ name: 'breakers', days: () => unusedBreakerDays, remove: removeUnusedBreakers });
  // A job that failed for good is done again as its feature says.
  registerRedrives(allJobs);
}

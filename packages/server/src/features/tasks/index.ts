// What other features and boot may call of background runs.
export { cancelTask, resumeTaskOfTurn } from './control-task.ts';
export { taskJobs } from './jobs.ts';
export {
  listActiveTasksOfAgent,
  readHomeTasks,
  readTaskEnds,
  removeOldTasks,
  tasksOfProjectAreActive,
} from './overview.ts';
export { prepareTask, startTask } from './start-task.ts';

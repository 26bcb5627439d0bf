// What other features and boot may call of pipelines.
export { cancelRun } from './cancel-run.ts';
export { checkSchemas } from './check-input.ts';
export { resumeTurnNode } from './decide-node.ts';
export { ensureExamplePipelines } from './ensure-examples.ts';
export { removeExpiredKeys } from './idempotency.ts';
export { pipelineJobs } from './jobs.ts';
export { locateFaults, sortFaults } from './locate-faults.ts';
export {
  countRuns,
  findInterruptedRun,
  listActivePipelinesOfAgent,
  readHomeRuns,
  readRunStatuses,
  removeOldRuns,
  runsOfProjectAreActive,
} from './overview.ts';
export { parseDefinition } from './parse-definition.ts';
export { readRun } from './read-run.ts';
export { onRunsEnded } from './run-ends.ts';
export { fingerprintOf, prepareRun, readKnownNames, readPublished, startPreparedRun, startRun } from './start-run.ts';
export { triggerSecrets } from './store/sealed-secrets.ts';
export { startFollowing } from './triggers/follow-events.ts';
export { startEventWatch } from './watch-events.ts';

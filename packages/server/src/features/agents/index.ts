// What other features and boot may call of agents.
export {
  type AgentUseReader,
  findAgent,
  listAgentRefs,
  listAgentsOfProvider,
  registerAgentUse,
} from './agent-service.ts';
export { cancelTurns } from './cancel-turns.ts';
export { decideWaitingStep, registerStepDecided, type StepDecided } from './decide-step.ts';
export { ensureReadyAgents } from './ensure-ready-agents.ts';
export { agentJobs } from './jobs.ts';
export { readTurn } from './read-turn.ts';
export { type AgentTask, runAgentTask } from './run-agent-task.ts';
export { runTurn } from './run-turn.ts';
export { registerAgentFrames } from './socket.ts';
export type { TurnOutcome } from './turn-outcome.ts';

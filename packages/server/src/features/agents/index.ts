// What other features and boot may call of agents.
export { findAgent, listAgentRefs, listAgentsOfProvider, registerAgentUse } from './agent-service.ts';
export { cancelTurns } from './cancel-turns.ts';
export { decideWaitingStep, registerStepDecided } from './decide-step.ts';
export { ensureReadyAgents } from './ensure-ready-agents.ts';
export { agentJobs } from './jobs.ts';
export { listTurnsOfTask, readSteps } from './look-at-turns.ts';
export { readTurn } from './read-turn.ts';
export { readyAgents } from './ready-agents.ts';
export { removeOldTurns } from './remove-old-turns.ts';
export { runAgentTask } from './run-agent-task.ts';
export type { TurnFrame } from './run-turn.ts';
export { registerAgentFrames } from './socket.ts';

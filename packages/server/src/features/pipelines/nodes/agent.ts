// An agent's turn as a node. The turn has its own journal, so a node that is taken up again goes on with the
// turn and asks for nothing twice.
import type { Json } from '@gathering/contract/json';
import { runAgentTask } from '../../agents/index.ts';
import { asText } from './as-text.ts';
import { NodeFailure, type NodeKind } from './node-kind.ts';

export const agentNode: NodeKind<'agent'> = {
  type: 'agent',
  plainKeys: ['agentId', 'outputSchema'],
  run: async ({ ctx, node, config, announce }) => {
    if (node.turn_id === null) throw new Error(`Agent node ${node.node_id} of run ${node.run_id} has no turn.`);
    if (!(await announce())) return { kind: 'dropped' };
    const turn = await runAgentTask(ctx, {
      turnId: node.turn_id,
      agentRef: config.agentId,
      task: asText(config.task),
      projectId: node.project_id,
      outputSchema: config.outputSchema ?? null,
      runRef: { runId: node.run_id, nodeId: node.node_id },
    });
    const usage = { inputTokens: turn.inputTokens, outputTokens: turn.outputTokens, costUsd: turn.costUsd };
    if (turn.status === 'waiting')
      return {
        kind: 'wait-for-decision',
        question: turn.question ?? 'A tool call was cut off and may have had its effect. Repeat it or skip it?',
      };
    if (turn.status === 'cancelled' || turn.status === 'paused') return { kind: 'dropped' };
    if (turn.status === 'failed') {
      throw new NodeFailure(
        `agents.${turn.stopReason ?? 'failed'}`,
        turn.detail ?? `The agent stopped: ${turn.stopReason ?? 'failed'}.`,
        {
          next:
            turn.stopReason === 'schema-unusable'
              ? 'Make the outputSchema of the node simpler: patterns without nested repetition, fewer references and choices.'
              : "Look at the last steps of the turn; raise the agent's limits or change its task.",
          status: turn.stopReason === 'time-limit' ? 'timed_out' : 'failed',
          ...(turn.stopReason === 'model-failed' && { kind: 'unavailable' as const }),
          usage,
        },
      );
    }
    const output: { [key: string]: Json } = { text: turn.text, turnId: node.turn_id };
    if (config.outputSchema !== undefined) output.data = turn.data;
    return { kind: 'completed', output, ...usage };
  },
};

// Calls of tools that may change the world leave an audit entry with their end: who asked, which tool, on what, with which
// result. What a call was given is in the journal, not here.
import type { Ctx, Tx } from '../../ctx.ts';
import type { JournalChange, ToolStep } from '../../llm/journal.ts';
import { recordAudit } from '../audit/index.ts';
import type { TurnRow } from './store-turns.ts';

export function recordEffects(ctx: Ctx, tx: Tx, turn: TurnRow, change: JournalChange): Promise<unknown>[] {
  return change.ended
    .filter((step): step is ToolStep => step.kind === 'tool' && step.effect !== 'none')
    .map((step) =>
      recordAudit(ctx, tx, {
        action: 'agents.call-tool',
        object: `turns/${turn.id}`,
        result: step.state === 'done' ? 'done' : 'failed',
        details: {
          tool: step.tool.slice(0, 200),
          effect: step.effect,
          step: step.index,
          agentId: turn.agentId,
          chatId: turn.chatId,
          runId: turn.runId,
          taskId: turn.taskId,
          projectId: turn.projectId,
        },
      }),
    );
}

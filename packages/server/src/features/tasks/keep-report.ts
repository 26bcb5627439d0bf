// Keeps what a turn told and spent with its background run: when it has ended, and when it is cut off before.
import { storableText } from '@gathering/contract/storable';
import type { Ctx, Tx } from '../../ctx.ts';
import { cancelTurns, readSteps } from '../agents/index.ts';
import { cut, readReport } from './read-report.ts';
import { mostNotes, mostSeen, type TurnReport } from './rules.ts';
import { addTurn, type WholeTask } from './store.ts';

const longestLastWords = 6_000;

export async function keepReport(tx: Tx, task: WholeTask, report: TurnReport): Promise<void> {
  const { inputTokens, outputTokens, cutOff } = report;
  const added = report.notes.map((text) => ({ turn: task.turns, text: storableText(text) }));
  const ended =
    cutOff === null
      ? cut(report.text, longestLastWords)
      : `It was stopped (${report.stopReason ?? 'failed'}). It had said: ${cut(report.text, 1_000)}\nIt had called:\n${cutOff}`;
  const { steps, activeMs, costUsd } = report.spent;
  await addTurn(tx, task.id, {
    progress: report.progress ?? task.progress,
    plan: report.plan ?? task.plan,
    notes: [...task.notes, ...added].slice(-mostNotes),
    lastWords: storableText(ended),
    seen: [...new Set([...task.seen, ...report.calls])].slice(-mostSeen),
    ...{ steps, activeMs, inputTokens, outputTokens, costUsd },
  });
}

/** Ends the current turn where it is, in the caller's transaction; what it told and spent until then counts. */
export async function cutTurnOff(ctx: Ctx, tx: Tx, task: WholeTask): Promise<void> {
  // One that has ended already, or never began, has nothing that could be cut off.
  await cancelTurns(ctx, tx, [task.turnId]);
  const steps = await readSteps(tx, task.turnId);
  await keepReport(tx, task, readReport(steps, { stopReason: 'cancelled', detail: null, text: '' }));
}

// What a turn is asked: the goal with what people added to it, and beside it how to work over several turns and where the
// work stands. Bounded: earlier turns reach the next as plan, notes and last words, never as their whole conversation.
import type { TaskLimits } from '@gathering/contract/tasks';
import type { TurnFrame } from '../agents/index.ts';
import { barrenTurns, type Standing } from './rules.ts';
import { reportTools, taskTools } from './tools.ts';

export interface Note {
  readonly turn: number;
  readonly text: string;
}

const mostAdded = 40_000;

/** The goal, and what people said since, the latest where not all of it fits. The same words for every model. */
export function writeTask(goal: string, messages: readonly string[]): string {
  const kept: string[] = [];
  let characters = 0;
  for (const text of messages.toReversed()) {
    characters += text.length;
    if (kept.length > 0 && characters > mostAdded) break;
    kept.unshift(text);
  }
  return kept.length === 0 ? goal : `${goal}\n\nAdded since:\n\n${kept.join('\n\n')}`;
}

const rules = `You work on a goal over several turns, in the background; nobody answers you meanwhile.
Begin with ${reportTools.plan}, and set it again whenever a step is done or changes. A turn is one piece of the work: when a step of the plan is done, or when you have called many tools, note what you found with ${reportTools.progress} and end the turn with a short answer. Your next turn sees the plan, your notes and your last words, nothing else of what you read or did, so note every fact that you will need.
When the goal is reached, call ${reportTools.finish} with the whole result. When it cannot be reached, call it too, with what stands in the way. A turn that ends while no step of the plan is open ends the work, and its answer is the result.
After ${barrenTurns} turns that bring nothing new you are stopped.`;

export interface WhereItStands extends Pick<Standing, 'turns' | 'plan' | 'progress' | 'spent' | 'limits'> {
  readonly notes: readonly Note[];
  readonly lastWords: string;
}

export function writeFrame(task: WhereItStands): TurnFrame {
  return { rules, standing: writeStanding(task), tools: taskTools };
}

function writeStanding({ turns, plan, progress, notes, lastWords, spent, limits }: WhereItStands): string {
  const parts = [`---\nThis is turn ${turns}. ${writeSpent(spent, limits)}`];
  if (turns === 1) return parts.join('\n');
  if (plan.length > 0) parts.push(`Your plan:\n${plan.map(({ step, status }) => `- [${status}] ${step}`).join('\n')}`);
  if (progress !== null) parts.push(`Progress: ${progress} %.`);
  if (notes.length > 0)
    parts.push(`Your notes:\n${notes.map(({ turn, text }) => `- turn ${turn}: ${text}`).join('\n')}`);
  if (lastWords !== '') parts.push(`How your last turn ended:\n${lastWords}`);
  parts.push('Go on with the next open step.');
  return parts.join('\n\n');
}

function writeSpent({ steps, tokens, activeMs, costUsd }: Standing['spent'], limits: TaskLimits): string {
  const parts = [
    `${steps} of ${limits.maxSteps} questions`,
    `${tokens} of ${limits.maxTokens} tokens`,
    `${Math.round(activeMs / 1000)} of ${limits.maxSeconds} seconds`,
  ];
  if (limits.maxCostUsd !== null) parts.push(`${(costUsd ?? 0).toFixed(4)} of ${limits.maxCostUsd} US dollars`);
  return `Used so far: ${parts.join(', ')}.`;
}

// How a background run stands, in words for people.
import type { Task, TaskStopReason } from '@gathering/contract/tasks';

const stopWords: Readonly<Record<TaskStopReason, string>> = {
  completed: 'The goal is reached.',
  'gave-up': 'The agent says that the goal cannot be reached.',
  'step-limit': 'Its limit of steps is used up.',
  'time-limit': 'Its limit of time is used up.',
  'token-limit': 'Its limit of tokens is used up.',
  'cost-limit': 'Its limit of cost is used up.',
  'no-progress': 'It was stopped: its turns brought nothing new.',
  'not-allowed': 'Whoever started it may not do this any more.',
  'starter-gone': 'Whoever started it has no account any more.',
  'agent-gone': 'Its agent does not exist any more.',
  'model-failed': 'Its model does not answer.',
  'content-filter': "The provider's content filter stopped it.",
  interrupted: 'It could not go on.',
  cancelled: 'Somebody cancelled it.',
};

export function describeStop(reason: TaskStopReason): string {
  return stopWords[reason];
}

const nextSteps: Partial<Readonly<Record<TaskStopReason, string>>> = {
  'gave-up': 'Read its result, then start another one with what it lacked.',
  'step-limit': 'Start another one with higher limits or a smaller goal.',
  'time-limit': 'Start another one with higher limits or a smaller goal.',
  'token-limit': 'Start another one with higher limits or a smaller goal.',
  'cost-limit': 'Start another one with higher limits, or with a cheaper model.',
  'no-progress': 'Look at its last steps; say in the goal what it should do, or choose a model that reasons.',
  'not-allowed': 'Somebody who may has to start it again.',
  'starter-gone': 'Somebody else has to start it again.',
  'model-failed': 'Test the provider on the Models page, then start another one.',
};

/** The next sensible action; null: there is none. */
export function nextStepOf(reason: TaskStopReason): string | null {
  return nextSteps[reason] ?? null;
}

/** A turn that is halted by a pause has not ended, and does not run either. */
export function turnStateOf({ status }: Pick<Task, 'status'>, turnStatus: string): string {
  return status === 'paused' && turnStatus === 'running' ? 'paused' : turnStatus;
}

/** The word of its badge, where it says more than its status. */
export function stateWordOf({ status, pauseRequested }: Pick<Task, 'status' | 'pauseRequested'>): string | undefined {
  if (pauseRequested) return 'Pausing';
  if (status === 'pending') return 'Queued';
  return status === 'waiting' ? 'Needs you' : undefined;
}

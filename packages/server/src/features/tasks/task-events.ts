// The events of background runs, all told in the same way: about the run, its agent and its turn, to whoever may see it.
import type { EventType } from '@gathering/contract/events';
import type { Json } from '@gathering/contract/json';
import type { NewEvent } from '../events/index.ts';
import { guardOfTask, type TaskOwner } from './guard.ts';

type TaskEventType = Extract<EventType, `tasks.${string}`>;

export function taskEvent(
  type: TaskEventType,
  task: TaskOwner & { readonly id: string; readonly agentId: string },
  payload: Readonly<Record<string, Json>> = {},
): NewEvent {
  const [subject, related, audience] = [`tasks/${task.id}`, [`agents/${task.agentId}`], guardOfTask(task)];
  return { type, subject, related, payload, audience };
}

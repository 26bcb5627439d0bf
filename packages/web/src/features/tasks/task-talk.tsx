// What people said to a background run, and the box by which one steers it: its next turn reads what is sent.
import { activeTaskStatuses, longestTaskMessage, sendTaskMessageRoute, type Task } from '@gathering/contract/tasks';
import { Send } from 'lucide-react';
import { type FormEvent, type KeyboardEvent, useState } from 'react';
import { useMay } from '../../lib/may.ts';
import { useAct } from '../../lib/query.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorBox } from '../../ui/error-box.tsx';
import { Field, TextArea } from '../../ui/input.tsx';
import { Ago } from '../../ui/time.tsx';

function SteerBox({ task }: { readonly task: Task }) {
  const [text, setText] = useState('');
  const send = useAct(sendTaskMessageRoute, { refreshes: ['tasks.read'], onDone: () => setText('') });
  const isEmpty = text.trim() === '';
  const submit = (event: FormEvent | KeyboardEvent): void => {
    event.preventDefault();
    if (!isEmpty && !send.isPending) send.mutate({ params: { id: task.id }, body: { text } });
  };
  return (
    <form onSubmit={submit} className="flex shrink-0 flex-col gap-2 border-t border-line p-3">
      {send.error && <ErrorBox error={send.error} />}
      <Field label="Steer it" hint="Its next turn reads what you send.">
        {(binding) => (
          <TextArea
            {...binding}
            rows={3}
            maxLength={longestTaskMessage}
            value={text}
            onChange={(change) => setText(change.target.value)}
            onKeyDown={(event) => {
              if (event.key === 'Enter' && (event.metaKey || event.ctrlKey)) submit(event);
            }}
          />
        )}
      </Field>
      <div className="flex justify-end">
        <Button type="submit" icon={Send} busy={send.isPending} disabled={isEmpty}>
          Send
        </Button>
      </div>
    </form>
  );
}

export function TaskTalk({ task }: { readonly task: Task }) {
  const may = useMay();
  const isActive = activeTaskStatuses.includes(task.status);
  return (
    <section aria-label="Messages" className="flex min-h-0 flex-1 flex-col">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <div tabIndex={0} className="flex min-h-0 flex-1 flex-col gap-3 overflow-y-auto p-4 -outline-offset-2">
        <h2 className="text-xs font-medium text-ink-3">Messages</h2>
        {task.messages.length === 0 && <p className="text-sm text-ink-3">Nobody has said anything to it.</p>}
        <ul className="flex flex-col gap-2">
          {task.messages.map((message) => (
            <li key={message.id} className="rounded-lg border border-line bg-raised px-3 py-2 text-sm">
              <p className="break-words whitespace-pre-wrap">{message.text}</p>
              <p className="mt-1 flex justify-between text-xs text-ink-3">
                <span>
                  {message.turn !== null && `Read by turn ${message.turn}`}
                  {message.turn === null && (isActive ? 'Waits for the next turn' : 'Was not read')}
                </span>
                <Ago at={message.createdAt} />
              </p>
            </li>
          ))}
        </ul>
      </div>
      {isActive && may('tasks.run') && <SteerBox task={task} />}
    </section>
  );
}

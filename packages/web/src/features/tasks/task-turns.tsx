// What a background run did and does, step by step: the turn that runs, or another one that was chosen.
import { readTurnRoute } from '@gathering/contract/agents-chats';
import type { Task } from '@gathering/contract/tasks';
import { formatCost, formatCount, plural } from '../../lib/format.ts';
import { useRead } from '../../lib/query.ts';
import { ErrorBox } from '../../ui/error-box.tsx';
import { Select } from '../../ui/select.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { lookOf, StateBadge } from '../../ui/state-badge.tsx';
import { StepList } from '../../ui/step-list.tsx';
import { Ago } from '../../ui/time.tsx';
import { turnStateOf } from './describe-task.ts';

function Steps({ task, turnId }: { readonly task: Task; readonly turnId: string }) {
  const turn = useRead(readTurnRoute, { params: { id: turnId } });
  if (turn.isPending) return <SkeletonRows rows={4} />;
  if (!turn.data)
    return (
      <div className="p-3">
        <ErrorBox error={turn.error} onRetry={() => void turn.refetch()} />
      </div>
    );
  return (
    <>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-3 py-2 text-xs text-ink-2 tabular-nums">
        <StateBadge state={turnStateOf(task, turn.data.status)} />
        <span>{plural(turn.data.steps.length, 'step')}</span>
        <span>{formatCount(turn.data.inputTokens + turn.data.outputTokens)} tokens</span>
        <span>{formatCost(turn.data)}</span>
        {turn.data.startedAt && <Ago at={turn.data.startedAt} />}
        {turn.data.detail && <span className="w-full">{turn.data.detail}</span>}
      </div>
      <StepList turn={turn.data} />
    </>
  );
}

interface TaskTurnsProps {
  readonly task: Task;
  /** Number of the turn that was chosen; null: the latest, whichever that is. */
  readonly chosen: string | null;
  readonly onChoose: (turn: string | null) => void;
}

export function TaskTurns({ task, chosen, onChoose }: TaskTurnsProps) {
  const [latest] = task.turnList;
  const shown = task.turnList.find(({ number }) => String(number) === chosen) ?? latest;
  if (shown === undefined) {
    const text =
      task.endedAt === null ? 'Its first turn waits for a free place. It begins by itself.' : 'No turn began.';
    return <p className="p-4 text-sm text-ink-3">{text}</p>;
  }
  return (
    <div className="flex flex-col">
      <div className="flex items-center gap-2 border-b border-line p-3">
        <label htmlFor="turn" className="text-sm font-medium">
          Turn
        </label>
        <div className="w-64">
          <Select
            id="turn"
            value={shown === latest ? '' : String(shown.number)}
            onChange={(turn) => onChoose(turn === '' ? null : turn)}
            options={task.turnList.map(({ number, status }, at) => ({
              value: at === 0 ? '' : String(number),
              label: `${number}  ${lookOf(turnStateOf(task, status)).word}${at === 0 ? ', the latest' : ''}`,
            }))}
          />
        </div>
      </div>
      <Steps key={shown.id} task={task} turnId={shown.id} />
    </div>
  );
}

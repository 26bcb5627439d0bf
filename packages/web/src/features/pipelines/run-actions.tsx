// What can be done with a run as a whole: pause, go on, cancel, retry, run again. What repeats or ends work asks first.
import { cancelRunRoute, type Run, readRunRoute, startRunRoute } from '@gathering/contract/pipelines';
import { pauseRunRoute, resumeRunRoute, retryRunRoute } from '@gathering/contract/pipelines-controls';
import { Ban, Pause, Play, RotateCcw, StepForward } from 'lucide-react';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { useMay } from '../../lib/may.ts';
import { seedAnswer, useAct } from '../../lib/query.ts';
import { Button } from '../../ui/button.tsx';
import { Confirm } from '../../ui/dialog.tsx';
import { ErrorBox } from '../../ui/error-box.tsx';
import { useKeptFocus } from '../../ui/kept-focus.ts';
import { noteOwnRun } from './own-runs.ts';

/** Opens a run that was just made. */
export function useOpenRun(): (run: Run) => void {
  const navigate = useNavigate();
  return (run) => {
    seedAnswer(readRunRoute, { params: { id: run.id } }, run);
    noteOwnRun(run);
    void navigate(`/runs/${run.id}`);
  };
}

function RunAgain({ run, pipelineId }: { readonly run: Run; readonly pipelineId: string }) {
  const open = useOpenRun();
  const again = useAct(startRunRoute, { onDone: open });
  const start = (): void =>
    again.mutate({
      params: { id: pipelineId },
      body: { input: run.input ?? undefined, projectId: run.projectId, priority: run.priority },
    });
  return (
    <>
      <Button icon={RotateCcw} busy={again.isPending} onClick={start}>
        Run again
      </Button>
      {again.error && (
        <div className="max-w-md basis-full">
          <ErrorBox error={again.error} />
        </div>
      )}
    </>
  );
}

const stopped: readonly string[] = ['failed', 'cancelled', 'timed_out'];
const underWay: readonly string[] = ['running', 'waiting'];

export function RunActions({ run }: { readonly run: Run }) {
  const may = useMay();
  const bar = useKeptFocus(run.status);
  const [asked, setAsked] = useState<'cancel' | 'retry' | null>(null);
  const refreshes = ['pipelines.read-run'];
  const cancel = useAct(cancelRunRoute, { refreshes, onDone: () => setAsked(null) });
  const retry = useAct(retryRunRoute, {
    refreshes,
    onDone: (again) => {
      noteOwnRun(again);
      setAsked(null);
    },
  });
  const pause = useAct(pauseRunRoute, { refreshes });
  const resume = useAct(resumeRunRoute, { refreshes });
  if (!may('pipelines.run')) return null;
  const call = { params: { id: run.id } };
  const isOver = run.endedAt !== null;
  const fault = pause.error ?? resume.error;
  const isPaused = run.status === 'paused';
  return (
    <div ref={bar} className="flex flex-wrap items-center justify-end gap-2">
      {/* One button, so that it keeps the focus. */}
      {(isPaused || underWay.includes(run.status)) && (
        <Button
          look={isPaused ? 'primary' : 'plain'}
          icon={isPaused ? Play : Pause}
          busy={(isPaused ? resume : pause).isPending}
          onClick={() => (isPaused ? resume : pause).mutate(call)}
        >
          {isPaused ? 'Resume' : 'Pause'}
        </Button>
      )}
      {!isOver && (
        <Button look="danger" icon={Ban} onClick={() => setAsked('cancel')}>
          Cancel
        </Button>
      )}
      {/* What began a sub-run goes on from its own node: there it is retried. */}
      {stopped.includes(run.status) && run.parent === null && (
        <Button icon={StepForward} onClick={() => setAsked('retry')}>
          Retry
        </Button>
      )}
      {isOver && run.pipelineId !== null && run.onlyNode === null && <RunAgain run={run} pipelineId={run.pipelineId} />}
      <Confirm
        open={asked === 'cancel'}
        onClose={() => setAsked(null)}
        title="Cancel this run?"
        consequence="Nothing more begins, and what runs now is stopped. What finished nodes made stays readable."
        verb="Cancel the run"
        busy={cancel.isPending}
        fault={cancel.error && <ErrorBox error={cancel.error} />}
        onConfirm={() => cancel.mutate(call)}
      />
      <Confirm
        open={asked === 'retry'}
        onClose={() => setAsked(null)}
        title="Go on from where it stopped?"
        consequence="Nodes that failed or were stopped run again, with what follows from them; whatever they did outside before may be done a second time. Finished nodes are kept and not run again."
        verb="Retry the run"
        decline="Not now"
        busy={retry.isPending}
        fault={retry.error && <ErrorBox error={retry.error} />}
        onConfirm={() => retry.mutate(call)}
      />
      {fault && (
        <div className="max-w-md basis-full">
          <ErrorBox error={fault} />
        </div>
      )}
    </div>
  );
}

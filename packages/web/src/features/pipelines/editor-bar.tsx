// The bar of the editor: what is being drawn, whether it is saved, and what can be done with the whole.
import type { Pipeline } from '@gathering/contract/pipelines';
import { LayoutGrid, Play, Redo2, Save, Undo2 } from 'lucide-react';
import { useMay } from '../../lib/may.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorBox } from '../../ui/error-box.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import type { Edit, EditState } from './edit-graph.ts';
import { PipelineActions, VersionBadge } from './pipeline-actions.tsx';
import type { Saving } from './use-saving.ts';

interface EditorBarProps {
  readonly state: EditState;
  readonly saving: Saving;
  readonly isDirty: boolean;
  readonly isRestored: boolean;
  readonly faultCount: number;
  readonly dispatch: (edit: Edit) => void;
  readonly onSave: () => Promise<Pipeline | null>;
  readonly onStored: (pipeline: Pipeline) => void;
  readonly onRun: () => void;
  readonly onDiscard: () => void;
}

function wordOf(isNew: boolean, isDirty: boolean): string {
  if (isDirty) return 'Not saved, kept in this browser';
  return isNew ? 'New' : 'Saved';
}

export function EditorBar({
  state,
  saving,
  isDirty,
  isRestored,
  faultCount,
  dispatch,
  onSave,
  onStored,
  onRun,
  onDiscard,
}: EditorBarProps) {
  const may = useMay();
  const maySave = may('pipelines.write');
  const isOther = Boolean(saving.error) && !saving.isConflict && saving.refused.length === 0;
  return (
    <header className="flex shrink-0 flex-col border-b border-line bg-surface">
      <div className="flex h-12 items-center gap-2 px-6">
        <h2 className="min-w-0 truncate text-base font-semibold tracking-tight">{state.now.name || 'New pipeline'}</h2>
        <span role="status" className="text-xs text-ink-3">
          {maySave ? wordOf(saving.saved === null, isDirty) : 'Your role may look at it, not change it'}
        </span>
        {saving.saved && !isDirty && <VersionBadge pipeline={saving.saved} />}
        {faultCount > 0 && <StateBadge state="refused" word={faultCount === 1 ? '1 fault' : `${faultCount} faults`} />}
        <div className="ml-auto flex items-center gap-1">
          <IconButton
            icon={Undo2}
            name="Undo"
            disabled={state.past.length === 0}
            onClick={() => dispatch({ do: 'undo' })}
          />
          <IconButton
            icon={Redo2}
            name="Redo"
            disabled={state.future.length === 0}
            onClick={() => dispatch({ do: 'redo' })}
          />
          <IconButton icon={LayoutGrid} name="Lay out" onClick={() => dispatch({ do: 'lay-out' })} />
          <span className="mx-1 h-5 w-px bg-line" />
          {may('pipelines.run') && (maySave || !isDirty) && (
            <Button icon={Play} disabled={saving.isSaving} onClick={onRun}>
              {isDirty ? 'Save and run' : 'Run'}
            </Button>
          )}
          {maySave && (
            <Button look="primary" icon={Save} busy={saving.isSaving} disabled={!isDirty} onClick={() => void onSave()}>
              Save
            </Button>
          )}
          {saving.saved && (
            <PipelineActions
              pipeline={saving.saved}
              isDirty={isDirty}
              isBusy={saving.isSaving}
              onSave={onSave}
              onStored={onStored}
            />
          )}
        </div>
      </div>
      {isRestored && isDirty && (
        <p className="flex items-center gap-3 border-t border-line bg-warn-soft px-6 py-1.5 text-sm">
          Your unsaved changes were kept and are shown.
          <button type="button" className="font-medium text-accent-ink underline" onClick={onDiscard}>
            Discard them
          </button>
        </p>
      )}
      {isOther && (
        <div className="border-t border-line px-6 py-2">
          <ErrorBox error={saving.error} onRetry={() => void onSave()} />
        </div>
      )}
    </header>
  );
}

interface ConflictDialogProps {
  readonly open: boolean;
  readonly isBusy: boolean;
  readonly onClose: () => void;
  readonly onMine: () => void;
  readonly onTheirs: () => void;
}

export function ConflictDialog({ open, isBusy, onClose, onMine, onTheirs }: ConflictDialogProps) {
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="Somebody else saved this pipeline"
      footer={
        <>
          <Button onClick={onClose}>Decide later</Button>
          <Button onClick={onTheirs} disabled={isBusy}>
            Take theirs
          </Button>
          <Button look="danger" onClick={onMine} busy={isBusy}>
            Overwrite with mine
          </Button>
        </>
      }
    >
      <p className="text-sm text-ink-2">
        It was changed since you opened it. Taking theirs drops your changes here; overwriting drops theirs. Until you
        decide, yours stay in this browser.
      </p>
    </Dialog>
  );
}

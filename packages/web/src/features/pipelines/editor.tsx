// The editor of a pipeline: palette, canvas, the form of what is chosen, and every fault while drawing.
import { checkGraph } from '@gathering/contract/check-graph';
import type { Fault } from '@gathering/contract/errors';
import { definitionSchema, type PipelineDefinition } from '@gathering/contract/pipeline-definition';
import type { Pipeline } from '@gathering/contract/pipelines';
import { ReactFlowProvider } from '@xyflow/react';
import { useDeferredValue, useEffect, useMemo, useReducer, useState } from 'react';
import { useNavigate } from 'react-router';
import { useAddress } from '../../lib/address.ts';
import { useMay } from '../../lib/may.ts';
import { writeStored } from '../../lib/stored.ts';
import { Field, Input, TextArea } from '../../ui/input.tsx';
import { focusUnread } from '../../ui/json-field.tsx';
import { Page } from '../../ui/page.tsx';
import { type Draft, definitionOf, draftKey } from './draft.ts';
import { begin, type Edit, edit, emptyDefinition, type NewNode } from './edit-graph.ts';
import { ConflictDialog, EditorBar } from './editor-bar.tsx';
import { EditorCanvas } from './editor-canvas.tsx';
import { FaultList } from './fault-list.tsx';
import { NodeForm } from './node-form.tsx';
import { AddNodeMenu, NodePalette } from './node-palette.tsx';
import { SettingsForm } from './settings-form.tsx';
import { StartRunDialog } from './start-run-dialog.tsx';
import { useEditorKeys } from './use-editor-keys.ts';
import { type KnownThings, useKnownThings } from './use-known-things.ts';
import { useSaving } from './use-saving.ts';

interface EditorProps {
  readonly pipeline: Pipeline | null;
  readonly first: PipelineDefinition;
  readonly draft: Draft | null;
}

function useFaults(definition: PipelineDefinition, known: KnownThings, refused: readonly Fault[]): readonly Fault[] {
  const settled = useDeferredValue(definition);
  return useMemo(() => {
    const name: Fault[] =
      settled.name.trim() === '' ? [{ at: '/name', rule: 'missing-key', message: 'The pipeline needs a name.' }] : [];
    const form = definitionSchema.safeParse({ ...settled, name: settled.name || 'x' });
    const local = form.success
      ? checkGraph(form.data, known.names)
      : form.error.issues.map(
          (issue): Fault => ({ at: `/${issue.path.map(String).join('/')}`, rule: issue.code, message: issue.message }),
        );
    const messages = new Set(local.map((fault) => fault.message));
    return [...name, ...local, ...refused.filter((fault) => !messages.has(fault.message))];
  }, [settled, known, refused]);
}

/** The database keeps keys in an order of its own. */
const sorted = (_key: string, value: unknown): unknown =>
  value !== null && typeof value === 'object' && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;

function sameDrawing(a: PipelineDefinition, b: PipelineDefinition): boolean {
  return JSON.stringify(a, sorted) === JSON.stringify(b, sorted);
}

/** Where a pipeline with one end goes on. */
function onlyEnd({ nodes, edges }: PipelineDefinition): string | undefined {
  const ends = nodes.filter((node) => !edges.some((edge) => edge.from === node.id));
  return ends.length === 1 ? ends[0]?.id : undefined;
}

interface PipelineFormProps {
  readonly definition: PipelineDefinition;
  readonly faults: readonly Fault[];
  readonly isDirty: boolean;
  readonly dispatch: (edit: Edit) => void;
}

function PipelineForm({ definition, faults, isDirty, dispatch }: PipelineFormProps) {
  return (
    <div className="flex flex-col gap-4 p-3">
      <Field
        label="Name"
        fault={isDirty && definition.name.trim() === '' ? 'A name is needed before saving.' : undefined}
      >
        {(binding) => (
          <Input
            {...binding}
            value={definition.name}
            onChange={(change) => dispatch({ do: 'describe', name: change.target.value })}
          />
        )}
      </Field>
      <Field label="Description" optional>
        {(binding) => (
          <TextArea
            {...binding}
            rows={4}
            value={definition.description}
            onChange={(change) => dispatch({ do: 'describe', description: change.target.value })}
          />
        )}
      </Field>
      <SettingsForm
        value={definition.settings}
        faultOf={(name) => faults.find((fault) => fault.at === `/settings/${name}`)?.message}
        onChange={(settings) => dispatch({ do: 'set', settings })}
      />
      <p className="text-xs text-ink-3">
        Choose a node to change it. Press <kbd className="rounded-sm border border-line px-1 font-mono">/</kbd> to add
        one; it is connected to the chosen node. Drag from a node's lower edge to connect by hand.
      </p>
    </div>
  );
}

export function Editor(props: EditorProps) {
  return (
    <ReactFlowProvider>
      <Workbench {...props} />
    </ReactFlowProvider>
  );
}

/** Keeps what is not saved for after a reload; null: there is nothing of that kind. */
function useStoredDraft(key: string, definition: PipelineDefinition | null, version: number | null): void {
  useEffect(() => {
    const timer = setTimeout(
      () => writeStored(localStorage, key, definition === null ? undefined : { definition, version }),
      300,
    );
    return () => clearTimeout(timer);
  }, [key, definition, version]);
}

function Workbench({ pipeline, first, draft }: EditorProps) {
  const navigate = useNavigate();
  const may = useMay();
  const [state, dispatch] = useReducer(edit, first, begin);
  const saving = useSaving(pipeline, draft?.version ?? pipeline?.version ?? null);
  const known = useKnownThings();
  const faults = useFaults(state.now, known, saving.refused);
  const [isAdding, setAdding] = useState(false);
  const [isRestored, setRestored] = useState(draft !== null);
  const [runAsked, setRunAsked] = useAddress('run');

  const base = useMemo(() => begin(saving.saved ? definitionOf(saving.saved) : emptyDefinition()).now, [saving.saved]);
  const isDirty = useMemo(() => !sameDrawing(state.now, base), [state.now, base]);
  const key = draftKey(saving.saved?.id ?? null);
  useStoredDraft(key, isDirty ? state.now : null, saving.saved?.version ?? null);

  const save = async (force = false): Promise<Pipeline | null> => {
    if (!may('pipelines.write') || focusUnread(document.body)) return null;
    const stored = await saving.save(state.now, force);
    if (!stored) return null;
    setRestored(false);
    writeStored(localStorage, draftKey(pipeline?.id ?? null), undefined);
    if (pipeline === null) void navigate(`/pipelines/${stored.id}`, { replace: true });
    return stored;
  };
  const discard = (to: PipelineDefinition): void => {
    dispatch({ do: 'load', definition: to });
    setRestored(false);
    writeStored(localStorage, key, undefined);
  };
  const ensureSaved = async () => (isDirty || saving.saved === null ? save() : saving.saved);
  const adopt = (stored: Pipeline): void => {
    saving.adopt(stored);
    if (!sameDrawing(begin(definitionOf(stored)).now, state.now)) discard(definitionOf(stored));
  };
  const run = async (): Promise<void> => {
    const stored = await ensureSaved();
    if (stored && pipeline !== null) setRunAsked('1');
    else if (stored) void navigate(`/pipelines/${stored.id}?run=1`, { replace: true });
  };
  const add = (node: Omit<NewNode, 'after'>): void =>
    dispatch({
      do: 'add',
      node: { ...node, after: node.position ? undefined : (state.selected[0] ?? onlyEnd(state.now)) },
    });
  useEditorKeys({ state, dispatch, onAdd: () => setAdding(true), onSave: () => void save() });

  const chosen =
    state.selected.length === 1 ? state.now.nodes.find((node) => node.id === state.selected[0]) : undefined;
  const faulty = useMemo(() => new Set(faults.flatMap((fault) => fault.nodeId ?? [])), [faults]);
  return (
    <Page title={state.now.name || 'New pipeline'} crumbs={[{ label: 'Pipelines', to: '/pipelines' }]} bare fixed>
      <EditorBar
        state={state}
        saving={saving}
        isDirty={isDirty}
        isRestored={isRestored}
        faultCount={faults.length}
        dispatch={dispatch}
        onSave={save}
        onRun={() => void run()}
        onDiscard={() => discard(base)}
        onStored={adopt}
      />
      <div className="flex min-h-0 flex-1 max-lg:flex-col max-lg:overflow-y-auto">
        <NodePalette
          definition={state.now}
          selected={state.selected}
          faulty={faulty}
          onAdd={add}
          onSelect={(id) => dispatch({ do: 'select', ids: [id] })}
        />
        <div className="flex min-w-0 flex-1 flex-col max-lg:h-[28rem] max-lg:flex-none max-lg:shrink-0">
          <div className="min-h-0 flex-1">
            <EditorCanvas definition={state.now} selected={state.selected} faults={faults} dispatch={dispatch} />
          </div>
          <FaultList faults={faults} onChoose={(id) => dispatch({ do: 'select', ids: id === null ? [] : [id] })} />
        </div>
        <section
          aria-label={chosen ? 'The chosen node' : 'The pipeline'}
          className="w-80 shrink-0 overflow-y-auto border-l border-line bg-surface max-lg:w-full max-lg:overflow-visible max-lg:border-t 2xl:w-96"
        >
          {chosen ? (
            <NodeForm
              key={chosen.id}
              node={chosen}
              definition={state.now}
              faults={faults.filter((fault) => fault.nodeId === chosen.id)}
              known={known}
              dispatch={dispatch}
              ensureSaved={ensureSaved}
            />
          ) : (
            <PipelineForm definition={state.now} faults={faults} isDirty={isDirty} dispatch={dispatch} />
          )}
        </section>
      </div>
      <AddNodeMenu open={isAdding} onClose={() => setAdding(false)} known={known} onAdd={add} />
      {runAsked !== null && saving.saved && may('pipelines.run') && (
        <StartRunDialog pipelineId={saving.saved.id} prefersDraft onClose={() => setRunAsked(null)} />
      )}
      <ConflictDialog
        open={saving.isConflict}
        isBusy={saving.isSaving}
        onClose={saving.forget}
        onMine={() => void save(true)}
        onTheirs={() => void saving.readTheirs().then((theirs) => theirs && discard(definitionOf(theirs)))}
      />
    </Page>
  );
}

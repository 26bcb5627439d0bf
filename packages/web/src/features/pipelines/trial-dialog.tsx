// Runs one node of a saved pipeline by itself. What its expressions read is filled in from the last run, and can be changed.
import type { Json } from '@gathering/contract/json';
import type { PipelineNode } from '@gathering/contract/pipeline-definition';
import { listRunsRoute, type Run, readRunRoute } from '@gathering/contract/pipelines';
import { runSingleNodeRoute } from '@gathering/contract/pipelines-controls';
import { Play } from 'lucide-react';
import { useState } from 'react';
import { useAct, useRead } from '../../lib/query.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorBox } from '../../ui/error-box.tsx';
import { Field } from '../../ui/input.tsx';
import { JsonField } from '../../ui/json-field.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { useOpenRun } from './run-actions.tsx';

type Given = Record<string, { status?: 'completed'; output?: Json }>;

/** Outputs of the nodes that the texts of this one name. */
function outputsFor(node: PipelineNode, run: Run | undefined): Given | undefined {
  const texts = JSON.stringify(node.config);
  const named = (run?.nodes ?? []).filter(
    (one) => one.id !== node.id && one.endedAt !== null && texts.includes(one.id),
  );
  return named.length === 0 ? undefined : Object.fromEntries(named.map((one) => [one.id, { output: one.output }]));
}

interface TrialDialogProps {
  readonly pipelineId: string;
  readonly node: PipelineNode;
  readonly onClose: () => void;
}

export function TrialDialog({ pipelineId, node, onClose }: TrialDialogProps) {
  const latest = useRead(listRunsRoute, { query: { pipelineId, limit: 1 } });
  const lastId = latest.data?.items[0]?.id;
  const last = useRead(readRunRoute, { params: { id: lastId ?? '' } }, { enabled: lastId !== undefined });
  const isReady = latest.isError || (latest.isSuccess && (lastId === undefined || !last.isPending));
  const projectId = last.data?.projectId ?? null;
  return isReady ? (
    <TrialForm
      pipelineId={pipelineId}
      node={node}
      onClose={onClose}
      projectId={projectId}
      firstInput={last.data?.input}
      firstNodes={outputsFor(node, last.data)}
    />
  ) : (
    <Dialog open onClose={onClose} title={`Run “${node.name ?? node.id}”`}>
      <Skeleton className="appear-late h-32 w-full" />
    </Dialog>
  );
}

interface TrialFormProps extends TrialDialogProps {
  readonly projectId: string | null;
  readonly firstInput: Json | undefined;
  readonly firstNodes: Given | undefined;
}

function TrialForm({ pipelineId, node, onClose, projectId, firstInput, firstNodes }: TrialFormProps) {
  const open = useOpenRun();
  const [input, setInput] = useState<unknown>(firstInput);
  const [nodes, setNodes] = useState<unknown>(firstNodes);
  const trial = useAct(runSingleNodeRoute, {
    refreshes: ['pipelines.list-runs'],
    onDone: (run) => {
      onClose();
      open(run);
    },
  });
  const send = (): void =>
    trial.mutate({
      params: { id: pipelineId, nodeId: node.id },
      body: { input: input as Json | undefined, nodes: nodes as Given | undefined, projectId },
    });
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={`Run “${node.name ?? node.id}” by itself`}
      description="Only this node runs, with what you give it here; its effects are real."
      onSubmit={send}
      footer={
        <>
          <Button onClick={onClose}>Not now</Button>
          <Button look="primary" icon={Play} type="submit" busy={trial.isPending}>
            Run the node
          </Button>
        </>
      }
    >
      {trial.error && <ErrorBox error={trial.error} />}
      <Field label="Input" optional hint="What expressions read as `input`.">
        {(binding) => <JsonField binding={binding} value={input} onChange={setInput} rows={5} />}
      </Field>
      <Field label="Other nodes" optional hint="What expressions read as `nodes`: the output of each, by its id.">
        {(binding) => (
          <JsonField
            binding={binding}
            value={nodes}
            onChange={setNodes}
            rows={8}
            placeholder={'{ "fetch": { "output": { "count": 3 } } }'}
          />
        )}
      </Field>
    </Dialog>
  );
}

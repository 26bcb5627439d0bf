// Forks a run from one of its nodes: with its input and what earlier nodes gave, or with other values for either.
import type { Json } from '@gathering/contract/json';
import type { NodeRun, Run } from '@gathering/contract/pipelines';
import { forkRunRoute } from '@gathering/contract/pipelines-controls';
import { GitFork } from 'lucide-react';
import { useState } from 'react';
import { useAct } from '../../lib/query.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorBox } from '../../ui/error-box.tsx';
import { Field } from '../../ui/input.tsx';
import { JsonField } from '../../ui/json-field.tsx';
import { useOpenRun } from './run-actions.tsx';

interface ForkDialogProps {
  readonly run: Run;
  readonly node: NodeRun;
  /** Ids of earlier nodes that have not ended. */
  readonly missing: readonly string[];
  readonly onClose: () => void;
}

export function ForkDialog({ run, node, missing, onClose }: ForkDialogProps) {
  const open = useOpenRun();
  const [input, setInput] = useState<unknown>(run.input);
  const [outputs, setOutputs] = useState<unknown>(
    missing.length === 0 ? undefined : Object.fromEntries(missing.map((id) => [id, null])),
  );
  const fork = useAct(forkRunRoute, {
    refreshes: ['pipelines.list-runs', 'pipelines.read-run'],
    onDone: (next) => {
      onClose();
      open(next);
    },
  });
  const send = (): void =>
    fork.mutate({
      params: { id: run.id },
      body: {
        nodeId: node.id,
        ...(JSON.stringify(input) !== JSON.stringify(run.input) && { input: (input ?? null) as Json }),
        ...(outputs !== undefined && { outputs: outputs as Record<string, Json> }),
      },
    });
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={`Fork from “${node.name}”`}
      description="A new run: everything before this node is taken over as it was, this node and all that follow run again."
      onSubmit={send}
      footer={
        <>
          <Button onClick={onClose}>Not now</Button>
          <Button look="primary" icon={GitFork} type="submit" busy={fork.isPending}>
            Fork
          </Button>
        </>
      }
    >
      {fork.error && <ErrorBox error={fork.error} />}
      {missing.length > 0 && (
        <p className="text-sm text-warn">
          {missing.length === 1 ? 'One node' : `${missing.length} nodes`} before it{' '}
          {missing.length === 1 ? 'has' : 'have'} not ended, so there is nothing to take over: give{' '}
          {missing.length === 1 ? 'its output' : 'their outputs'} below.
        </p>
      )}
      <Field label="Input" hint="What expressions read as `input`. Must fit the schema of the trigger.">
        {(binding) => <JsonField binding={binding} value={input} onChange={setInput} rows={6} />}
      </Field>
      <Field
        label="Other outputs"
        optional={missing.length === 0}
        hint="Instead of what earlier nodes gave, by their ids. Those that are left out are taken over."
      >
        {(binding) => (
          <JsonField
            binding={binding}
            value={outputs}
            onChange={setOutputs}
            rows={6}
            placeholder={'{ "fetch": { "count": 3 } }'}
          />
        )}
      </Field>
    </Dialog>
  );
}

// A file becomes a pipeline, or the draft of one. Its faults are shown with their lines; nothing is stored until there are none.
import { ApiError } from '@gathering/contract/client';
import type { Pipeline } from '@gathering/contract/pipelines';
import { importPipelineRoute } from '@gathering/contract/pipelines-versions';
import { Upload } from 'lucide-react';
import { type ChangeEvent, useId, useState } from 'react';
import { useAct } from '../../lib/query.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorBox } from '../../ui/error-box.tsx';
import { Field, TextArea } from '../../ui/input.tsx';
import { tell } from '../../ui/toast.tsx';

interface ImportDialogProps {
  /** Given: its draft is replaced. */
  readonly pipeline?: Pipeline;
  readonly onStored: (pipeline: Pipeline) => void;
  readonly onClose: () => void;
}

function Faults({ error }: { readonly error: unknown }) {
  const problem = error instanceof ApiError ? error.problem : null;
  const faults = problem?.code === 'pipelines.invalid' ? (problem.faults ?? []) : [];
  if (faults.length === 0) return <ErrorBox error={error} />;
  return (
    <div role="alert" className="flex flex-col gap-1 rounded-md border border-line bg-bad-soft p-3 text-sm">
      <p className="font-medium">
        {faults.length === 1 ? 'The file has a fault' : `The file has ${faults.length} faults`}
      </p>
      <ul className="flex max-h-40 flex-col gap-1 overflow-y-auto">
        {faults.map((fault) => (
          <li key={`${fault.at} ${fault.message}`} className="flex gap-2">
            <span className="shrink-0 font-mono text-xs leading-5 text-ink-2">
              {fault.line ?? 1}:{fault.column ?? 1}
            </span>
            <span>{fault.message}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

export function ImportDialog({ pipeline, onStored, onClose }: ImportDialogProps) {
  const [text, setText] = useState('');
  const fileId = useId();
  const store = useAct(importPipelineRoute, {
    refreshes: ['pipelines.list', 'pipelines.read'],
    onDone: (stored) => {
      tell(pipeline ? 'The file is the draft now' : `“${stored.name}” was imported`);
      onClose();
      onStored(stored);
    },
  });
  const read = async ({ target }: ChangeEvent<HTMLInputElement>): Promise<void> => {
    const file = target.files?.[0];
    if (file) setText(await file.text());
    // The same file can be chosen again once it is mended.
    target.value = '';
  };
  const into = pipeline && { pipelineId: pipeline.id, version: pipeline.version };
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={pipeline ? `Import into “${pipeline.name}”` : 'Import a pipeline'}
      description={
        pipeline
          ? 'The file replaces the draft. What is published goes on running until you publish the draft.'
          : 'A file in YAML or JSON, such as Export makes. It becomes a new pipeline.'
      }
      onSubmit={() => text.trim() !== '' && store.mutate({ body: { text, ...into } })}
      footer={
        <>
          <Button onClick={onClose}>Discard</Button>
          <Button look="primary" type="submit" busy={store.isPending} disabled={text.trim() === ''}>
            Import
          </Button>
        </>
      }
    >
      {store.error && <Faults error={store.error} />}
      <div className="flex items-center gap-2 text-sm">
        <label
          htmlFor={fileId}
          className="inline-flex h-8 cursor-default items-center gap-1.5 rounded-md border border-line bg-raised px-2.5 font-medium focus-within:outline-2 hover:bg-hover"
        >
          <Upload size={14} aria-hidden />
          Choose a file
          <input
            id={fileId}
            type="file"
            accept=".yaml,.yml,.json"
            className="sr-only"
            onChange={(change) => void read(change)}
          />
        </label>
        <span className="text-ink-3">or paste its text</span>
      </div>
      <Field label="Text of the file">
        {(binding) => (
          <TextArea
            {...binding}
            rows={14}
            spellCheck={false}
            className="font-mono text-xs"
            value={text}
            onChange={({ target }) => setText(target.value)}
          />
        )}
      </Field>
    </Dialog>
  );
}

// Starts a run: the folder that it works in, and the input that its trigger asks for.

import type { Json } from '@gathering/contract/json';
import type { RunSettings } from '@gathering/contract/pipeline-definition';
import { readPipelineRoute, startRunRoute } from '@gathering/contract/pipelines';
import { readVersionRoute } from '@gathering/contract/pipelines-versions';
import { listProjectsRoute } from '@gathering/contract/projects';
import { listProvidersRoute } from '@gathering/contract/providers';
import { Play } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'react-router';
import { useAct, useRead } from '../../lib/query.ts';
import { defaultsOf, fieldsOf } from '../../lib/schema-fields.ts';
import { readStored, writeStored } from '../../lib/stored.ts';
import { faultsOfError } from '../../lib/use-form.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorBox } from '../../ui/error-box.tsx';
import { Field } from '../../ui/input.tsx';
import { JsonField } from '../../ui/json-field.tsx';
import { SchemaForm } from '../../ui/schema-form.tsx';
import { Select } from '../../ui/select.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { useOpenRun } from './run-actions.tsx';
import { SettingsForm } from './settings-form.tsx';

interface StartRunDialogProps {
  readonly pipelineId: string;
  /** Where there is a draft, run that unless the person chooses otherwise. */
  readonly prefersDraft?: boolean;
  readonly onClose: () => void;
}

function useLastProject(): [string, (id: string) => void] {
  const [id, setId] = useState(() => {
    const stored = readStored(localStorage, 'run.project');
    return typeof stored === 'string' ? stored : '';
  });
  return [
    id,
    (next) => {
      setId(next);
      writeStored(localStorage, 'run.project', next);
    },
  ];
}

/** The draft and the published version of a pipeline; of one without a draft they are the same. */
function useRunnable(pipelineId: string, prefersDraft: boolean) {
  const pipeline = useRead(readPipelineRoute, { params: { id: pipelineId } });
  const [wantsDraft, setWantsDraft] = useState(prefersDraft);
  const version = pipeline.data?.publishedVersion ?? 1;
  const hasDraft = pipeline.data !== undefined && pipeline.data.version !== version;
  const isDraft = hasDraft && wantsDraft;
  const published = useRead(
    readVersionRoute,
    { params: { id: pipelineId, version } },
    { enabled: hasDraft && !isDraft },
  );
  const nodes = hasDraft && !isDraft ? published.data?.definition.nodes : pipeline.data?.nodes;
  return { pipeline, version, hasDraft, isDraft, setWantsDraft, nodes };
}

interface VersionFieldProps {
  readonly version: number;
  readonly isDraft: boolean;
  readonly onChange: (wantsDraft: boolean) => void;
}

function VersionField({ version, isDraft, onChange }: VersionFieldProps) {
  return (
    <Field label="Version" hint="The draft has changes that are not published.">
      {(binding) => (
        <Select
          {...binding}
          value={isDraft ? 'draft' : 'published'}
          onChange={(value) => onChange(value === 'draft')}
          options={[
            { value: 'draft', label: 'The draft' },
            { value: 'published', label: `The published version ${version}` },
          ]}
        />
      )}
    </Field>
  );
}

export function StartRunDialog({ pipelineId, prefersDraft = false, onClose }: StartRunDialogProps) {
  const open = useOpenRun();
  const { pipeline, version, hasDraft, isDraft, setWantsDraft, nodes } = useRunnable(pipelineId, prefersDraft);
  const projects = useRead(listProjectsRoute, { query: { limit: 200 } });
  const providers = useRead(listProvidersRoute, {});
  const [projectId, setProjectId] = useLastProject();
  const [given, setGiven] = useState<unknown>(undefined);
  const [settings, setSettings] = useState<RunSettings | undefined>(undefined);
  const start = useAct(startRunRoute, {
    refreshes: ['pipelines.list-runs', 'operations.read-home'],
    onDone: (run) => {
      onClose();
      open(run);
    },
  });
  const schema = nodes?.find((node) => node.type === 'trigger')?.config.input;
  const fields = fieldsOf(schema);
  const input = given ?? (fields.length > 0 ? defaultsOf(schema) : undefined);
  const known = projects.data?.items ?? [];
  const chosen = known.some((project) => project.id === projectId) ? projectId : (known[0]?.id ?? '');
  const faults = faultsOfError(start.error);
  const isOfflineOnly = providers.data?.items.every((provider) => provider.kind === 'offline' || !provider.enabled);
  const send = (): void => {
    start.mutate({
      params: { id: pipelineId },
      body: {
        input: input as Json | undefined,
        projectId: chosen === '' ? null : chosen,
        ...(isDraft && { draft: true }),
        ...settings,
      },
    });
  };
  const isReady = pipeline.data !== undefined && projects.data !== undefined;
  return (
    <Dialog
      // Drawn anew when its fields are there, so that the first of them takes the focus.
      key={isReady ? 'fields' : 'loading'}
      open
      onClose={onClose}
      title={pipeline.data ? `Run “${pipeline.data.name}”` : 'Run'}
      description={pipeline.data?.description || undefined}
      onSubmit={send}
      footer={
        <>
          <Button onClick={onClose}>Not now</Button>
          <Button look="primary" icon={Play} type="submit" busy={start.isPending} disabled={!nodes}>
            Run
          </Button>
        </>
      }
    >
      {pipeline.error && <ErrorBox error={pipeline.error} onRetry={() => void pipeline.refetch()} />}
      {start.error && <ErrorBox error={start.error} />}
      {(pipeline.isPending || projects.isPending) && <Skeleton className="appear-late h-16 w-full" />}
      {pipeline.data && projects.data && (
        <>
          {hasDraft && <VersionField version={version} isDraft={isDraft} onChange={setWantsDraft} />}
          <Field
            label="Project"
            hint={
              known.length === 0 ? (
                <>
                  No folder is registered yet; tools for files and git then have nothing to read.{' '}
                  <Link to="/projects?new=1" className="text-accent-ink underline">
                    Add a project
                  </Link>
                </>
              ) : (
                'The folder that file and git tools are confined to.'
              )
            }
          >
            {(binding) => (
              <Select
                {...binding}
                value={chosen}
                onChange={setProjectId}
                options={[
                  ...known.map((project) => ({ value: project.id, label: `${project.name}  ${project.folder}` })),
                  { value: '', label: 'No project' },
                ]}
              />
            )}
          </Field>
          {fields.length > 0 ? (
            <SchemaForm
              fields={fields}
              value={input}
              onChange={setGiven}
              context={{ faultOf: (path) => faults[path] }}
            />
          ) : (
            <Field label="Input" optional hint="Any JSON; the trigger asks for nothing in particular.">
              {(binding) => <JsonField binding={binding} value={input} onChange={setGiven} rows={3} />}
            </Field>
          )}
          <SettingsForm isOneRun value={settings} faultOf={(name) => faults[name]} onChange={setSettings} />
          {isOfflineOnly && (
            <p className="text-xs text-ink-3">
              Agents answer with the built-in offline model: extracts from what their tools return, no reasoning of
              their own.{' '}
              <Link to="/models" className="text-accent-ink underline">
                Add a model
              </Link>
            </p>
          )}
        </>
      )}
    </Dialog>
  );
}

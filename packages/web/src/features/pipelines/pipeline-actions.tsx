// What can be done with a stored pipeline beside drawing it: publish the draft, its versions, what starts it, and files.
import type { Pipeline } from '@gathering/contract/pipelines';
import { exportPipelineRoute, publishPipelineRoute } from '@gathering/contract/pipelines-versions';
import { CloudUpload, Download, Ellipsis, History, Upload, Webhook } from 'lucide-react';
import { useAddress } from '../../lib/address.ts';
import { call } from '../../lib/client.ts';
import { useMay } from '../../lib/may.ts';
import { useAct } from '../../lib/query.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Menu, MenuItem, MenuLine } from '../../ui/menu.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import { tell, tellError } from '../../ui/toast.tsx';
import { ImportDialog } from './import-dialog.tsx';
import { TriggersDialog } from './triggers-dialog.tsx';
import { VersionsDialog } from './versions-dialog.tsx';

interface PipelineActionsProps {
  readonly pipeline: Pipeline;
  /** Something is drawn that is not saved. */
  readonly isDirty: boolean;
  readonly isBusy: boolean;
  readonly onSave: () => Promise<Pipeline | null>;
  /** The stored pipeline is another one now. */
  readonly onStored: (pipeline: Pipeline) => void;
}

function saveFile(name: string, text: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/yaml' }));
  link.download = `${name.replaceAll(/[^\p{L}\p{N}._-]+/gu, '-').replace(/^-+|-+$/g, '') || 'pipeline'}.yaml`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

export function PipelineActions({ pipeline, isDirty, isBusy, onSave, onStored }: PipelineActionsProps) {
  const may = useMay();
  const [shown, show] = useAddress('show');
  const publish = useAct(publishPipelineRoute, {
    refreshes: ['pipelines.list', 'pipelines.list-versions'],
    onDone: (published) => {
      onStored(published);
      tell(`Version ${published.publishedVersion} is published`);
    },
  });
  const hasDraft = pipeline.version !== pipeline.publishedVersion;
  const send = async (): Promise<void> => {
    const stored = isDirty ? await onSave() : pipeline;
    if (stored === null) return;
    publish.mutate({ params: { id: stored.id }, body: { version: stored.version } }, { onError: tellError });
  };
  const exportFile = (): void => {
    call(exportPipelineRoute, { params: { id: pipeline.id }, query: {} }).then(
      (text) => saveFile(pipeline.name, text),
      tellError,
    );
  };
  const close = (): void => show(null);
  return (
    <>
      {may('pipelines.write') && (hasDraft || isDirty) && (
        <Button icon={CloudUpload} disabled={isBusy} busy={publish.isPending} onClick={() => void send()}>
          {isDirty ? 'Save and publish' : 'Publish'}
        </Button>
      )}
      <Menu trigger={<IconButton icon={Ellipsis} name="More for this pipeline" />}>
        <MenuItem icon={History} onSelect={() => show('versions')}>
          Versions
        </MenuItem>
        <MenuItem icon={Webhook} onSelect={() => show('triggers')}>
          Triggers
        </MenuItem>
        <MenuLine />
        <MenuItem icon={Download} onSelect={exportFile}>
          Export as YAML
        </MenuItem>
        {may('pipelines.write') && (
          <MenuItem icon={Upload} onSelect={() => show('import')}>
            Import into the draft
          </MenuItem>
        )}
      </Menu>
      {shown === 'versions' && <VersionsDialog pipeline={pipeline} onStored={onStored} onClose={close} />}
      {shown === 'triggers' && <TriggersDialog pipelineId={pipeline.id} onClose={close} />}
      {shown === 'import' && <ImportDialog pipeline={pipeline} onStored={onStored} onClose={close} />}
    </>
  );
}

/** Whether what is stored is what runs. */
export function VersionBadge({ pipeline }: { readonly pipeline: Pipeline }) {
  const { version, publishedVersion } = pipeline;
  if (version === publishedVersion) return <StateBadge state="published" word={`Version ${version}`} />;
  return <StateBadge state="draft" word={`Draft, version ${publishedVersion} runs`} />;
}

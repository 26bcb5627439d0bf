// The pipelines: what each is, how its last run went, and a button that runs it.
import { listPipelinesRoute, type pipelineRowSchema, removePipelineRoute } from '@gathering/contract/pipelines';
import { Ellipsis, ListVideo, Pencil, Play, Plus, Trash, Upload, Workflow } from 'lucide-react';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import type * as z from 'zod';
import { useAddress } from '../../lib/address.ts';
import { useMay } from '../../lib/may.ts';
import { useAct, usePages } from '../../lib/query.ts';
import { Button, IconButton, LinkButton } from '../../ui/button.tsx';
import { Confirm } from '../../ui/dialog.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorBox, PageError } from '../../ui/error-box.tsx';
import { type Column, List } from '../../ui/list.tsx';
import { Menu, MenuItem, MenuLine } from '../../ui/menu.tsx';
import { Page } from '../../ui/page.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import { Ago } from '../../ui/time.tsx';
import { ImportDialog } from './import-dialog.tsx';
import { StartRunDialog } from './start-run-dialog.tsx';

type PipelineRow = z.infer<typeof pipelineRowSchema>;

const facts: readonly Column<PipelineRow>[] = [
  {
    name: 'Name',
    width: 'minmax(220px,1fr)',
    show: (pipeline) => (
      <>
        <span className="font-medium">{pipeline.name}</span>
        {pipeline.version !== pipeline.publishedVersion && (
          <span className="ml-2">
            <StateBadge state="draft" />
          </span>
        )}
        {pipeline.description && <span className="ml-2 text-ink-3">{pipeline.description}</span>}
      </>
    ),
  },
  { name: 'Nodes', width: '64px', align: 'right', show: (pipeline) => pipeline.nodeCount },
  {
    name: 'Last run',
    width: '208px',
    show: (pipeline) =>
      pipeline.lastRun ? (
        <span className="inline-flex items-center gap-2 text-xs text-ink-3">
          <StateBadge state={pipeline.lastRun.status} />
          <Ago at={pipeline.lastRun.at} />
        </span>
      ) : (
        <span className="text-ink-3">never</span>
      ),
  },
  { name: 'Changed', width: '104px', align: 'right', show: (pipeline) => <Ago at={pipeline.updatedAt} /> },
];

export function PipelinesPage() {
  const navigate = useNavigate();
  const may = useMay();
  const pipelines = usePages(listPipelinesRoute, {});
  const [starting, setStarting] = useState<PipelineRow | null>(null);
  const [removing, setRemoving] = useState<PipelineRow | null>(null);
  const remove = useAct(removePipelineRoute, { refreshes: ['pipelines.list'], onDone: () => setRemoving(null) });
  const [isImporting, setImporting] = useAddress('import');
  const newButton = may('pipelines.write') && (
    <span className="flex gap-2">
      <Button icon={Upload} onClick={() => setImporting('1')}>
        Import
      </Button>
      <LinkButton to="/pipelines/new" look="primary" icon={Plus}>
        New pipeline
      </LinkButton>
    </span>
  );
  const columns: readonly Column<PipelineRow>[] = [
    ...facts,
    {
      name: ' actions',
      width: '112px',
      show: (pipeline) => (
        <span className="flex items-center justify-end gap-1">
          {may('pipelines.run') && (
            <Button icon={Play} onClick={() => setStarting(pipeline)}>
              Run
            </Button>
          )}
          <Menu trigger={<IconButton icon={Ellipsis} name={`More for ${pipeline.name}`} size="small" />}>
            <MenuItem icon={Pencil} onSelect={() => navigate(`/pipelines/${pipeline.id}`)}>
              {may('pipelines.write') ? 'Edit' : 'Look at it'}
            </MenuItem>
            <MenuItem icon={ListVideo} onSelect={() => navigate(`/runs?pipeline=${pipeline.id}`)}>
              Its runs
            </MenuItem>
            {may('pipelines.write') && (
              <>
                <MenuLine />
                <MenuItem icon={Trash} danger onSelect={() => setRemoving(pipeline)}>
                  Remove…
                </MenuItem>
              </>
            )}
          </Menu>
        </span>
      ),
    },
  ];
  return (
    <Page
      title="Pipelines"
      lead="Agents, conditions and actions, connected in the order in which they work."
      fixed
      actions={newButton}
    >
      {pipelines.isPending && <SkeletonRows />}
      {pipelines.error && !pipelines.data && (
        <PageError error={pipelines.error} onRetry={() => void pipelines.refetch()} />
      )}
      {pipelines.data && pipelines.items.length === 0 && (
        <EmptyState icon={Workflow} title="No pipeline yet" action={newButton}>
          A pipeline lets agents work one after another or side by side. A run of it survives restarts and shows each
          step.
        </EmptyState>
      )}
      {pipelines.items.length > 0 && (
        <List
          label="Pipelines"
          items={pipelines.items}
          columns={columns}
          rowHeight={44}
          keyOf={(pipeline) => pipeline.id}
          linkOf={(pipeline) => `/pipelines/${pipeline.id}`}
          hasMore={pipelines.hasNextPage}
          isLoadingMore={pipelines.isFetchingNextPage}
          onMore={() => void pipelines.fetchNextPage()}
        />
      )}
      {isImporting !== null && may('pipelines.write') && (
        <ImportDialog
          onClose={() => setImporting(null)}
          onStored={(stored) => void navigate(`/pipelines/${stored.id}`)}
        />
      )}
      {starting && <StartRunDialog pipelineId={starting.id} onClose={() => setStarting(null)} />}
      <Confirm
        open={removing !== null}
        onClose={() => setRemoving(null)}
        title={`Remove “${removing?.name}”?`}
        consequence="The pipeline goes; its ended runs stay readable. This cannot be undone."
        verb="Remove the pipeline"
        name={removing?.name}
        busy={remove.isPending}
        fault={remove.error && <ErrorBox error={remove.error} />}
        onConfirm={() => removing && remove.mutate({ params: { id: removing.id } })}
      />
    </Page>
  );
}

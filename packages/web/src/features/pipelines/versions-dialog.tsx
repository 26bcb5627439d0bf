// The history of a pipeline: every version that was published, what it changed, and the way back to it.
import type { Pipeline } from '@gathering/contract/pipelines';
import {
  listVersionsRoute,
  readVersionRoute,
  rollBackPipelineRoute,
  type VersionRow,
} from '@gathering/contract/pipelines-versions';
import { ChevronDown, ChevronRight, Undo2 } from 'lucide-react';
import { useState } from 'react';
import { plural } from '../../lib/format.ts';
import { useMay } from '../../lib/may.ts';
import { useAct, usePages, useRead } from '../../lib/query.ts';
import { Button } from '../../ui/button.tsx';
import { Confirm, Dialog } from '../../ui/dialog.tsx';
import { ErrorBox } from '../../ui/error-box.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import { Ago } from '../../ui/time.tsx';
import { tell } from '../../ui/toast.tsx';
import { compareDefinitions, tellDifference } from './compare-definitions.ts';
import { definitionOf } from './draft.ts';

interface VersionsDialogProps {
  readonly pipeline: Pipeline;
  readonly onStored: (pipeline: Pipeline) => void;
  readonly onClose: () => void;
}

/** What bringing this version back would do to what is drawn now. */
function DifferenceNote({ pipeline, version }: { readonly pipeline: Pipeline; readonly version: number }) {
  const read = useRead(readVersionRoute, { params: { id: pipeline.id, version } });
  if (read.error) return <ErrorBox error={read.error} onRetry={() => void read.refetch()} />;
  if (!read.data) return <Skeleton className="h-4 w-64" />;
  const words = tellDifference(compareDefinitions(definitionOf(pipeline), read.data.definition));
  return (
    <p className="text-sm text-ink-2">
      {words === '' ? 'The same as what is stored now.' : `Beside what is stored now, it ${words}.`}
    </p>
  );
}

interface RowProps {
  readonly pipeline: Pipeline;
  readonly row: VersionRow;
  readonly onBack: ((row: VersionRow) => void) | null;
}

function Row({ pipeline, row, onBack }: RowProps) {
  const [isOpen, setOpen] = useState(false);
  const Arrow = isOpen ? ChevronDown : ChevronRight;
  return (
    <li className="flex flex-col gap-1 border-b border-line py-2 last:border-b-0">
      <div className="flex items-center gap-2 text-sm">
        <button
          type="button"
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
          className="inline-flex items-center gap-1 rounded-sm font-medium tabular-nums hover:text-accent-ink"
        >
          <Arrow size={14} aria-hidden className="text-ink-3" />
          Version {row.version}
        </button>
        <StateBadge state={row.state} />
        {row.restores !== null && <span className="text-xs text-ink-3">brings back {row.restores}</span>}
        <span className="ml-auto text-xs text-ink-3">
          {plural(row.nodeCount, 'node')}, <Ago at={row.createdAt} />
        </span>
        {onBack && (
          <Button icon={Undo2} aria-label={`Roll back to version ${row.version}`} onClick={() => onBack(row)}>
            Roll back
          </Button>
        )}
      </div>
      {row.note !== '' && <p className="pl-5 text-sm text-ink-2">{row.note}</p>}
      {isOpen && (
        <div className="pl-5">
          <DifferenceNote pipeline={pipeline} version={row.version} />
        </div>
      )}
    </li>
  );
}

export function VersionsDialog({ pipeline, onStored, onClose }: VersionsDialogProps) {
  const may = useMay();
  const versions = usePages(listVersionsRoute, { params: { id: pipeline.id } });
  const [back, setBack] = useState<VersionRow | null>(null);
  const rollBack = useAct(rollBackPipelineRoute, {
    refreshes: ['pipelines.list', 'pipelines.list-versions'],
    onDone: (stored) => {
      setBack(null);
      onStored(stored);
      tell(`Version ${back?.version} is back as version ${stored.version}`);
    },
  });
  const hasDraft = pipeline.version !== pipeline.publishedVersion;
  const canBack = ({ state }: VersionRow) => may('pipelines.write') && (state !== 'published' || hasDraft);
  return (
    <>
      <Dialog
        open
        wide
        onClose={onClose}
        title={`Versions of “${pipeline.name}”`}
        description={
          hasDraft
            ? `Version ${pipeline.publishedVersion} runs. The draft has changes that are not published.`
            : `Version ${pipeline.publishedVersion} runs. A change is a draft until you publish it.`
        }
        footer={<Button onClick={onClose}>Close</Button>}
      >
        {versions.error && <ErrorBox error={versions.error} onRetry={() => void versions.refetch()} />}
        {versions.isPending && <Skeleton className="appear-late h-24 w-full" />}
        {versions.items.length > 0 && (
          <ul aria-label="Versions">
            {versions.items.map((row) => (
              <Row key={row.version} pipeline={pipeline} row={row} onBack={canBack(row) ? setBack : null} />
            ))}
          </ul>
        )}
        {versions.hasNextPage && (
          <Button busy={versions.isFetchingNextPage} onClick={() => void versions.fetchNextPage()}>
            Older versions
          </Button>
        )}
      </Dialog>
      <Confirm
        open={back !== null}
        onClose={() => {
          rollBack.reset();
          setBack(null);
        }}
        title={`Roll back to version ${back?.version}?`}
        consequence={
          <>
            <p>
              Its definition is published as a new version and runs from now on. Runs that are under way stay on theirs.
              {hasDraft && ' The draft is kept among the versions.'}
            </p>
            {back && <DifferenceNote pipeline={pipeline} version={back.version} />}
          </>
        }
        verb="Roll back"
        busy={rollBack.isPending}
        fault={rollBack.error && <ErrorBox error={rollBack.error} />}
        onConfirm={() =>
          back &&
          rollBack.mutate({
            params: { id: pipeline.id, version: back.version },
            body: { version: pipeline.version },
          })
        }
      />
    </>
  );
}

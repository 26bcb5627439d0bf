// Opens a pipeline in the editor. What is not saved yet is kept in this browser and comes back after a reload.
import { type Pipeline, readPipelineRoute } from '@gathering/contract/pipelines';
import { useState } from 'react';
import { useParams } from 'react-router';
import { useRead } from '../../lib/query.ts';
import { PageError } from '../../ui/error-box.tsx';
import { Page } from '../../ui/page.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { definitionOf, readDraft } from './draft.ts';
import { emptyDefinition } from './edit-graph.ts';
import { Editor } from './editor.tsx';

export function NewPipelinePage() {
  const [draft] = useState(() => readDraft(null));
  return <Editor key="new" pipeline={null} first={draft?.definition ?? emptyDefinition()} draft={draft} />;
}

export function EditPipelinePage() {
  const { id = '' } = useParams();
  const pipeline = useRead(readPipelineRoute, { params: { id } });
  const [draft] = useState(() => readDraft(id));
  // Opened with the state at that moment: what others save meanwhile is met when this is saved.
  const [opened, setOpened] = useState<Pipeline | null>(null);
  if (pipeline.data && opened?.id !== pipeline.data.id) setOpened(pipeline.data);
  if (opened?.id === id)
    return <Editor key={id} pipeline={opened} first={draft?.definition ?? definitionOf(opened)} draft={draft} />;
  return (
    <Page title="Pipeline" crumbs={[{ label: 'Pipelines', to: '/pipelines' }]} bare>
      {pipeline.isPending && <SkeletonRows />}
      {pipeline.error && (
        <PageError
          error={pipeline.error}
          onRetry={() => void pipeline.refetch()}
          back={{ label: 'See all pipelines', to: '/pipelines' }}
        />
      )}
    </Page>
  );
}

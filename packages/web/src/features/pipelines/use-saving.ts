// Saving what is drawn: a new pipeline is created, a known one changed on the version that it was opened with. Somebody
// else's change in between is not overwritten unless the person says so.
import { ApiError } from '@gathering/contract/client';
import type { Fault } from '@gathering/contract/errors';
import type { PipelineDefinition } from '@gathering/contract/pipeline-definition';
import {
  changePipelineRoute,
  createPipelineRoute,
  type Pipeline,
  readPipelineRoute,
} from '@gathering/contract/pipelines';
import { useState } from 'react';
import { call } from '../../lib/client.ts';
import { queryClient } from '../../lib/query.ts';

export interface Saving {
  readonly saved: Pipeline | null;
  readonly isSaving: boolean;
  readonly error: unknown;
  readonly refused: readonly Fault[];
  readonly isConflict: boolean;
  readonly save: (definition: PipelineDefinition, force?: boolean) => Promise<Pipeline | null>;
  readonly readTheirs: () => Promise<Pipeline | null>;
  /** What was stored another way: published, brought back, imported. */
  readonly adopt: (pipeline: Pipeline) => void;
  readonly forget: () => void;
}

export function useSaving(first: Pipeline | null, firstVersion: number | null): Saving {
  const [saved, setSaved] = useState(first);
  const [version, setVersion] = useState(firstVersion);
  const [isSaving, setSaving] = useState(false);
  const [error, setError] = useState<unknown>(null);

  const keep = (pipeline: Pipeline): Pipeline => {
    setSaved(pipeline);
    setVersion(pipeline.version);
    setError(null);
    queryClient.setQueryData([readPipelineRoute.name, { params: { id: pipeline.id } }], pipeline);
    void queryClient.invalidateQueries({ queryKey: ['pipelines.list'] });
    return pipeline;
  };
  const attempt = async (work: () => Promise<Pipeline>): Promise<Pipeline | null> => {
    setSaving(true);
    try {
      return keep(await work());
    } catch (refusal) {
      setError(refusal);
      return null;
    } finally {
      setSaving(false);
    }
  };
  const save = (definition: PipelineDefinition, force = false): Promise<Pipeline | null> =>
    attempt(() => {
      if (saved === null) return call(createPipelineRoute, { body: definition });
      // What is left out of a change stays, so no settings are said in words.
      const body = {
        ...definition,
        settings: definition.settings ?? null,
        version: force ? undefined : (version ?? undefined),
      };
      return call(changePipelineRoute, { params: { id: saved.id }, body });
    });
  const readTheirs = async (): Promise<Pipeline | null> => {
    if (saved === null) return null;
    const { id } = saved;
    return attempt(() => call(readPipelineRoute, { params: { id } }));
  };
  const problem = error instanceof ApiError ? error.problem : null;
  return {
    saved,
    isSaving,
    error,
    refused: problem?.code === 'pipelines.invalid' ? (problem.faults ?? []) : [],
    isConflict: problem?.code === 'pipelines.changed',
    save,
    readTheirs,
    adopt: keep,
    forget: () => setError(null),
  };
}

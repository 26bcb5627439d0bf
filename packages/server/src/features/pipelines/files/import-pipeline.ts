// Pipelines as files over the API: a file becomes a new pipeline or the draft of one, with every fault at its line and
// column; a pipeline becomes a file.
import { AppError, type Fault } from '@gathering/contract/errors';
import type { Pipeline } from '@gathering/contract/pipelines';
import type { Ctx } from '../../../ctx.ts';
import { checkSchemas } from '../check-input.ts';
import { sortFaults } from '../locate-faults.ts';
import { changePipeline, createPipeline, definitionOf, readPipeline } from '../service.ts';
import { readKnownNames } from '../start-run.ts';
import { readVersion } from '../versions.ts';
import { readFile } from './read-file.ts';
import { writeDefinition } from './write-definition.ts';

interface Import {
  readonly text: string;
  readonly pipelineId?: string | undefined;
  readonly version?: number | undefined;
}

/** Throws AppError `pipelines.invalid`; nothing is stored then. */
export async function importPipeline(ctx: Ctx, { text, pipelineId, version }: Import): Promise<Pipeline> {
  const file = { text, ...(await readKnownNames(ctx)) };
  const { definition, legible, faults } = await readFile(file);
  const ofSchemas = await checkSchemas(legible);
  const located: readonly Fault[] =
    ofSchemas.length === 0 ? [] : (await readFile({ ...file, located: ofSchemas })).faults;
  const all = sortFaults([...faults, ...located]);
  if (definition === null || all.length > 0) throw new AppError('pipelines.invalid', { faults: all });
  if (pipelineId === undefined) return createPipeline(ctx, definition);
  // What the file does not say does not hold.
  return changePipeline(ctx, pipelineId, { ...definition, settings: definition.settings ?? null, version });
}

export async function exportPipeline(ctx: Ctx, id: string, version: number | undefined): Promise<string> {
  if (version === undefined) return writeDefinition(definitionOf(await readPipeline(ctx, id)));
  return writeDefinition((await readVersion(ctx, id, version)).definition);
}

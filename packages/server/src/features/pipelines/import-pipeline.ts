// Pipelines as files over the API: a file becomes a new pipeline or the draft of one, with every fault at its line and
// column; a pipeline becomes a file.
import { AppError } from '@gathering/contract/errors';
import type { Pipeline } from '@gathering/contract/pipelines';
import type { Ctx } from '../../ctx.ts';
import { checkSchemas } from './check-input.ts';
import { locateFaults, sortFaults } from './locate-faults.ts';
import { parseDefinition } from './parse-definition.ts';
import { changePipeline, createPipeline, definitionOf, readPipeline } from './service.ts';
import { readKnownNames } from './start-run.ts';
import { readVersion } from './versions.ts';
import { writeDefinition } from './write-definition.ts';

interface Import {
  readonly text: string;
  readonly pipelineId?: string | undefined;
  readonly version?: number | undefined;
}

/** Throws AppError `pipelines.invalid`; nothing is stored then. */
export async function importPipeline(ctx: Ctx, { text, pipelineId, version }: Import): Promise<Pipeline> {
  const { definition, legible, faults } = parseDefinition(text, await readKnownNames(ctx));
  const all = [...faults, ...locateFaults(text, await checkSchemas(legible))];
  if (definition === null || all.length > 0) throw new AppError('pipelines.invalid', { faults: sortFaults(all) });
  if (pipelineId === undefined) return createPipeline(ctx, definition);
  return changePipeline(ctx, pipelineId, { ...definition, version });
}

export async function exportPipeline(ctx: Ctx, id: string, version: number | undefined): Promise<string> {
  if (version === undefined) return writeDefinition(definitionOf(await readPipeline(ctx, id)));
  return writeDefinition((await readVersion(ctx, id, version)).definition);
}

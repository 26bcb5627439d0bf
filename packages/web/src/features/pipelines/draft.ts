// What was drawn and is not saved yet, kept in this browser.
import { definitionSchema, type PipelineDefinition } from '@gathering/contract/pipeline-definition';
import type { Pipeline } from '@gathering/contract/pipelines';
import * as z from 'zod';
import { readStored } from '../../lib/stored.ts';

// A new pipeline has no name yet, and a draft may hold any name.
const draftSchema = z.strictObject({
  definition: definitionSchema.extend({ name: z.string() }),
  version: z.int().nullable(),
});
export type Draft = z.infer<typeof draftSchema>;

export const draftKey = (id: string | null): string => `draft.pipeline.${id ?? 'new'}`;

export function readDraft(id: string | null): Draft | null {
  const parsed = draftSchema.safeParse(readStored(localStorage, draftKey(id)));
  return parsed.success ? parsed.data : null;
}

export function definitionOf(pipeline: Pipeline): PipelineDefinition {
  const { name, description, settings, nodes, edges } = pipeline;
  return { name, description, ...(settings && { settings }), nodes, edges };
}

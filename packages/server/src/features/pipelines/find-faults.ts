// Faults of a definition before it runs. It is checked at each start, since names may have gone; of one that was found sound,
// with the same names, that is known.
import { checkGraph, type KnownNames } from '@gathering/contract/check-graph';
import type { Fault } from '@gathering/contract/errors';
import type { PipelineDefinition } from '@gathering/contract/pipeline-definition';
import { createBoundedMap } from '../../platform/bounded-map.ts';
import { checkSchemas } from './check-input.ts';

interface Sound {
  /** Characters of both. */
  readonly size: number;
  readonly names: string;
}

const mostKept = 8 * 1024 * 1024;
const sound = createBoundedMap<Sound>(mostKept, ({ size }) => size);

/** Of its graph and its schemas. An empty list: it can run. */
export async function findFaults(definition: PipelineDefinition, known: KnownNames): Promise<Fault[]> {
  const text = JSON.stringify(definition);
  const names = JSON.stringify([known.agents, known.tools, known.given, known.pipelines].map((set) => set && [...set]));
  if (sound.get(text)?.names === names) return [];
  const faults = [...checkGraph(definition, known), ...(await checkSchemas(definition))];
  if (faults.length === 0) sound.set(text, { size: text.length + names.length, names });
  return faults;
}

// Workflows recorded in production, where they are beside the repository: who depends on whom, and how many seconds each took.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { PipelineDefinition } from '@gathering/contract/pipeline-definition';

const folder = fileURLToPath(new URL('../../../../shared/data/dags-dev/', import.meta.url));

/** Why they cannot be read, as a sentence; null: they are there. */
export const missingWorkflows = existsSync(folder) ? null : `The recorded workflows are not at ${folder}.`;
export const workflowNames = [
  'helloworld-forkjoin-10-chameleon',
  'rnaseq-dirt02-001',
  'bwa-chameleon-large-001',
] as const;
export type WorkflowName = (typeof workflowNames)[number];

export interface RecordedTask {
  readonly id: string;
  readonly parents: readonly string[];
  readonly seconds: number;
}

export function readWorkflow(name: WorkflowName): readonly RecordedTask[] {
  return (JSON.parse(readFileSync(`${folder}${name}.json`, 'utf8')) as { tasks: RecordedTask[] }).tasks;
}

/** As a pipeline of delays, so much shorter or longer; its trigger is called `start`. */
export function asDelays(name: string, tasks: readonly RecordedTask[], scale: number): PipelineDefinition {
  return {
    name,
    description: '',
    nodes: [
      { id: 'start', type: 'trigger', config: {} },
      ...tasks.map(({ id, seconds }) => ({ id, type: 'delay', config: { seconds: seconds * scale } })),
    ],
    edges: tasks.flatMap(({ id, parents }) =>
      (parents.length === 0 ? ['start'] : parents).map((parent) => ({ from: parent, to: id })),
    ),
  };
}

/** The way through the graph that takes longest: in seconds, and of how many nodes it is. */
export function findCriticalPath(tasks: readonly RecordedTask[]): { readonly seconds: number; readonly nodes: number } {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const known = new Map<string, { seconds: number; nodes: number }>();
  const longest = (found: readonly { seconds: number; nodes: number }[]) =>
    found.reduce((most, one) => (one.seconds > most.seconds ? one : most), { seconds: 0, nodes: 0 });
  const pathTo = (id: string): { seconds: number; nodes: number } => {
    const before = known.get(id);
    if (before !== undefined) return before;
    const task = byId.get(id);
    if (task === undefined) throw new Error(`A recorded workflow names ${id}, which is not one of its tasks.`);
    const { seconds, nodes } = longest(task.parents.map(pathTo));
    const path = { seconds: seconds + task.seconds, nodes: nodes + 1 };
    known.set(id, path);
    return path;
  };
  return longest(tasks.map(({ id }) => pathTo(id)));
}

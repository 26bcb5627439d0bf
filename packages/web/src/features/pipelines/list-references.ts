// What a node's texts may refer to: the run's input and the outputs of the nodes that come before it. Pure.
import type { PipelineDefinition, PipelineNode } from '@gathering/contract/pipeline-definition';
import { fieldsOf } from '../../lib/schema-fields.ts';
import { nameOfNode } from './edit-graph.ts';

export interface Reference {
  readonly expression: string;
  readonly label: string;
}

const isPlain = (name: string): boolean => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
const member = (base: string, name: string): string => (isPlain(name) ? `${base}.${name}` : `${base}["${name}"]`);

/** The nodes that have ended when this one begins. */
function nodesBefore({ edges }: PipelineDefinition, nodeId: string): Set<string> {
  const before = new Set<string>();
  const pending = [nodeId];
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    const previous = edges.filter((edge) => edge.to === id && !before.has(edge.from)).map((edge) => edge.from);
    for (const one of previous) before.add(one);
    pending.push(...previous);
  }
  before.delete(nodeId);
  return before;
}

function outputsOf(node: PipelineNode): Reference[] {
  const output = `${member('nodes', node.id)}.output`;
  const name = nameOfNode(node);
  switch (node.type) {
    case 'trigger':
    case 'parallel':
    case 'join':
      return [];
    case 'agent':
      return [
        { expression: `${output}.text`, label: `${name}: its answer` },
        ...fieldsOf(node.config.outputSchema).map((field) => ({
          expression: member(`${output}.data`, field.name),
          label: `${name}: ${field.label}`,
        })),
      ];
    case 'condition':
      return [{ expression: `${output}.result`, label: `${name}: what it gave` }];
    case 'approval':
      return [{ expression: `${output}.decision`, label: `${name}: the decision` }];
    default:
      return node.config.kind === 'callApi'
        ? [{ expression: `${output}.body`, label: `${name}: what was answered` }]
        : [{ expression: output, label: `${name}: output` }];
  }
}

const placeNames: Readonly<Record<string, readonly Reference[]>> = {
  map: [
    { expression: 'item', label: 'The item' },
    { expression: 'index', label: 'Its place, from 0' },
  ],
  wait: [
    { expression: 'event.payload', label: 'What the event tells' },
    { expression: 'event.subject', label: 'What it is about' },
    { expression: 'key', label: 'The key of this node' },
  ],
};

/** Names that a setting has besides those of its node. */
export function namesOfPlace(type: string, path: string): readonly Reference[] {
  return path === 'task' || path === 'match' ? (placeNames[type] ?? []) : [];
}

export function listReferences(definition: PipelineDefinition, nodeId: string): Reference[] {
  const inputs = fieldsOf(definition.nodes.find((node) => node.type === 'trigger')?.config.input);
  const before = nodesBefore(definition, nodeId);
  return [
    ...(inputs.length === 0 ? [{ expression: 'input', label: 'What the run was given' }] : []),
    ...inputs.map((field) => ({ expression: member('input', field.name), label: `Input: ${field.label}` })),
    ...definition.nodes.filter((node) => before.has(node.id)).flatMap(outputsOf),
    { expression: 'project.name', label: 'Name of the project' },
    { expression: 'run.id', label: 'Id of the run' },
  ];
}

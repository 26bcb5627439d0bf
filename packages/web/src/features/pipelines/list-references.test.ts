import type { PipelineDefinition } from '@gathering/contract/pipeline-definition';
import { describe, expect, it } from 'vitest';
import { listReferences } from './list-references.ts';

describe('references that a node may use', () => {
  it('are the input and the outputs of nodes before it, and nothing after', () => {
    const definition: PipelineDefinition = {
      name: 'x',
      description: '',
      nodes: [
        {
          id: 'start',
          type: 'trigger',
          config: { input: { type: 'object', properties: { days: { type: 'integer' } } } },
        },
        {
          id: 'look',
          type: 'agent',
          name: 'Look',
          config: { outputSchema: { type: 'object', properties: { hottest: { type: 'string' } } } },
        },
        { id: 'a-b', type: 'action', config: { kind: 'callApi' } },
        { id: 'end', type: 'agent', config: {} },
      ],
      edges: [
        { from: 'start', to: 'look' },
        { from: 'look', to: 'a-b' },
        { from: 'a-b', to: 'end' },
      ],
    };
    const found = listReferences(definition, 'end').map((reference) => reference.expression);
    expect(found).toEqual(
      expect.arrayContaining([
        'input.days',
        'nodes.look.output.text',
        'nodes.look.output.data.hottest',
        'nodes["a-b"].output.body',
      ]),
    );
    expect(listReferences(definition, 'look').some((reference) => reference.expression.startsWith('nodes'))).toBe(
      false,
    );
  });
});

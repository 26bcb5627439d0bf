// Where a node leads to, and under which of its branches.
import { branchesOf } from '@gathering/contract/branches';
import type { PipelineDefinition, PipelineNode } from '@gathering/contract/pipeline-definition';
import { X } from 'lucide-react';
import { useState } from 'react';
import { IconButton } from '../../ui/button.tsx';
import { Select } from '../../ui/select.tsx';
import { type Edit, edgeKey, nameOfNode, waysOf } from './edit-graph.ts';

interface NodeConnectionsProps {
  readonly node: PipelineNode;
  readonly definition: PipelineDefinition;
  readonly dispatch: (edit: Edit) => void;
}

export function NodeConnections({ node, definition, dispatch }: NodeConnectionsProps) {
  const outgoing = definition.edges.filter((edge) => edge.from === node.id);
  const ways = waysOf(node);
  // A node without branches of its own is left without a name as well.
  const names = branchesOf(node) === null && ways.length > 0 ? ['', ...ways] : ways;
  const [chosen, setChosen] = useState<string | null>(null);
  const when = names.find((name) => name === chosen) ?? names[0];
  const targets = definition.nodes.filter(
    (one) =>
      one.id !== node.id &&
      one.type !== 'trigger' &&
      (names.length > 0 || !outgoing.some((edge) => edge.to === one.id)),
  );
  const nameOf = (id: string): string => {
    const found = definition.nodes.find((one) => one.id === id);
    return found ? nameOfNode(found) : id;
  };
  return (
    <section className="flex flex-col gap-1.5">
      <h3 className="text-sm font-medium">Leads to</h3>
      {outgoing.length === 0 && <p className="text-xs text-ink-3">Nothing: the run ends here.</p>}
      <ul className="flex flex-col gap-1">
        {outgoing.map((edge) => (
          <li
            key={edgeKey(edge)}
            className="flex h-8 items-center gap-2 rounded-md border border-line pr-0.5 pl-2.5 text-sm"
          >
            {edge.when && <span className="text-xs text-ink-3">{edge.when}</span>}
            <span className="min-w-0 flex-1 truncate">{nameOf(edge.to)}</span>
            <IconButton
              icon={X}
              size="small"
              name={`Disconnect ${nameOf(edge.to)}`}
              onClick={() => dispatch({ do: 'remove', nodes: [], edges: [edgeKey(edge)] })}
            />
          </li>
        ))}
      </ul>
      {targets.length > 0 && (
        <div className="flex gap-1.5">
          {names.length > 0 && (
            <Select
              aria-label="Which way"
              className="!w-28"
              value={when ?? ''}
              onChange={setChosen}
              options={names.map((name) => ({ value: name, label: name === '' ? 'done' : name }))}
            />
          )}
          <Select
            aria-label="Connect to"
            value=""
            placeholder="Connect to…"
            options={targets.map((one) => ({ value: one.id, label: nameOfNode(one) }))}
            onChange={(to) => to !== '' && dispatch({ do: 'connect', from: node.id, to, when: when || undefined })}
          />
        </div>
      )}
    </section>
  );
}

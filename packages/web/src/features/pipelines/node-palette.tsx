// What can be added: by click, by drag onto the canvas, or by typing `/`. Below it the nodes that are there, for the keyboard.
import { type NodeType, nodeTypes, type PipelineDefinition } from '@gathering/contract/pipeline-definition';
import { Command } from 'cmdk';
import { TriangleAlert, Wrench } from 'lucide-react';
import { Dialog } from 'radix-ui';
import { classes } from '../../ui/classes.ts';
import { type NewNode, nameOfNode } from './edit-graph.ts';
import { lookOfType, nodeTypeLooks } from './node-types.ts';
import type { KnownThings } from './use-known-things.ts';

interface NodePaletteProps {
  readonly definition: PipelineDefinition;
  readonly selected: readonly string[];
  readonly faulty: ReadonlySet<string>;
  readonly onAdd: (node: Omit<NewNode, 'after'>) => void;
  readonly onSelect: (id: string) => void;
}

export function NodePalette({ definition, selected, faulty, onAdd, onSelect }: NodePaletteProps) {
  const hasTrigger = definition.nodes.some((node) => node.type === 'trigger');
  return (
    <div className="flex w-44 shrink-0 flex-col border-r border-line bg-surface max-lg:max-h-40 max-lg:w-full max-lg:overflow-y-auto">
      <section
        aria-label="Add"
        className="flex flex-col gap-px border-b border-line p-2 max-lg:flex-row max-lg:flex-wrap"
      >
        <h2 className="flex justify-between px-2 pb-1 text-xs text-ink-3">
          Add <kbd className="font-sans">/</kbd>
        </h2>
        {nodeTypes.map((type: NodeType) => {
          const look = nodeTypeLooks[type];
          return (
            <button
              key={type}
              type="button"
              draggable
              disabled={type === 'trigger' && hasTrigger}
              title={look.about}
              onClick={() => onAdd({ type })}
              onDragStart={(event) => {
                event.dataTransfer.setData('application/gathering-node', type);
                event.dataTransfer.effectAllowed = 'copy';
              }}
              className="flex h-8 items-center gap-2.5 rounded-md px-2 text-sm text-ink-2 hover:bg-hover hover:text-ink disabled:opacity-45"
            >
              <look.icon size={15} aria-hidden />
              {look.name}
            </button>
          );
        })}
      </section>
      <nav aria-label="Nodes" className="min-h-0 flex-1 overflow-y-auto p-2">
        <h2 className="px-2 pb-1 text-xs text-ink-3">Nodes</h2>
        {definition.nodes.map((node) => {
          const Icon = lookOfType(node.type).icon;
          const isChosen = selected.includes(node.id);
          return (
            <button
              key={node.id}
              type="button"
              aria-pressed={isChosen}
              onClick={() => onSelect(node.id)}
              className={classes(
                'flex h-8 w-full items-center gap-2 rounded-md px-2 text-left text-sm',
                isChosen ? 'bg-chosen' : 'text-ink-2 hover:bg-hover',
              )}
            >
              <Icon size={13} aria-hidden className="shrink-0 text-ink-3" />
              <span className="min-w-0 flex-1 truncate">{nameOfNode(node)}</span>
              {faulty.has(node.id) && (
                <TriangleAlert size={13} role="img" aria-label="has faults" className="shrink-0 text-bad" />
              )}
            </button>
          );
        })}
      </nav>
    </div>
  );
}

interface AddNodeMenuProps {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly known: KnownThings;
  readonly onAdd: (node: Omit<NewNode, 'after'>) => void;
}

const item = 'flex h-9 cursor-default items-center gap-2.5 rounded-md px-2.5 text-sm data-[selected=true]:bg-hover';
const group =
  '[&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:text-ink-3';

export function AddNodeMenu({ open, onClose, known, onAdd }: AddNodeMenuProps) {
  const add = (node: Omit<NewNode, 'after'>) => () => {
    onClose();
    onAdd(node);
  };
  return (
    <Dialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40" />
        <Dialog.Content className="fade-in fixed top-[18vh] left-1/2 z-40 w-[calc(100vw-2rem)] max-w-md -translate-x-1/2 overflow-hidden rounded-lg border border-line bg-raised shadow-float">
          <Dialog.Title className="sr-only">Add a node</Dialog.Title>
          <Dialog.Description className="sr-only">It is connected to the chosen node.</Dialog.Description>
          <Command label="Add a node" loop>
            <Command.Input
              autoFocus
              placeholder="Add a node: agent, tool, condition…"
              className="h-11 w-full border-b border-line bg-transparent px-4 text-sm -outline-offset-2"
            />
            <Command.List className="max-h-80 overflow-y-auto p-1.5">
              <Command.Empty className="px-2.5 py-6 text-center text-sm text-ink-3">
                No node is called that.
              </Command.Empty>
              <Command.Group heading="Node types" className={group}>
                {nodeTypes.map((type) => {
                  const look = nodeTypeLooks[type];
                  return (
                    <Command.Item
                      key={type}
                      value={`type ${look.name} ${look.about}`}
                      onSelect={add({ type })}
                      className={item}
                    >
                      <look.icon size={15} aria-hidden className="text-ink-3" />
                      {look.name}
                      <span className="min-w-0 flex-1 truncate text-right text-xs text-ink-3">{look.about}</span>
                    </Command.Item>
                  );
                })}
              </Command.Group>
              <Command.Group heading="Agents" className={group}>
                {known.agents.map((agent) => {
                  const Icon = nodeTypeLooks.agent.icon;
                  return (
                    <Command.Item
                      key={agent.id}
                      value={`agent ${agent.name} ${agent.handle}`}
                      onSelect={add({ type: 'agent', name: agent.name, config: { agentId: agent.handle } })}
                      className={item}
                    >
                      <Icon size={15} aria-hidden className="text-ink-3" />
                      {agent.name}
                      <span className="min-w-0 flex-1 truncate text-right text-xs text-ink-3">{agent.personaName}</span>
                    </Command.Item>
                  );
                })}
              </Command.Group>
              <Command.Group heading="Tools" className={group}>
                {known.skills.flatMap((skill) =>
                  skill.tools.map((tool) => (
                    <Command.Item
                      key={tool.name}
                      value={`tool ${tool.name} ${tool.description}`}
                      onSelect={add({ type: 'action', name: tool.name, config: { kind: 'callTool', tool: tool.name } })}
                      className={item}
                    >
                      <Wrench size={15} aria-hidden className="text-ink-3" />
                      <span className="font-mono text-xs">{tool.name}</span>
                      <span className="min-w-0 flex-1 truncate text-right text-xs text-ink-3">{skill.title}</span>
                    </Command.Item>
                  )),
                )}
              </Command.Group>
            </Command.List>
          </Command>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

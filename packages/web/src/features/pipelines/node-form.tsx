// The form of one node, made from its type's schema; agents, tools and expressions get fields that know them.

import { isNodeType } from '@gathering/contract/check-graph';
import type { Fault } from '@gathering/contract/errors';
import type { Json } from '@gathering/contract/json';
import { nodeConfigSchemas, type PipelineDefinition, type PipelineNode } from '@gathering/contract/pipeline-definition';
import type { Pipeline } from '@gathering/contract/pipelines';
import { Play, Trash, X } from 'lucide-react';
import { type ReactNode, useMemo, useState } from 'react';
import { useMay } from '../../lib/may.ts';
import { type FormField, fieldOfZod, fieldsOf } from '../../lib/schema-fields.ts';
import { nameOfPointer, plainFault } from '../../lib/use-form.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Field, type FieldBinding, Input } from '../../ui/input.tsx';
import { type DrawField, type FormContext, SchemaField, SchemaForm } from '../../ui/schema-form.tsx';
import { Select } from '../../ui/select.tsx';
import { type Edit, edgeKey, nameOfNode } from './edit-graph.ts';
import { listReferences } from './list-references.ts';
import { lookOfType } from './node-types.ts';
import { TemplateField } from './template-field.tsx';
import { TrialDialog } from './trial-dialog.tsx';
import type { KnownThings } from './use-known-things.ts';

interface NodeFormProps {
  /** Saves what is not saved yet; null: it could not be. */
  readonly ensureSaved: () => Promise<Pipeline | null>;
  readonly node: PipelineNode;
  readonly definition: PipelineDefinition;
  readonly faults: readonly Fault[];
  readonly known: KnownThings;
  readonly dispatch: (edit: Edit) => void;
}

function useConfigField(type: string): FormField | null {
  return useMemo(() => (isNodeType(type) ? fieldOfZod(nodeConfigSchemas[type]) : null), [type]);
}

/** Beside its field a fault need not say where it is. */
function withoutPlace(message: string): string {
  const rest = message.replace(/^Node "[^"]*"( \([^)]*\))?(, setting "[^"]*")?:? ?/, '');
  return plainFault(rest.charAt(0).toUpperCase() + rest.slice(1));
}

/** Faults of this node's config, by the path of the field. */
function faultsByPath(faults: readonly Fault[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const fault of faults) {
    const match = /^\/nodes\/\d+\/config(\/.*)?$/.exec(fault.at);
    if (!match) continue;
    const path = nameOfPointer(match[1] ?? '');
    if (!found.has(path)) found.set(path, withoutPlace(fault.message));
  }
  return found;
}

function Connections({ node, definition, dispatch }: Omit<NodeFormProps, 'faults' | 'known' | 'ensureSaved'>) {
  const outgoing = definition.edges.filter((edge) => edge.from === node.id);
  const [when, setWhen] = useState('then');
  const isCondition = node.type === 'condition';
  const targets = definition.nodes.filter(
    (one) =>
      one.id !== node.id && one.type !== 'trigger' && (isCondition || !outgoing.some((edge) => edge.to === one.id)),
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
          {isCondition && (
            <Select
              aria-label="Which way"
              className="!w-24"
              value={when}
              onChange={setWhen}
              options={[
                { value: 'then', label: 'then' },
                { value: 'else', label: 'else' },
              ]}
            />
          )}
          <Select
            aria-label="Connect to"
            value=""
            placeholder="Connect to…"
            options={targets.map((one) => ({ value: one.id, label: nameOfNode(one) }))}
            onChange={(to) =>
              to !== '' && dispatch({ do: 'connect', from: node.id, to, when: isCondition ? when : undefined })
            }
          />
        </div>
      )}
    </section>
  );
}

function IdField({ node, definition, dispatch }: Omit<NodeFormProps, 'faults' | 'known' | 'ensureSaved'>) {
  const [text, setText] = useState(node.id);
  const isTaken = text !== node.id && definition.nodes.some((one) => one.id === text);
  const isBad = !/^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,127}$/.test(text);
  const fault = isBad ? 'Letters, digits and _ . : - only.' : (isTaken && 'Another node has this id.') || undefined;
  const finish = (): void => {
    if (!isTaken && !isBad && text !== node.id) dispatch({ do: 'rename-id', id: node.id, to: text });
  };
  return (
    <Field label="Id" hint="Expressions call it by this." fault={fault}>
      {(binding) => (
        <Input
          {...binding}
          className="font-mono text-xs"
          value={text}
          onBlur={finish}
          onKeyDown={(event) => event.key === 'Enter' && finish()}
          onChange={(change) => setText(change.target.value)}
        />
      )}
    </Field>
  );
}

interface ToolProps {
  readonly binding: FieldBinding;
  readonly value: unknown;
  readonly onChange: (value: unknown) => void;
  readonly known: KnownThings;
}

function ToolPicker({ binding, value, onChange, known }: ToolProps) {
  const options = known.skills.flatMap((skill) =>
    skill.tools.map((tool) => ({ value: tool.name, label: tool.name, group: skill.title })),
  );
  return (
    <Select
      {...binding}
      value={String(value ?? '')}
      placeholder="Choose a tool…"
      onChange={onChange}
      options={options}
    />
  );
}

function AgentPicker({ binding, value, onChange, known }: ToolProps) {
  const options = known.agents.map((agent) => ({ value: agent.handle, label: agent.name }));
  // A file may name an agent by its id: it is shown as the agent that it is.
  const named = known.agents.find((agent) => agent.id === value)?.handle ?? String(value ?? '');
  return <Select {...binding} value={named} placeholder="Choose an agent…" onChange={onChange} options={options} />;
}

const rowsOf: Record<string, number> = { task: 7, expression: 3, title: 1, url: 1, until: 1 };

function useDraw({ node, definition, known }: NodeFormProps, context: () => FormContext): DrawField {
  const references = useMemo(() => listReferences(definition, node.id), [definition, node.id]);
  const tool = known.skills.flatMap((skill) => skill.tools).find((one) => one.name === node.config.tool);
  const drawArguments = (value: unknown, onChange: (value: unknown) => void): ReactNode | null => {
    const fields = fieldsOf(tool?.inputSchema);
    if (!tool || fields.length === 0) return null;
    return (
      <div className="flex flex-col gap-3 border-l-2 border-line pl-3">
        <p className="text-xs text-ink-3">{tool.description}</p>
        <SchemaForm fields={fields} path="arguments" value={value} onChange={onChange} context={context()} />
      </div>
    );
  };
  return (field, path, binding, value, onChange) => {
    if (path === 'agentId') return <AgentPicker binding={binding} value={value} onChange={onChange} known={known} />;
    if (path === 'tool') return <ToolPicker binding={binding} value={value} onChange={onChange} known={known} />;
    if (path === 'arguments') return drawArguments(value, onChange);
    const isArgument = path.startsWith('arguments.');
    if (field.kind !== 'text' || !(field.isLong || isArgument)) return null;
    return (
      <TemplateField
        binding={binding}
        value={typeof value === 'string' ? value : ''}
        onChange={(next) => onChange(next === '' && field.optional ? undefined : next)}
        references={references}
        isExpression={path === 'expression'}
        rows={isArgument ? 1 : (rowsOf[path] ?? 4)}
      />
    );
  };
}

function TrialButton({
  node,
  hasFaults,
  ensureSaved,
}: Pick<NodeFormProps, 'node' | 'ensureSaved'> & { readonly hasFaults: boolean }) {
  const may = useMay();
  const [pipelineId, setPipelineId] = useState<string | null>(null);
  if (!may('pipelines.run') || node.type === 'trigger' || node.type === 'parallel') return null;
  const open = async (): Promise<void> => setPipelineId((await ensureSaved())?.id ?? null);
  return (
    <>
      <Button icon={Play} disabled={hasFaults} onClick={() => void open()}>
        Run this node
      </Button>
      {pipelineId !== null && <TrialDialog pipelineId={pipelineId} node={node} onClose={() => setPipelineId(null)} />}
    </>
  );
}

export function NodeForm(props: NodeFormProps) {
  const { node, faults, definition, dispatch } = props;
  const field = useConfigField(node.type);
  const found = useMemo(() => faultsByPath(faults), [faults]);
  const change = (value: unknown): void =>
    dispatch({ do: 'change', id: node.id, config: value as Record<string, Json> });
  const draw = useDraw(props, () => context);
  const context: FormContext = { faultOf: (path) => found.get(path), templates: true, draw };
  const look = lookOfType(node.type);
  return (
    <div className="flex flex-col gap-4 p-3">
      <div className="flex items-center gap-2 text-xs text-ink-3">
        <look.icon size={14} aria-hidden />
        <span className="flex-1">
          <b className="font-medium text-ink">{look.name}.</b> {look.about}
        </span>
      </div>
      <Field label="Name">
        {(binding) => (
          <Input
            {...binding}
            value={node.name ?? ''}
            onChange={(next) => dispatch({ do: 'change', id: node.id, name: next.target.value })}
          />
        )}
      </Field>
      {field === null && (
        <p className="text-sm text-bad">This type is unknown here; remove the node or edit the file.</p>
      )}
      {field?.kind === 'group' && (
        <SchemaForm fields={field.fields} value={node.config} onChange={change} context={context} />
      )}
      {field?.kind === 'variants' && (
        <SchemaField field={field} path="" value={node.config} onChange={change} context={context} />
      )}
      <Connections node={node} definition={definition} dispatch={dispatch} />
      <IdField key={node.id} node={node} definition={definition} dispatch={dispatch} />
      <div className="flex justify-between gap-2 border-t border-line pt-3">
        <TrialButton node={node} hasFaults={faults.length > 0} ensureSaved={props.ensureSaved} />
        <Button look="danger" icon={Trash} onClick={() => dispatch({ do: 'remove', nodes: [node.id], edges: [] })}>
          Remove node
        </Button>
      </div>
    </div>
  );
}

// The form of one node, made from its type's schema; agents, tools and expressions get fields that know them.

import { isNodeType } from '@gathering/contract/check-graph';
import type { Fault } from '@gathering/contract/errors';
import type { Json } from '@gathering/contract/json';
import { nodeConfigSchemas, type PipelineDefinition, type PipelineNode } from '@gathering/contract/pipeline-definition';
import type { Pipeline } from '@gathering/contract/pipelines';
import { Play, Trash } from 'lucide-react';
import { type ReactNode, useMemo, useState } from 'react';
import { useMay } from '../../lib/may.ts';
import { type FormField, fieldOfZod, fieldsOf } from '../../lib/schema-fields.ts';
import { Button } from '../../ui/button.tsx';
import { Field, Input } from '../../ui/input.tsx';
import { type DrawField, type FormContext, SchemaField, SchemaForm } from '../../ui/schema-form.tsx';
import { Sentence } from '../../ui/sentence.tsx';
import type { Edit } from './edit-graph.ts';
import { faultsByPath } from './faults-of-node.ts';
import { listReferences, namesOfPlace } from './list-references.ts';
import { NodeConnections } from './node-connections.tsx';
import { BranchesField, pickers } from './node-fields.tsx';
import { NodePolicyForm } from './node-policy-form.tsx';
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

const rowsOf: Record<string, number> = {
  task: 7,
  expression: 3,
  items: 2,
  match: 2,
  key: 1,
  title: 1,
  url: 1,
  until: 1,
};
/** The whole text is one. */
const expressionPaths = new Set(['expression', 'items', 'match']);

function useDraw({ node, definition, known }: NodeFormProps, context: () => FormContext): DrawField {
  const references = useMemo(() => listReferences(definition, node.id), [definition, node.id]);
  const tool = known.skills.flatMap((skill) => skill.tools).find((one) => one.name === node.config.tool);
  const drawArguments = (value: unknown, onChange: (value: unknown) => void): ReactNode | null => {
    const fields = fieldsOf(tool?.inputSchema);
    if (!tool || fields.length === 0) return null;
    return (
      <div className="flex flex-col gap-3 border-l-2 border-line pl-3">
        <p className="text-xs text-ink-3">
          <Sentence text={tool.description} />
        </p>
        <SchemaForm fields={fields} path="arguments" value={value} onChange={onChange} context={context()} />
      </div>
    );
  };
  return (field, path, binding, value, onChange) => {
    const Picker = pickers.get(path);
    if (Picker) return <Picker binding={binding} value={value} onChange={onChange} known={known} />;
    if (path === 'branches')
      return <BranchesField value={value} onChange={onChange} references={references} faultOf={context().faultOf} />;
    if (path === 'arguments') return drawArguments(value, onChange);
    const isArgument = path.startsWith('arguments.');
    if (field.kind !== 'text' || !(field.isLong || isArgument)) return null;
    return (
      <TemplateField
        binding={binding}
        value={typeof value === 'string' ? value : ''}
        onChange={(next) => onChange(next === '' && field.optional ? undefined : next)}
        references={[...namesOfPlace(node.type, path), ...(path === 'match' ? [] : references)]}
        isExpression={expressionPaths.has(path)}
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
  const found = useMemo(() => faultsByPath(faults, 'config'), [faults]);
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
      <NodePolicyForm node={node} faults={faults} dispatch={dispatch} />
      <NodeConnections node={node} definition={definition} dispatch={dispatch} />
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

// Fields of a node's form that know what exists: agents, tools, pipelines, types of events, and the branches of a condition.
// biome-ignore-all lint/suspicious/noArrayIndexKey: branches have no identity but their place
import { eventTypeNames } from '@gathering/contract/events';
import { maxBranches } from '@gathering/contract/flow-nodes';
import { Plus, X } from 'lucide-react';
import type { ComponentType } from 'react';
import { Button, IconButton } from '../../ui/button.tsx';
import { Field, type FieldBinding, Input } from '../../ui/input.tsx';
import { Select } from '../../ui/select.tsx';
import type { Reference } from './list-references.ts';
import { TemplateField } from './template-field.tsx';
import type { KnownThings } from './use-known-things.ts';

interface PickerProps {
  readonly binding: FieldBinding;
  readonly value: unknown;
  readonly onChange: (value: unknown) => void;
  readonly known: KnownThings;
}

function ToolPicker({ binding, value, onChange, known }: PickerProps) {
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

function AgentPicker({ binding, value, onChange, known }: PickerProps) {
  const options = known.agents.map((agent) => ({ value: agent.handle, label: agent.name }));
  // A file may name an agent by its id: it is shown as the agent that it is.
  const named = known.agents.find((agent) => agent.id === value)?.handle ?? String(value ?? '');
  return <Select {...binding} value={named} placeholder="Choose an agent…" onChange={onChange} options={options} />;
}

function PipelinePicker({ binding, value, onChange, known }: PickerProps) {
  const options = known.pipelines.map(({ id, name }) => ({ value: id, label: name }));
  return (
    <Select
      {...binding}
      value={String(value ?? '')}
      placeholder="Choose a pipeline…"
      onChange={onChange}
      options={options}
    />
  );
}

function EventPicker({ binding, value, onChange }: PickerProps) {
  const options = eventTypeNames.map((name) => ({ value: name, label: name, group: name.split('.')[0] ?? '' }));
  return (
    <Select
      {...binding}
      value={String(value ?? '')}
      placeholder="Choose an event…"
      onChange={onChange}
      options={options}
    />
  );
}

/** Drawn in place of a text, by the path of the field. */
export const pickers: ReadonlyMap<string, ComponentType<PickerProps>> = new Map([
  ['agentId', AgentPicker],
  ['tool', ToolPicker],
  ['pipelineId', PipelinePicker],
  ['event', EventPicker],
]);

interface BranchesFieldProps {
  readonly value: unknown;
  readonly onChange: (value: unknown) => void;
  readonly references: readonly Reference[];
  readonly faultOf: (path: string) => string | undefined;
}

interface Branch {
  readonly name: string;
  readonly expression: string;
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const readBranch = (one: unknown): Branch => {
  const { name, expression } = one !== null && typeof one === 'object' ? (one as Partial<Branch>) : {};
  return { name: textOf(name), expression: textOf(expression) };
};

export function BranchesField({ value, onChange, references, faultOf }: BranchesFieldProps) {
  const branches = Array.isArray(value) ? value.map(readBranch) : [];
  const change = (at: number, part: Partial<Branch>): void =>
    onChange(branches.map((one, place) => (place === at ? { ...one, ...part } : one)));
  return (
    <div className="flex flex-col gap-3">
      {branches.map((branch, at) => (
        <fieldset key={at} className="flex flex-col gap-2 border-l-2 border-line pl-3">
          <legend className="sr-only">Branch {at + 1}</legend>
          <div className="flex items-end gap-1">
            <div className="flex-1">
              <Field label={`Name of branch ${at + 1}`} fault={faultOf(`branches.${at}.name`)}>
                {(binding) => (
                  <Input
                    {...binding}
                    value={branch.name}
                    onChange={(next) => change(at, { name: next.target.value })}
                  />
                )}
              </Field>
            </div>
            <IconButton
              icon={X}
              name={`Remove branch ${at + 1}`}
              onClick={() => onChange(branches.filter((_, place) => place !== at))}
            />
          </div>
          <Field label="Taken when" fault={faultOf(`branches.${at}.expression`)}>
            {(binding) => (
              <TemplateField
                binding={binding}
                value={branch.expression}
                onChange={(expression) => change(at, { expression })}
                references={references}
                isExpression
                rows={2}
              />
            )}
          </Field>
        </fieldset>
      ))}
      {branches.length < maxBranches && (
        <Button
          icon={Plus}
          look="quiet"
          className="self-start"
          onClick={() => onChange([...branches, { name: `branch${branches.length + 1}`, expression: '' }])}
        >
          Add a branch
        </Button>
      )}
    </div>
  );
}

// Draws the fields that a schema asks for. Values stay with the caller; a feature may draw a field its own way.
// biome-ignore-all lint/suspicious/noArrayIndexKey: the parts have no identity but their place
import { Plus, X } from 'lucide-react';
import type { ReactNode } from 'react';
import { beginVariant, type FormField, variantIndexOf } from '../lib/schema-fields.ts';
import { Button, IconButton } from './button.tsx';
import { Field, type FieldBinding, Input, TextArea } from './input.tsx';
import { JsonField } from './json-field.tsx';
import { Select } from './select.tsx';

type Value = Readonly<Record<string, unknown>>;

/** Draws one field; null leaves it to the form. */
export type DrawField = (
  field: FormField,
  path: string,
  binding: FieldBinding,
  value: unknown,
  onChange: (value: unknown) => void,
) => ReactNode | null;

export interface FormContext {
  readonly faultOf: (path: string) => string | undefined;
  readonly onTouch?: (path: string) => void;
  readonly draw?: DrawField;
  /** Texts may hold `{{ expression }}`, also where a number is asked for. */
  readonly templates?: boolean;
}

interface ControlProps {
  readonly field: FormField;
  readonly path: string;
  readonly value: unknown;
  readonly onChange: (value: unknown) => void;
  readonly context: FormContext;
  readonly binding: FieldBinding;
}

function NumberInput({ field, value, onChange, context, binding }: ControlProps) {
  const limits = field.kind === 'number' ? { min: field.min, max: field.max, step: field.isWhole ? 1 : 'any' } : {};
  const read = (text: string): unknown => {
    if (text.trim() === '') return undefined;
    const number = Number(text);
    return Number.isNaN(number) ? text : number;
  };
  return (
    <Input
      {...binding}
      {...(context.templates ? {} : { type: 'number', ...limits })}
      inputMode="decimal"
      className="tabular-nums"
      value={value === undefined || value === null ? '' : String(value)}
      onChange={(change) => onChange(read(change.target.value))}
    />
  );
}

function ListInput({ value, onChange, binding, of }: ControlProps & { readonly of: 'text' | 'number' }) {
  const items = Array.isArray(value) ? value : [];
  const read = (text: string): unknown =>
    of === 'number' && text.trim() !== '' && !Number.isNaN(Number(text)) ? Number(text) : text;
  const set = (next: unknown[]): void => onChange(next.length === 0 ? undefined : next);
  return (
    <div className="flex flex-col gap-1">
      {items.map((item, index) => (
        <div key={`${index}`} className="flex gap-1">
          <Input
            {...(index === 0 ? binding : { 'aria-label': `Item ${index + 1}` })}
            value={String(item ?? '')}
            onChange={(change) =>
              set(items.map((one, position) => (position === index ? read(change.target.value) : one)))
            }
          />
          <IconButton
            icon={X}
            name={`Remove item ${index + 1}`}
            onClick={() => set(items.filter((_, position) => position !== index))}
          />
        </div>
      ))}
      <Button
        {...(items.length === 0 ? { id: binding.id } : {})}
        icon={Plus}
        look="quiet"
        className="self-start"
        onClick={() => onChange([...items, ''])}
      >
        Add
      </Button>
    </div>
  );
}

function PairsInput({ value, onChange, binding }: ControlProps) {
  const pairs = value !== null && typeof value === 'object' ? Object.entries(value) : [];
  const set = (next: [string, unknown][]): void => onChange(next.length === 0 ? undefined : Object.fromEntries(next));
  return (
    <div className="flex flex-col gap-1">
      {pairs.map(([name, text], index) => (
        <div key={`${index}`} className="flex gap-1">
          <Input
            aria-label={`Name ${index + 1}`}
            className="basis-2/5"
            value={name}
            onChange={(change) =>
              set(pairs.map((pair, position) => (position === index ? [change.target.value, text] : pair)))
            }
          />
          <Input
            aria-label={`Value of ${name}`}
            value={String(text ?? '')}
            onChange={(change) =>
              set(pairs.map((pair, position) => (position === index ? [name, change.target.value] : pair)))
            }
          />
          <IconButton
            icon={X}
            name={`Remove ${name}`}
            onClick={() => set(pairs.filter((_, position) => position !== index))}
          />
        </div>
      ))}
      <Button id={binding.id} icon={Plus} look="quiet" className="self-start" onClick={() => set([...pairs, ['', '']])}>
        Add
      </Button>
    </div>
  );
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : JSON.stringify(value);
}

function Control(props: ControlProps) {
  const { field, value, onChange, binding, context, path } = props;
  const own = context.draw?.(field, path, binding, value, onChange);
  if (own !== null && own !== undefined) return own;
  switch (field.kind) {
    case 'text': {
      const text = {
        ...binding,
        placeholder: field.example,
        value: textOf(value),
        onBlur: () => context.onTouch?.(path),
      };
      const read = (next: string): unknown => (next === '' && field.optional ? undefined : next);
      return field.isLong ? (
        <TextArea {...text} onChange={(change) => onChange(read(change.target.value))} />
      ) : (
        <Input {...text} onChange={(change) => onChange(read(change.target.value))} />
      );
    }
    case 'number':
      return <NumberInput {...props} />;
    case 'choice':
      return (
        <Select
          {...binding}
          value={value === undefined || value === null ? '' : String(value)}
          placeholder={field.optional ? 'As usual' : undefined}
          options={[
            ...(field.optional ? [{ value: '', label: 'As usual' }] : []),
            ...field.options.map((one) => ({ value: String(one), label: String(one) })),
          ]}
          onChange={(next) =>
            onChange(next === '' ? undefined : (field.options.find((one) => String(one) === next) ?? next))
          }
        />
      );
    case 'list':
      return <ListInput {...props} of={field.of} />;
    case 'pairs':
      return <PairsInput {...props} />;
    default:
      return <JsonField binding={binding} value={value} onChange={onChange} />;
  }
}

interface SchemaFieldProps {
  readonly field: FormField;
  readonly path: string;
  readonly value: unknown;
  readonly onChange: (value: unknown) => void;
  readonly context: FormContext;
}

export function SchemaField({ field, path, value, onChange, context }: SchemaFieldProps) {
  if (field.kind === 'switch') {
    return (
      <label className="flex items-center gap-2 text-sm">
        <input
          type="checkbox"
          className="accent-accent"
          checked={value === true}
          onChange={(change) => onChange(change.target.checked)}
        />
        {field.label}
        {field.hint && <span className="text-xs text-ink-3">{field.hint}</span>}
      </label>
    );
  }
  if (field.kind === 'group') {
    return (
      <fieldset className="flex flex-col gap-3 border-l-2 border-line pl-3">
        <legend className="mb-2 -ml-3 text-sm font-medium">{field.label}</legend>
        <SchemaForm fields={field.fields} path={path} value={value} onChange={onChange} context={context} />
      </fieldset>
    );
  }
  if (field.kind === 'variants')
    return <VariantsField field={field} path={path} value={value} onChange={onChange} context={context} />;
  return (
    <Field label={field.label} hint={field.hint || undefined} optional={field.optional} fault={context.faultOf(path)}>
      {(binding) => (
        <Control field={field} path={path} value={value} onChange={onChange} context={context} binding={binding} />
      )}
    </Field>
  );
}

function VariantsField({ field, path, value, onChange, context }: SchemaFieldProps) {
  if (field.kind !== 'variants') return null;
  const index = variantIndexOf(field.variants, value);
  const variant = field.variants[index];
  return (
    <>
      <Field
        label={field.name === '' ? 'Kind' : field.label}
        hint={field.hint || undefined}
        fault={context.faultOf(path)}
      >
        {(binding) => (
          <Select
            {...binding}
            value={String(index)}
            options={field.variants.map((one, position) => ({ value: String(position), label: one.label }))}
            onChange={(next) => {
              const chosen = field.variants[Number(next)];
              if (chosen) onChange(beginVariant(chosen, value));
            }}
          />
        )}
      </Field>
      {variant && (
        <SchemaForm fields={variant.fields} path={path} value={value} onChange={onChange} context={context} />
      )}
    </>
  );
}

interface SchemaFormProps {
  readonly fields: readonly FormField[];
  readonly value: unknown;
  readonly onChange: (value: Value) => void;
  readonly context: FormContext;
  readonly path?: string;
}

export function SchemaForm({ fields, value, onChange, context, path = '' }: SchemaFormProps) {
  const object: Value = value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Value) : {};
  return fields.map((field) => (
    <SchemaField
      key={field.name}
      field={field}
      path={path === '' ? field.name : `${path}.${field.name}`}
      value={object[field.name]}
      context={context}
      onChange={(next) => {
        const { [field.name]: _, ...rest } = object;
        onChange(next === undefined ? rest : { ...object, [field.name]: next });
      }}
    />
  ));
}

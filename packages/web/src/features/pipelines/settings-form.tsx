// What holds for each run of a pipeline: its time, its turn, its priority.
import { type RunSettings, runSettingsSchema } from '@gathering/contract/pipeline-definition';
import { useState } from 'react';
import { fieldsOfZod } from '../../lib/schema-fields.ts';
import { SchemaForm } from '../../ui/schema-form.tsx';

const fields = fieldsOfZod(runSettingsSchema);
const nameOf: Record<string, string> = {
  timeoutSeconds: 'Time limit in seconds',
  concurrencyKey: 'Concurrency key',
  concurrencyLimit: 'At once with one key',
  priority: 'Priority',
};

/** What differs where they are said for one run. */
const hintsOfOne: Record<string, string> = {
  concurrencyKey: 'Runs of this pipeline with the same key take turns. As it stands, without expressions.',
};

interface SettingsFormProps {
  /** For the one run that is about to start, not for each of a pipeline. */
  readonly isOneRun?: boolean;
  readonly value: RunSettings | undefined;
  readonly faultOf?: (name: string) => string | undefined;
  readonly onChange: (value: RunSettings | undefined) => void;
}

/** Closed while nothing is set: most pipelines need none of it. */
export function SettingsForm({ isOneRun = false, value, faultOf = () => undefined, onChange }: SettingsFormProps) {
  const [isOpen, setOpen] = useState(value !== undefined);
  const change = (next: unknown): void => {
    const given = (next ?? {}) as Record<string, unknown>;
    const set = fields.flatMap(({ name }) =>
      given[name] === undefined || given[name] === '' ? [] : [[name, given[name]] as const],
    );
    onChange(set.length === 0 ? undefined : (Object.fromEntries(set) as RunSettings));
  };
  return (
    <details open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="cursor-default text-sm font-medium">
        {isOneRun ? 'This run' : 'Each run'}: time, turns, priority
      </summary>
      <div className="flex flex-col gap-3 pt-3">
        <SchemaForm
          fields={fields.map((field) => ({
            ...field,
            label: nameOf[field.name] ?? field.label,
            hint: (isOneRun && hintsOfOne[field.name]) || field.hint,
          }))}
          value={value ?? {}}
          onChange={change}
          context={{ faultOf }}
        />
      </div>
    </details>
  );
}

// The project that the runs of a trigger belong to.
import { listProjectsRoute } from '@gathering/contract/projects';
import { useRead } from '../../lib/query.ts';
import { Field } from '../../ui/input.tsx';
import { Select } from '../../ui/select.tsx';

interface TriggerProjectProps {
  readonly value: string | null;
  readonly fault?: string;
  readonly onChange: (id: string | null) => void;
}

export function TriggerProject({ value, fault, onChange }: TriggerProjectProps) {
  const projects = useRead(listProjectsRoute, { query: { limit: 200 } });
  return (
    <Field
      label="Project"
      fault={fault}
      hint="Its members see the runs; file and git tools are confined to its folder."
    >
      {(binding) => (
        <Select
          {...binding}
          value={value ?? ''}
          onChange={(id) => onChange(id === '' ? null : id)}
          options={[
            { value: '', label: 'No project' },
            ...(projects.data?.items ?? []).map(({ id, name }) => ({ value: id, label: name })),
          ]}
        />
      )}
    </Field>
  );
}

// Making an API key, and the one moment in which it is shown.
import { createApiKeyRoute } from '@gathering/contract/auth';
import { keyScopes } from '@gathering/contract/permissions';
import { useState } from 'react';
import { useMay } from '../../lib/may.ts';
import { useAct } from '../../lib/query.ts';
import { useForm } from '../../lib/use-form.ts';
import { Button } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorBox } from '../../ui/error-box.tsx';
import { Field, Input } from '../../ui/input.tsx';
import { Select } from '../../ui/select.tsx';

type Scope = (typeof keyScopes)[number];

const lives = [
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '365', label: 'A year' },
  { value: '', label: 'Without end' },
] as const;
const dayMs = 86_400_000;

interface ScopesProps {
  readonly offered: readonly Scope[];
  /** Null: all. */
  readonly chosen: readonly Scope[] | null;
  readonly onChange: (chosen: Scope[] | null) => void;
}

const areaOf = (scope: Scope): string => scope.split('.', 1)[0] ?? scope;

function Scopes({ offered, chosen, onChange }: ScopesProps) {
  const areas = [...new Set(offered.map(areaOf))];
  const toggle = (scope: Scope, isOn: boolean): void => {
    const others = (chosen ?? []).filter((one) => one !== scope);
    onChange(isOn ? [...others, scope] : others);
  };
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1 text-sm font-medium">What it may do</legend>
      <label className="flex items-center gap-2 text-sm">
        <input
          type="radio"
          name="reach"
          className="accent-accent"
          checked={chosen === null}
          onChange={() => onChange(null)}
        />
        All that I may, now and later
      </label>
      <label className="flex items-center gap-2 text-sm">
        <input
          type="radio"
          name="reach"
          className="accent-accent"
          checked={chosen !== null}
          onChange={() => onChange([])}
        />
        Only what I choose
      </label>
      {chosen !== null && (
        <ul className="flex flex-col gap-1 pl-6 text-xs">
          {areas.map((area) => (
            <li key={area} className="grid grid-cols-[7rem_repeat(3,1fr)] items-center">
              <span aria-hidden className="text-ink-2">
                {area}
              </span>
              {offered
                .filter((scope) => areaOf(scope) === area)
                .map((scope) => (
                  <label key={scope} className="flex items-center gap-2">
                    <input
                      type="checkbox"
                      className="accent-accent"
                      aria-label={scope}
                      checked={chosen.includes(scope)}
                      onChange={({ target }) => toggle(scope, target.checked)}
                    />
                    {scope.slice(area.length + 1)}
                  </label>
                ))}
            </li>
          ))}
        </ul>
      )}
    </fieldset>
  );
}

interface NewKeyProps {
  readonly onClose: () => void;
  readonly onMade: (key: string) => void;
}

export function NewKeyDialog({ onClose, onMade }: NewKeyProps) {
  const may = useMay();
  const [life, setLife] = useState<string>('90');
  const form = useForm(createApiKeyRoute.body.pick({ name: true, scopes: true }), {
    name: '',
    scopes: null as Scope[] | null,
  });
  const create = useAct(createApiKeyRoute, {
    refreshes: ['auth.list-api-keys'],
    onDone: ({ key }) => onMade(key),
  });
  const send = (): void =>
    form.send((body) => {
      const expiresAt = life === '' ? null : new Date(Date.now() + Number(life) * dayMs).toISOString();
      create.mutate({ body: { ...body, expiresAt } }, { onError: form.refuse });
    });
  return (
    <Dialog
      open
      onClose={onClose}
      title="New API key"
      description="For a program that works in your name, without your password."
      onSubmit={send}
      footer={
        <>
          <Button onClick={onClose}>Discard</Button>
          <Button look="primary" type="submit" busy={create.isPending}>
            Make the key
          </Button>
        </>
      }
    >
      <div ref={form.form} className="flex flex-col gap-3">
        {create.error && <ErrorBox error={create.error} />}
        <Field label="Name" hint="What uses it, so that you know it again." fault={form.faultOf('name')}>
          {(binding) => (
            <Input
              {...binding}
              value={form.value.name}
              onBlur={() => form.touch('name')}
              onChange={({ target }) => form.change({ name: target.value })}
            />
          )}
        </Field>
        <Field label="Valid for">
          {(binding) => <Select {...binding} value={life} options={lives} onChange={setLife} />}
        </Field>
        <Scopes
          offered={keyScopes.filter(may)}
          chosen={form.value.scopes}
          onChange={(scopes) => form.change({ scopes })}
        />
        {form.faultOf('scopes') && (
          <p role="alert" className="text-xs text-bad">
            Choose at least one.
          </p>
        )}
      </div>
    </Dialog>
  );
}

export function MadeKeyDialog({ apiKey, onClose }: { readonly apiKey: string; readonly onClose: () => void }) {
  return (
    <Dialog
      open
      onClose={onClose}
      title="Copy the key now"
      lasting
      description="It is shown this one time. Whoever has it acts in your name."
      footer={
        <Button look="primary" onClick={onClose}>
          I have it
        </Button>
      }
    >
      <div className="flex items-center gap-2 rounded-md border border-line bg-sunken p-2">
        <code className="min-w-0 flex-1 font-mono text-xs break-all">{apiKey}</code>
        <CopyButton text={apiKey} name="Copy the key" />
      </div>
    </Dialog>
  );
}

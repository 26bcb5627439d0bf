// Adding or changing a model provider. A key is written and never read back: an empty field keeps the one that is there.
import {
  changeProviderRoute,
  createProviderRoute,
  type Provider,
  type ProviderKind,
  providerKinds,
} from '@gathering/contract/providers';
import { Plus, X } from 'lucide-react';
import { useAct } from '../../lib/query.ts';
import { useForm } from '../../lib/use-form.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorBox } from '../../ui/error-box.tsx';
import { Field, Input } from '../../ui/input.tsx';
import { Select } from '../../ui/select.tsx';
import { kindNames, needsKey } from './kinds.ts';

type ModelRow = {
  id: string;
  price?: { inputUsdPerMillion: number; outputUsdPerMillion: number; cachedInputUsdPerMillion?: number } | null;
};

const addressHints: Partial<Record<ProviderKind, string>> = {
  ollama: 'http://127.0.0.1:11434 unless given.',
  'openai-compatible': 'Where it listens, for example http://127.0.0.1:8000/v1.',
};

const kinds = providerKinds.filter((kind) => kind !== 'offline');

function firstValues(provider: Provider | undefined) {
  return {
    name: provider?.name ?? 'anthropic',
    kind: kinds.find((kind) => kind === provider?.kind) ?? 'anthropic',
    baseUrl: provider?.baseUrl ?? (undefined as string | undefined),
    apiKey: undefined as string | undefined,
    models: (provider?.models ?? []).map(
      (model): ModelRow => ({ id: model.id, ...(model.priceSource === 'owner' ? { price: model.price } : {}) }),
    ),
  };
}

function ModelRows({
  rows,
  onChange,
}: {
  readonly rows: readonly ModelRow[];
  readonly onChange: (rows: ModelRow[]) => void;
}) {
  const set = (index: number, row: ModelRow): void =>
    onChange(rows.map((one, position) => (position === index ? row : one)));
  const price = (row: ModelRow, key: 'inputUsdPerMillion' | 'outputUsdPerMillion', text: string): ModelRow => {
    const other =
      key === 'inputUsdPerMillion' ? (row.price?.outputUsdPerMillion ?? 0) : (row.price?.inputUsdPerMillion ?? 0);
    if (text === '' && other === 0) return { id: row.id };
    return { ...row, price: { inputUsdPerMillion: 0, outputUsdPerMillion: 0, ...row.price, [key]: Number(text) } };
  };
  return (
    <fieldset className="flex flex-col gap-1.5">
      <legend className="mb-1 text-sm font-medium">Models</legend>
      <p className="text-xs text-ink-3">
        Leave this empty for the ones that are known. A price given here wins over the list price; US dollars per
        million tokens.
      </p>
      {rows.map((row, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a row has no identity but its place while its id is typed
        <div key={index} className="flex gap-1.5">
          <Input
            aria-label={`Model ${index + 1}`}
            placeholder="model id"
            className="font-mono text-xs"
            value={row.id}
            onChange={({ target }) => set(index, { ...row, id: target.value })}
          />
          <Input
            aria-label="Price in"
            placeholder="in"
            type="number"
            step="any"
            min={0}
            className="!w-24"
            value={row.price?.inputUsdPerMillion ?? ''}
            onChange={({ target }) => set(index, price(row, 'inputUsdPerMillion', target.value))}
          />
          <Input
            aria-label="Price out"
            placeholder="out"
            type="number"
            step="any"
            min={0}
            className="!w-24"
            value={row.price?.outputUsdPerMillion ?? ''}
            onChange={({ target }) => set(index, price(row, 'outputUsdPerMillion', target.value))}
          />
          <IconButton
            icon={X}
            name={`Remove model ${row.id}`}
            onClick={() => onChange(rows.filter((_, position) => position !== index))}
          />
        </div>
      ))}
      <Button icon={Plus} look="quiet" className="self-start" onClick={() => onChange([...rows, { id: '' }])}>
        Add a model
      </Button>
    </fieldset>
  );
}

export function ProviderDialog({ provider, onClose }: { readonly provider?: Provider; readonly onClose: () => void }) {
  const form = useForm(createProviderRoute.body, firstValues(provider));
  const create = useAct(createProviderRoute, { refreshes: ['providers.list'], onDone: onClose });
  const change = useAct(changeProviderRoute, { refreshes: ['providers.list'], onDone: onClose });
  const error = create.error ?? change.error;
  const { kind, name, baseUrl, apiKey, models } = form.value;
  const send = (): void => {
    form.send((body) => {
      if (provider) {
        const { kind: _, ...rest } = body;
        change.mutate(
          { params: { id: provider.id }, body: { ...rest, baseUrl: body.baseUrl ?? null } },
          { onError: form.refuse },
        );
      } else
        create.mutate(
          { body: { ...body, models: body.models?.length ? body.models : undefined } },
          { onError: form.refuse },
        );
    });
  };
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={provider ? `Edit ${provider.name}` : 'Add a model provider'}
      onSubmit={send}
      footer={
        <>
          <Button onClick={onClose}>Discard</Button>
          <Button look="primary" type="submit" busy={create.isPending || change.isPending}>
            {provider ? 'Save' : 'Add provider'}
          </Button>
        </>
      }
    >
      <div ref={form.form} className="flex flex-col gap-3">
        {error && <ErrorBox error={error} />}
        <div className="grid gap-3 sm:grid-cols-2">
          <Field label="Kind" fault={form.faultOf('kind')}>
            {(binding) => (
              <Select
                {...binding}
                disabled={provider !== undefined}
                value={kind}
                options={kinds.map((one) => ({ value: one, label: kindNames[one] }))}
                onChange={(next) => {
                  const chosen = kinds.find((one) => one === next) ?? kind;
                  form.change({ kind: chosen, ...(name === kind ? { name: chosen } : {}) });
                }}
              />
            )}
          </Field>
          <Field label="Name" hint="Agents and settings refer to it by this." fault={form.faultOf('name')}>
            {(binding) => (
              <Input
                {...binding}
                value={name}
                onBlur={() => form.touch('name')}
                onChange={({ target }) => form.change({ name: target.value })}
              />
            )}
          </Field>
        </div>
        <Field
          label="API key"
          optional={!needsKey[kind]}
          hint={
            provider?.keyHint
              ? `One is stored, ending in ${provider.keyHint}. Leave this empty to keep it; another address needs it anew.`
              : 'Stored sealed on this machine; never shown again.'
          }
          fault={form.faultOf('apiKey')}
        >
          {(binding) => (
            <Input
              {...binding}
              type="password"
              autoComplete="off"
              value={apiKey ?? ''}
              onChange={({ target }) => form.change({ apiKey: target.value || undefined })}
            />
          )}
        </Field>
        <Field
          label="Address"
          optional={kind !== 'openai-compatible'}
          hint={addressHints[kind] ?? "The vendor's own unless given."}
          fault={form.faultOf('baseUrl')}
        >
          {(binding) => (
            <Input
              {...binding}
              type="url"
              value={baseUrl ?? ''}
              onBlur={() => form.touch('baseUrl')}
              onChange={({ target }) => form.change({ baseUrl: target.value || undefined })}
            />
          )}
        </Field>
        <ModelRows rows={models} onChange={(next) => form.change({ models: next })} />
      </div>
    </Dialog>
  );
}

// What an owner changes while the server runs, and what this server is.
import {
  changeSettingsRoute,
  readInstanceRoute,
  readSettingsRoute,
  settingsSchema,
} from '@gathering/contract/operations';
import { listProvidersRoute } from '@gathering/contract/providers';
import type { FormEvent } from 'react';
import { Link } from 'react-router';
import type * as z from 'zod';
import { formatBytes } from '../../lib/format.ts';
import { useMay } from '../../lib/may.ts';
import { useAct, useRead } from '../../lib/query.ts';
import { useStore } from '../../lib/store.ts';
import { chooseTheme, theme, themes } from '../../lib/theme.ts';
import { useForm } from '../../lib/use-form.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorBox, PageError } from '../../ui/error-box.tsx';
import { Field, Input } from '../../ui/input.tsx';
import { Page, Panel, Section } from '../../ui/page.tsx';
import { Select } from '../../ui/select.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { Ago } from '../../ui/time.tsx';
import { tell } from '../../ui/toast.tsx';

type Settings = z.infer<typeof settingsSchema>;

const themeNames = { system: 'As the system', light: 'Light', dark: 'Dark' } as const;

function Server({ settings }: { readonly settings: Settings }) {
  const mayChange = useMay()('operations.write');
  const providers = useRead(listProvidersRoute, {}).data?.items ?? [];
  const form = useForm(settingsSchema, settings);
  const change = useAct(changeSettingsRoute, {
    refreshes: ['operations.read-settings'],
    onDone: (next) => {
      form.reset(next);
      tell('Settings saved');
    },
  });
  const { defaultModel, eventRetentionDays, runRetentionDays, selfRegistration } = form.value;
  const models = providers
    .filter((provider) => provider.enabled)
    .flatMap((provider) =>
      provider.models.map((model) => ({
        value: JSON.stringify([provider.name, model.id]),
        label: model.id,
        group: provider.name,
      })),
    );
  const isDirty = JSON.stringify(form.value) !== JSON.stringify(settings);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    form.send((body) => change.mutate({ body }, { onError: form.refuse }));
  };
  return (
    <form onSubmit={submit} noValidate>
      <div ref={form.form} className="p-4">
        <fieldset disabled={!mayChange} className="flex flex-col gap-4">
          {!mayChange && <p className="text-sm text-ink-2">Your role may look at these, not change them.</p>}
          {change.error && <ErrorBox error={change.error} />}
          <Field
            label="Default model"
            fault={form.faultOf('defaultModel')}
            hint={
              <>
                Used by agents that name none. Providers and keys are on{' '}
                <Link to="/models" className="text-accent-ink underline">
                  Models
                </Link>
                .
              </>
            }
          >
            {(binding) => (
              <Select
                {...binding}
                value={JSON.stringify([defaultModel.provider, defaultModel.model])}
                options={models}
                onChange={(next) => {
                  const [provider, model] = JSON.parse(next) as [string, string];
                  form.change({ defaultModel: { provider, model } });
                }}
              />
            )}
          </Field>
          <p className="text-sm text-ink-2">
            The server tidies up by itself: what is older than these limits is removed for good, so that its data does
            not grow for ever. Pipelines, agents, projects, chats, the audit and counted costs always stay, and so do
            runs that have not ended.
          </p>
          <div className="grid gap-4 sm:grid-cols-2">
            <Field
              label="Keep events for, days"
              hint="What Activity shows. A tab that was away for longer reads everything anew."
              fault={form.faultOf('eventRetentionDays')}
            >
              {(binding) => (
                <Input
                  {...binding}
                  type="number"
                  min={1}
                  value={eventRetentionDays}
                  onChange={({ target }) => form.change({ eventRetentionDays: Number(target.value) })}
                />
              )}
            </Field>
            <Field
              label="Keep ended runs for, days"
              hint="Counted from their end. They go with inputs, outputs, steps and reports."
              fault={form.faultOf('runRetentionDays')}
            >
              {(binding) => (
                <Input
                  {...binding}
                  type="number"
                  min={1}
                  value={runRetentionDays}
                  onChange={({ target }) => form.change({ runRetentionDays: Number(target.value) })}
                />
              )}
            </Field>
          </div>
          <label className="flex items-start gap-2 text-sm">
            <input
              type="checkbox"
              className="mt-0.5 accent-accent"
              checked={selfRegistration}
              onChange={({ target }) => form.change({ selfRegistration: target.checked })}
            />
            <span>
              Let people register by themselves
              <span className="block text-xs text-ink-3">
                Whoever reaches this server may make an account and look around as a viewer. Off: by invitation only.
              </span>
            </span>
          </label>
          <div className="flex gap-2">
            <Button look="primary" type="submit" busy={change.isPending} disabled={!isDirty}>
              Save
            </Button>
            {isDirty && <Button onClick={() => form.reset(settings)}>Discard</Button>}
          </div>
        </fieldset>
      </div>
    </form>
  );
}

function Instance() {
  const instance = useRead(readInstanceRoute, {});
  if (instance.isPending)
    return (
      <div className="h-[9.5rem]">
        <SkeletonRows rows={3} />
      </div>
    );
  if (!instance.data)
    return (
      <div className="p-4">
        <ErrorBox error={instance.error} onRetry={() => void instance.refetch()} />
      </div>
    );
  const { version, database, databaseBytes, dataDir, startedAt } = instance.data;
  return (
    <dl className="grid grid-cols-[9rem_1fr] gap-y-1.5 p-4 text-sm">
      <dt className="text-ink-3">Version</dt>
      <dd className="tabular-nums">{version}</dd>
      <dt className="text-ink-3">Database</dt>
      <dd>
        {database === 'embedded' ? 'Embedded' : 'PostgreSQL server'}, {formatBytes(databaseBytes)}
      </dd>
      {dataDir && (
        <>
          <dt className="text-ink-3">Data folder</dt>
          <dd className="font-mono text-xs leading-5 break-all">{dataDir}</dd>
        </>
      )}
      <dt className="text-ink-3">Started</dt>
      <dd>
        <Ago at={startedAt} />
      </dd>
      <dt className="text-ink-3">API</dt>
      <dd>
        <a href="/api/docs" className="text-accent-ink underline">
          Reference of every route
        </a>
      </dd>
    </dl>
  );
}

export function SettingsPage() {
  const settings = useRead(readSettingsRoute, {});
  const chosen = useStore(theme);
  return (
    <Page title="Settings" lead="What applies to everybody on this server, and how it looks to you.">
      <div className="flex max-w-2xl flex-col gap-6 px-6 pb-8">
        <Section title="Server">
          {settings.error && !settings.data && (
            <PageError error={settings.error} onRetry={() => void settings.refetch()} />
          )}
          {settings.isPending && (
            <Panel className="h-[21.375rem]">
              <SkeletonRows rows={3} />
            </Panel>
          )}
          {settings.data && (
            <Panel>
              <Server key={JSON.stringify(settings.data)} settings={settings.data} />
            </Panel>
          )}
        </Section>
        <Section title="Appearance on this device">
          <Panel className="p-4">
            <fieldset className="flex gap-2">
              <legend className="mb-1.5 text-sm font-medium">Theme</legend>
              {themes.map((one) => (
                <label
                  key={one}
                  className="flex h-8 items-center gap-2 rounded-md border border-line px-3 text-sm hover:bg-hover has-checked:border-accent has-checked:bg-chosen"
                >
                  <input
                    type="radio"
                    name="theme"
                    className="accent-accent"
                    checked={chosen === one}
                    onChange={() => chooseTheme(one)}
                  />
                  {themeNames[one]}
                </label>
              ))}
            </fieldset>
            <p className="mt-3 text-xs text-ink-3">
              Times are shown in your zone, {Intl.DateTimeFormat().resolvedOptions().timeZone}; money in US dollars, as
              the providers bill it.
            </p>
          </Panel>
        </Section>
        <Section title="This server">
          <Panel>
            <Instance />
          </Panel>
        </Section>
      </div>
    </Page>
  );
}

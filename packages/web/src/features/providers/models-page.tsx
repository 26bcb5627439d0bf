// Models: which providers there are, whether they answer, what their models cost, and which one is the default.
import { changeSettingsRoute, readSettingsRoute } from '@gathering/contract/operations';
import { listBreakersRoute } from '@gathering/contract/operations-breakers';
import {
  changeProviderRoute,
  listProvidersRoute,
  type Provider,
  removeProviderRoute,
  testProviderRoute,
} from '@gathering/contract/providers';
import { CircleCheck, CircleX, Cpu, Ellipsis, Pencil, PlugZap, Plus, Power, Star, Trash } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'react-router';
import { useAddress } from '../../lib/address.ts';
import { formatDuration } from '../../lib/format.ts';
import { useMay } from '../../lib/may.ts';
import { useAct, useRead } from '../../lib/query.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Confirm } from '../../ui/dialog.tsx';
import { ErrorBox, PageError } from '../../ui/error-box.tsx';
import { Menu, MenuItem, MenuLine } from '../../ui/menu.tsx';
import { Page, Panel, Section } from '../../ui/page.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { StateBadge, Tag } from '../../ui/state-badge.tsx';
import { tellError } from '../../ui/toast.tsx';
import { kindNames } from './kinds.ts';
import { ProviderDialog } from './provider-dialog.tsx';
import { UsageTable } from './usage-table.tsx';

/** One reading for all providers. */
const vendorBreakers = { query: { kind: 'vendor', limit: 200 } } as const;

const priceWords = { catalogue: 'list price', owner: 'your price', free: 'free', unknown: 'price not known' } as const;

function perMillion(usd: number): string {
  return `$${usd.toLocaleString('en-US', { maximumFractionDigits: 4 })}`;
}

function Models({ provider }: { readonly provider: Provider }) {
  const may = useMay();
  const settings = useRead(readSettingsRoute, {}).data;
  const choose = useAct(changeSettingsRoute, { refreshes: ['operations.read-settings'] });
  if (provider.models.length === 0)
    return (
      <p className="px-4 py-2 text-sm text-ink-3">No model listed yet. Edit the provider to name some, or test it.</p>
    );
  return (
    <table className="w-full text-sm">
      <thead className="sr-only">
        <tr>
          <th>Model</th>
          <th>Price in</th>
          <th>Price out</th>
          <th>Default</th>
        </tr>
      </thead>
      <tbody className="divide-y divide-line">
        {provider.models.map((model) => {
          const isDefault =
            settings?.defaultModel.provider === provider.name && settings.defaultModel.model === model.id;
          return (
            <tr key={model.id} className="group h-9 hover:bg-hover">
              <td className="pl-4 font-mono text-xs">{model.id}</td>
              <td className="w-64 text-right text-xs text-ink-2 tabular-nums">
                {model.price && model.priceSource !== 'free' ? (
                  <>
                    {perMillion(model.price.inputUsdPerMillion)} in, {perMillion(model.price.outputUsdPerMillion)} out{' '}
                    <span className="text-ink-3">per million</span>
                  </>
                ) : null}
              </td>
              <td className="w-32 pr-4 text-right text-xs text-ink-3">{priceWords[model.priceSource]}</td>
              <td className="w-36 pr-4 text-right">
                {isDefault ? (
                  <StateBadge state="done" word="Default" />
                ) : (
                  provider.enabled &&
                  may('operations.write') && (
                    <Button
                      look="quiet"
                      icon={Star}
                      className="!h-7 opacity-0 focus-visible:opacity-100 group-hover:opacity-100"
                      aria-label={`Make ${model.id} the default`}
                      onClick={() =>
                        choose.mutate(
                          { body: { defaultModel: { provider: provider.name, model: model.id } } },
                          { onError: tellError },
                        )
                      }
                    >
                      Make default
                    </Button>
                  )
                )}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

interface ProviderPanelProps {
  readonly provider: Provider;
  readonly onEdit: () => void;
  readonly onRemove: () => void;
}

function TestResult({ test }: { readonly test: ReturnType<typeof useAct<typeof testProviderRoute>> }) {
  if (test.error)
    return (
      <div className="px-4 pb-3">
        <ErrorBox error={test.error} />
      </div>
    );
  if (!test.data) return null;
  const { ok, message, model, durationMs, answer } = test.data;
  const Icon = ok ? CircleCheck : CircleX;
  return (
    <p role="status" className="flex items-start gap-2 border-t border-line px-4 py-2 text-sm">
      <Icon size={15} aria-hidden className={ok ? 'mt-0.5 shrink-0 text-good' : 'mt-0.5 shrink-0 text-bad'} />
      <span>
        {message}{' '}
        <span className="text-ink-3">
          {model}, {formatDuration(durationMs)}
          {answer && <>: “{answer}”</>}
        </span>
      </span>
    </p>
  );
}

/** Nothing while calls pass. */
function VendorBreaker({ provider }: { readonly provider: string }) {
  const breaker = useRead(listBreakersRoute, vendorBreakers).data?.items.find(
    ({ target, state }) => target === `vendor/${provider}` && state !== 'closed',
  );
  if (breaker === undefined) return null;
  return (
    <Link to="/breakers?kind=vendor" title={`The last time: ${breaker.lastError}.`} className="inline-flex">
      <StateBadge state="open" word="Left alone: it keeps failing" />
    </Link>
  );
}

function ProviderPanel({ provider, onEdit, onRemove }: ProviderPanelProps) {
  const may = useMay();
  const test = useAct(testProviderRoute);
  const change = useAct(changeProviderRoute, { refreshes: ['providers.list'] });
  const isOffline = provider.kind === 'offline';
  return (
    <Panel>
      <div className="flex items-center gap-3 border-b border-line px-4 py-2.5">
        <Cpu size={16} aria-hidden className="text-ink-3" />
        <div className="min-w-0 flex-1">
          <h2 className="flex items-center gap-2 text-sm font-semibold">
            {isOffline ? 'Offline' : provider.name}
            <Tag>{isOffline ? 'built in' : kindNames[provider.kind]}</Tag>
            {!provider.enabled && <StateBadge state="disabled" />}
            <VendorBreaker provider={provider.name} />
          </h2>
          <p className="text-xs break-words text-ink-3">
            {isOffline
              ? 'Needs no key and no network. It picks tools by the words of the task and answers with extracts of what they return; it does not reason.'
              : [
                  provider.baseUrl ?? "the vendor's own address",
                  provider.keyHint ? `key ends in ${provider.keyHint}` : 'no key',
                ].join(' · ')}
          </p>
        </div>
        {may('providers.write') && (
          <Button
            icon={PlugZap}
            busy={test.isPending}
            disabled={!provider.enabled && !test.data}
            onClick={() => test.mutate({ params: { id: provider.id }, body: {} })}
          >
            Test
          </Button>
        )}
        {!provider.builtIn && may('providers.write') && (
          <Menu trigger={<IconButton icon={Ellipsis} name={`More for ${provider.name}`} size="small" />}>
            <MenuItem icon={Pencil} onSelect={onEdit}>
              Edit
            </MenuItem>
            <MenuItem
              icon={Power}
              onSelect={() =>
                change.mutate(
                  { params: { id: provider.id }, body: { enabled: !provider.enabled } },
                  { onError: tellError },
                )
              }
            >
              {provider.enabled ? 'Disable' : 'Enable'}
            </MenuItem>
            <MenuLine />
            <MenuItem icon={Trash} danger onSelect={onRemove}>
              Remove…
            </MenuItem>
          </Menu>
        )}
      </div>
      <Models provider={provider} />
      <TestResult test={test} />
    </Panel>
  );
}

export function ModelsPage() {
  const may = useMay();
  const providers = useRead(listProvidersRoute, {});
  const [isNew, setNew] = useAddress('new');
  const [editing, setEditing] = useState<Provider | null>(null);
  const [removing, setRemoving] = useState<Provider | null>(null);
  const remove = useAct(removeProviderRoute, { refreshes: ['providers.list'], onDone: () => setRemoving(null) });
  const items = providers.data?.items ?? [];
  const isOfflineOnly = providers.data !== undefined && items.every((provider) => provider.kind === 'offline');
  return (
    <Page
      title="Models"
      lead="Who answers for your agents, and what it costs. Keys are stored sealed and never shown again."
      actions={
        may('providers.write') && (
          <Button look="primary" icon={Plus} onClick={() => setNew('1')}>
            Add a provider
          </Button>
        )
      }
    >
      <div className="flex max-w-4xl flex-col gap-6 px-6 pb-8">
        {providers.isPending && <SkeletonRows rows={4} />}
        {providers.error && !providers.data && (
          <PageError error={providers.error} onRetry={() => void providers.refetch()} />
        )}
        {isOfflineOnly && (
          <p className="rounded-lg border border-line bg-surface p-4 text-sm text-ink-2">
            Everything runs now with the built-in offline model, without a key. Add a provider for answers that reason;
            Ollama on this machine is found by itself.
          </p>
        )}
        <div className="flex flex-col gap-3">
          {items.map((provider) => (
            <ProviderPanel
              key={provider.id}
              provider={provider}
              onEdit={() => setEditing(provider)}
              onRemove={() => setRemoving(provider)}
            />
          ))}
        </div>
        {providers.data && (
          <Section title="Use in the last 30 days">
            <UsageTable />
          </Section>
        )}
      </div>
      {isNew !== null && may('providers.write') && <ProviderDialog onClose={() => setNew(null)} />}
      {editing && <ProviderDialog provider={editing} onClose={() => setEditing(null)} />}
      <Confirm
        open={removing !== null}
        onClose={() => {
          remove.reset();
          setRemoving(null);
        }}
        title={`Remove ${removing?.name}?`}
        consequence="The provider goes with its key. What was counted as used stays."
        verb="Remove the provider"
        busy={remove.isPending}
        fault={remove.error && <ErrorBox error={remove.error} />}
        onConfirm={() => removing && remove.mutate({ params: { id: removing.id } })}
      />
    </Page>
  );
}

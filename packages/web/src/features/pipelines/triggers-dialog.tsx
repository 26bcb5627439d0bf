// What starts a pipeline without a person: its webhooks and the events that it follows, with when each did so last and why
// it could not.
import {
  changeTriggerRoute,
  listTriggersRoute,
  type NewTrigger,
  removeTriggerRoute,
  renewTriggerRoute,
  type Trigger,
} from '@gathering/contract/pipelines-triggers';
import { Ellipsis, KeyRound, Power, Radio, Trash, Webhook } from 'lucide-react';
import { useState } from 'react';
import { plural } from '../../lib/format.ts';
import { useMay } from '../../lib/may.ts';
import { useAct, useRead } from '../../lib/query.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Confirm, Dialog } from '../../ui/dialog.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorBox } from '../../ui/error-box.tsx';
import { Menu, MenuItem, MenuLine } from '../../ui/menu.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import { Ago } from '../../ui/time.tsx';
import { tellError } from '../../ui/toast.tsx';
import { NewEventTriggerDialog } from './new-event-trigger-dialog.tsx';
import { MadeWebhookDialog, NewWebhookDialog } from './new-webhook-dialog.tsx';

const kinds = { webhook: { icon: Webhook, word: 'Webhook' }, event: { icon: Radio, word: 'Event' } } as const;

function describe({ webhook, event }: Trigger): string {
  if (event !== null) return `${event.types.join(', ')}${event.filter === '' ? '' : ` where ${event.filter}`}`;
  if (webhook?.signed !== true) return 'unsigned: whoever knows the address can start it';
  return `signed, within ${webhook.replayWindowSeconds} s`;
}

interface RowProps {
  readonly trigger: Trigger;
  readonly mayChange: boolean;
  readonly onToggle: () => void;
  readonly onRenew: () => void;
  readonly onRemove: () => void;
}

function Row({ trigger, mayChange, onToggle, onRenew, onRemove }: RowProps) {
  const { icon: Icon, word } = kinds[trigger.kind];
  return (
    <li className="flex flex-col gap-0.5 border-b border-line py-2 text-sm last:border-b-0">
      <div className="flex items-center gap-2">
        <Icon size={14} aria-hidden className="shrink-0 text-ink-3" />
        <span className="truncate font-medium">{trigger.name}</span>
        <span className="text-xs text-ink-3">{word}</span>
        <StateBadge state={trigger.enabled ? 'enabled' : 'disabled'} word={trigger.enabled ? 'On' : 'Off'} />
        <span className="ml-auto shrink-0 text-xs text-ink-3">
          {trigger.lastFiredAt === null ? (
            'never started a run'
          ) : (
            <>
              {plural(trigger.firedCount, 'run')}, last <Ago at={trigger.lastFiredAt} />
            </>
          )}
        </span>
        {mayChange && (
          <Menu trigger={<IconButton icon={Ellipsis} name={`More for ${trigger.name}`} size="small" />}>
            <MenuItem icon={Power} onSelect={onToggle}>
              {trigger.enabled ? 'Switch off' : 'Switch on'}
            </MenuItem>
            {trigger.kind === 'webhook' && (
              <MenuItem icon={KeyRound} onSelect={onRenew}>
                New address and secret…
              </MenuItem>
            )}
            <MenuLine />
            <MenuItem icon={Trash} danger onSelect={onRemove}>
              Remove…
            </MenuItem>
          </Menu>
        )}
      </div>
      <p className="truncate pl-5 font-mono text-xs text-ink-2" title={describe(trigger)}>
        {describe(trigger)}
      </p>
      {trigger.lastRefusal && (
        <p className="pl-5 text-xs text-warn">
          Refused <Ago at={trigger.lastRefusal.at} />: {trigger.lastRefusal.reason}
        </p>
      )}
    </li>
  );
}

type Opened =
  | 'webhook'
  | 'event'
  | { readonly made: NewTrigger }
  | { readonly ask: 'renew' | 'remove'; readonly trigger: Trigger };

interface AskProps {
  readonly pipelineId: string;
  readonly ask: 'renew' | 'remove';
  readonly trigger: Trigger;
  readonly onClose: () => void;
  readonly onMade: (made: NewTrigger) => void;
}

function Ask({ pipelineId, ask, trigger, onClose, onMade }: AskProps) {
  const refreshes = ['pipelines.list-triggers'];
  const remove = useAct(removeTriggerRoute, { refreshes, onDone: onClose });
  const renew = useAct(renewTriggerRoute, { refreshes, onDone: onMade });
  const act = ask === 'remove' ? remove : renew;
  const params = { id: pipelineId, triggerId: trigger.id };
  return (
    <Confirm
      open
      onClose={onClose}
      title={ask === 'remove' ? `Remove “${trigger.name}”?` : `A new address for “${trigger.name}”?`}
      consequence={
        ask === 'remove'
          ? 'It starts nothing any more. Runs that it started go on. This cannot be undone.'
          : 'The old address and the old secret end at once: whatever sends to it must be given the new ones.'
      }
      verb={ask === 'remove' ? 'Remove the trigger' : 'Make new ones'}
      busy={act.isPending}
      fault={act.error && <ErrorBox error={act.error} />}
      onConfirm={() => (ask === 'remove' ? remove.mutate({ params }) : renew.mutate({ params }))}
    />
  );
}

interface TriggersDialogProps {
  readonly pipelineId: string;
  readonly onClose: () => void;
}

export function TriggersDialog({ pipelineId, onClose }: TriggersDialogProps) {
  const may = useMay();
  const mayChange = may('pipelines.write');
  const triggers = useRead(listTriggersRoute, { params: { id: pipelineId } });
  const [opened, open] = useState<Opened | null>(null);
  const change = useAct(changeTriggerRoute, { refreshes: ['pipelines.list-triggers'] });
  const toggle = ({ id: triggerId, enabled }: Trigger): void =>
    change.mutate({ params: { id: pipelineId, triggerId }, body: { enabled: !enabled } }, { onError: tellError });
  const made = (trigger: NewTrigger): void => open(trigger.url === null ? null : { made: trigger });
  const close = (): void => open(null);
  const items = triggers.data?.items ?? [];
  return (
    <>
      <Dialog
        open
        wide
        onClose={onClose}
        title="Triggers"
        description="What starts the published version without a person, with the rights of whoever made the trigger."
        footer={
          <>
            {mayChange && (
              <>
                <Button icon={Webhook} onClick={() => open('webhook')}>
                  Add a webhook
                </Button>
                <Button icon={Radio} onClick={() => open('event')}>
                  Follow events
                </Button>
              </>
            )}
            <Button look="primary" onClick={onClose}>
              Close
            </Button>
          </>
        }
      >
        {triggers.error && <ErrorBox error={triggers.error} onRetry={() => void triggers.refetch()} />}
        {triggers.isPending && <Skeleton className="appear-late h-24 w-full" />}
        {triggers.data && items.length === 0 && (
          <EmptyState icon={Webhook} title="No trigger yet">
            A webhook lets another program start this pipeline by one request. A trigger of events starts it when
            something happens here, such as the end of another run.
          </EmptyState>
        )}
        {items.length > 0 && (
          <ul aria-label="Triggers">
            {items.map((trigger) => (
              <Row
                key={trigger.id}
                trigger={trigger}
                mayChange={mayChange}
                onToggle={() => toggle(trigger)}
                onRenew={() => open({ ask: 'renew', trigger })}
                onRemove={() => open({ ask: 'remove', trigger })}
              />
            ))}
          </ul>
        )}
      </Dialog>
      {opened === 'webhook' && <NewWebhookDialog pipelineId={pipelineId} onClose={close} onMade={made} />}
      {opened === 'event' && <NewEventTriggerDialog pipelineId={pipelineId} onClose={close} onMade={made} />}
      {opened !== null && typeof opened === 'object' && 'made' in opened && (
        <MadeWebhookDialog made={opened.made} onClose={close} />
      )}
      {opened !== null && typeof opened === 'object' && 'ask' in opened && (
        <Ask pipelineId={pipelineId} ask={opened.ask} trigger={opened.trigger} onClose={close} onMade={made} />
      )}
    </>
  );
}

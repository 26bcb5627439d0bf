// Making a webhook, and the one moment in which its address and secret are shown.
import {
  createTriggerRoute,
  defaultReplayWindowSeconds,
  type NewTrigger,
  signatureHeader,
  timestampHeader,
} from '@gathering/contract/pipelines-triggers';
import * as z from 'zod';
import { useAct } from '../../lib/query.ts';
import { useForm } from '../../lib/use-form.ts';
import { Button } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorBox } from '../../ui/error-box.tsx';
import { Field, Input } from '../../ui/input.tsx';
import { TriggerProject } from './trigger-project.tsx';

interface NewTriggerProps {
  readonly pipelineId: string;
  readonly onClose: () => void;
  readonly onMade: (made: NewTrigger) => void;
}

const webhookSchema = createTriggerRoute.body.options[0];

export function NewWebhookDialog({ pipelineId, onClose, onMade }: NewTriggerProps) {
  const form = useForm(webhookSchema, {
    kind: 'webhook' as const,
    name: '',
    projectId: null as string | null,
    signed: true,
    replayWindowSeconds: defaultReplayWindowSeconds,
  });
  const create = useAct(createTriggerRoute, { refreshes: ['pipelines.list-triggers'], onDone: onMade });
  const send = (): void =>
    form.send((body) => create.mutate({ params: { id: pipelineId }, body }, { onError: form.refuse }));
  return (
    <Dialog
      open
      onClose={onClose}
      title="Add a webhook"
      description="An address that starts this pipeline. The body of a request becomes the input of the run."
      onSubmit={send}
      footer={
        <>
          <Button onClick={onClose}>Discard</Button>
          <Button look="primary" type="submit" busy={create.isPending}>
            Make the address
          </Button>
        </>
      }
    >
      <div ref={form.form} className="flex flex-col gap-3">
        {create.error && <ErrorBox error={create.error} />}
        <Field label="Name" hint="What sends to it, so that you know it again." fault={form.faultOf('name')}>
          {(binding) => (
            <Input
              {...binding}
              value={form.value.name}
              onBlur={() => form.touch('name')}
              onChange={({ target }) => form.change({ name: target.value })}
            />
          )}
        </Field>
        <TriggerProject
          value={form.value.projectId}
          fault={form.faultOf('projectId')}
          onChange={(projectId) => form.change({ projectId })}
        />
        <label className="flex items-center gap-2 text-sm">
          <input
            type="checkbox"
            className="accent-accent"
            checked={form.value.signed}
            onChange={({ target }) => form.change({ signed: target.checked })}
          />
          Take signed requests only
        </label>
        {form.value.signed ? (
          <Field
            label="Seconds that a signature is good for"
            hint="Each signature is taken once in that time."
            fault={form.faultOf('replayWindowSeconds')}
          >
            {(binding) => (
              <Input
                {...binding}
                inputMode="numeric"
                value={Number.isNaN(form.value.replayWindowSeconds) ? '' : String(form.value.replayWindowSeconds)}
                onBlur={() => form.touch('replayWindowSeconds')}
                onChange={({ target }) =>
                  form.change({
                    replayWindowSeconds: z.coerce
                      .number()
                      .catch(Number.NaN)
                      .parse(target.value || 'no'),
                  })
                }
              />
            )}
          </Field>
        ) : (
          <p className="text-xs text-warn">
            Whoever learns the address can start this pipeline, as often as they like. Sign wherever the sender can.
          </p>
        )}
      </div>
    </Dialog>
  );
}

function Secret({ label, text }: { readonly label: string; readonly text: string }) {
  return (
    <div className="flex flex-col gap-1">
      <span className="text-sm font-medium">{label}</span>
      <div className="flex items-center gap-2 rounded-md border border-line bg-sunken p-2">
        <code className="min-w-0 flex-1 font-mono text-xs break-all">{text}</code>
        <CopyButton text={text} name={`Copy the ${label.toLowerCase()}`} />
      </div>
    </div>
  );
}

export function MadeWebhookDialog({ made, onClose }: { readonly made: NewTrigger; readonly onClose: () => void }) {
  return (
    <Dialog
      open
      wide
      lasting
      onClose={onClose}
      title={made.secret === null ? 'Copy the address now' : 'Copy address and secret now'}
      description="They are shown this one time."
      footer={
        <Button look="primary" onClick={onClose}>
          I have {made.secret === null ? 'it' : 'them'}
        </Button>
      }
    >
      {made.url !== null && <Secret label="Address" text={made.url} />}
      {made.secret !== null && (
        <>
          <Secret label="Secret" text={made.secret} />
          <p className="text-sm text-ink-2">
            Send the time in seconds as <code className="font-mono text-xs">{timestampHeader}</code>, and{' '}
            <code className="font-mono text-xs">sha256=</code> with the HMAC-SHA256 of time, dot and body as{' '}
            <code className="font-mono text-xs">{signatureHeader}</code>.
          </p>
        </>
      )}
    </Dialog>
  );
}

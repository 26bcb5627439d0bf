// Setting the second factor up in three steps, and the two changes that need password and code.
import {
  beginSecondFactorRoute,
  confirmSecondFactorRoute,
  removeSecondFactorRoute,
  renewRecoveryCodesRoute,
} from '@gathering/contract/auth';
import { useAct } from '../../lib/query.ts';
import { useForm } from '../../lib/use-form.ts';
import { Button } from '../../ui/button.tsx';
import { CopyText } from '../../ui/copy.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorBox } from '../../ui/error-box.tsx';
import { Field, type FieldBinding, Input } from '../../ui/input.tsx';
import { tell } from '../../ui/toast.tsx';
import { QrCode } from './qr-code.tsx';
import { RecoveryCodes } from './recovery-codes.tsx';

const refreshes = ['auth.read-me', 'auth.read-session'];

function PasswordInput(props: FieldBinding & { readonly value: string; readonly onType: (text: string) => void }) {
  const { onType, ...rest } = props;
  return (
    <Input {...rest} type="password" autoComplete="current-password" onChange={({ target }) => onType(target.value)} />
  );
}

function CodeInput(props: FieldBinding & { readonly value: string; readonly onType: (text: string) => void }) {
  const { onType, ...rest } = props;
  return (
    <Input
      {...rest}
      autoComplete="one-time-code"
      inputMode="text"
      maxLength={32}
      spellCheck={false}
      className="font-mono"
      onChange={({ target }) => onType(target.value)}
    />
  );
}

export function SetUpDialog({ onClose }: { readonly onClose: () => void }) {
  const begin = useAct(beginSecondFactorRoute);
  const password = useForm(beginSecondFactorRoute.body, { password: '' });
  if (begin.data) return <ConfirmStep made={begin.data} onClose={onClose} />;
  return (
    <Dialog
      open
      onClose={onClose}
      title="Set up a second factor"
      description="An authenticator app then gives the code that is asked for at sign-in."
      onSubmit={() => password.send((body) => begin.mutate({ body }))}
      footer={
        <>
          <Button onClick={onClose}>Not now</Button>
          <Button look="primary" type="submit" busy={begin.isPending}>
            Go on
          </Button>
        </>
      }
    >
      <div ref={password.form} className="flex flex-col gap-3">
        {begin.error && <ErrorBox error={begin.error} />}
        <Field label="Your password" fault={password.faultOf('password') && 'Your password is needed.'}>
          {(binding) => (
            <PasswordInput
              {...binding}
              value={password.value.password}
              onType={(text) => password.change({ password: text })}
            />
          )}
        </Field>
      </div>
    </Dialog>
  );
}

interface ConfirmStepProps {
  readonly made: { readonly secret: string; readonly uri: string };
  readonly onClose: () => void;
}

function ConfirmStep({ made, onClose }: ConfirmStepProps) {
  const confirm = useAct(confirmSecondFactorRoute, { refreshes });
  const form = useForm(confirmSecondFactorRoute.body, { code: '' });
  if (confirm.data) return <CodesDialog codes={confirm.data.recoveryCodes} onClose={onClose} />;
  return (
    <Dialog
      open
      onClose={onClose}
      title="Scan it with your app"
      description="Then type the six digits that the app shows."
      onSubmit={() => form.send((body) => confirm.mutate({ body }))}
      footer={
        <>
          <Button onClick={onClose}>Not now</Button>
          <Button look="primary" type="submit" busy={confirm.isPending}>
            Turn on
          </Button>
        </>
      }
    >
      <div ref={form.form} className="flex flex-col gap-3">
        <div className="flex justify-center rounded-md bg-[#ffffff] p-2">
          <QrCode text={made.uri} label="QR code for your authenticator app" />
        </div>
        <p className="text-xs text-ink-2">
          Where no picture can be scanned, type this into the app:{' '}
          <CopyText text={made.secret} what="the secret" whole />
        </p>
        {confirm.error && <ErrorBox error={confirm.error} />}
        <Field label="Code of the app" fault={form.faultOf('code') && 'Six digits.'}>
          {(binding) => <CodeInput {...binding} value={form.value.code} onType={(code) => form.change({ code })} />}
        </Field>
      </div>
    </Dialog>
  );
}

function CodesDialog({ codes, onClose }: { readonly codes: readonly string[]; readonly onClose: () => void }) {
  return (
    <Dialog
      open
      onClose={onClose}
      title="Keep your recovery codes"
      footer={
        <Button look="primary" onClick={onClose}>
          I have kept them
        </Button>
      }
    >
      <RecoveryCodes codes={codes} />
    </Dialog>
  );
}

export function RenewCodesDialog({ onClose }: { readonly onClose: () => void }) {
  const renew = useAct(renewRecoveryCodesRoute);
  if (renew.data) return <CodesDialog codes={renew.data.recoveryCodes} onClose={onClose} />;
  return (
    <ProofDialog
      title="New recovery codes"
      description="The old ones are void from then on."
      verb="Make new codes"
      busy={renew.isPending}
      error={renew.error}
      onClose={onClose}
      onProof={(body) => renew.mutate({ body })}
    />
  );
}

export function RemoveFactorDialog({ onClose }: { readonly onClose: () => void }) {
  const remove = useAct(removeSecondFactorRoute, {
    refreshes,
    onDone: () => {
      tell('Second factor turned off');
      onClose();
    },
  });
  return (
    <ProofDialog
      title="Turn the second factor off"
      description="Your password alone is enough then."
      verb="Turn off"
      busy={remove.isPending}
      error={remove.error}
      onClose={onClose}
      onProof={(body) => remove.mutate({ body })}
    />
  );
}

interface ProofDialogProps {
  readonly title: string;
  readonly description: string;
  readonly verb: string;
  readonly busy: boolean;
  readonly error: unknown;
  readonly onClose: () => void;
  readonly onProof: (proof: { password: string; code: string }) => void;
}

function ProofDialog({ title, description, verb, busy, error, onClose, onProof }: ProofDialogProps) {
  const form = useForm(removeSecondFactorRoute.body, { password: '', code: '' });
  return (
    <Dialog
      open
      onClose={onClose}
      title={title}
      description={description}
      onSubmit={() => form.send(onProof)}
      footer={
        <>
          <Button onClick={onClose}>Keep</Button>
          <Button look="primary" type="submit" busy={busy}>
            {verb}
          </Button>
        </>
      }
    >
      <div ref={form.form} className="flex flex-col gap-3">
        {error !== null && <ErrorBox error={error} />}
        <Field label="Your password" fault={form.faultOf('password') && 'Your password is needed.'}>
          {(binding) => (
            <PasswordInput {...binding} value={form.value.password} onType={(password) => form.change({ password })} />
          )}
        </Field>
        <Field
          label="Code of the app"
          hint="Or a recovery code."
          fault={form.faultOf('code') && 'Six digits, or a recovery code.'}
        >
          {(binding) => <CodeInput {...binding} value={form.value.code} onType={(code) => form.change({ code })} />}
        </Field>
      </div>
    </Dialog>
  );
}

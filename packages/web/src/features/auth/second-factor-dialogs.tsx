// Setting the second factor up in three steps, and the two changes that need password and code.
import {
  beginSecondFactorRoute,
  confirmSecondFactorRoute,
  removeSecondFactorRoute,
  renewRecoveryCodesRoute,
} from '@gathering/contract/auth';
import type { ReactNode } from 'react';
import type * as z from 'zod';
import { codeOf } from '../../lib/client.ts';
import { useAct } from '../../lib/query.ts';
import { useForm } from '../../lib/use-form.ts';
import { Button } from '../../ui/button.tsx';
import { CopyText } from '../../ui/copy.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorBox } from '../../ui/error-box.tsx';
import { Field, Input } from '../../ui/input.tsx';
import { tell } from '../../ui/toast.tsx';
import { QrCode } from './qr-code.tsx';
import { RecoveryCodes } from './recovery-codes.tsx';

interface Proof {
  readonly password?: string;
  readonly code?: string;
}

interface ProofDialogProps<S extends z.ZodType> {
  readonly title: string;
  readonly description: string;
  readonly schema: S;
  /** What of the two is asked for. */
  readonly first: Proof;
  readonly verb: string;
  readonly cancel: string;
  readonly isDanger?: boolean;
  readonly act: { readonly isPending: boolean; readonly error: Error | null };
  readonly children?: ReactNode;
  readonly onClose: () => void;
  readonly onSend: (proof: z.output<S>, askAgain: (refusal: Error) => void) => void;
}

function ProofDialog<S extends z.ZodType>(props: ProofDialogProps<S>) {
  const { title, description, schema, first, verb, cancel, isDanger, act, children, onClose, onSend } = props;
  const form = useForm(schema, first);
  const { password, code } = form.value;
  const takesRecoveryCode = password !== undefined;
  const askAgain = (refusal: Error): void => {
    const isCode = codeOf(refusal) === 'auth.wrong-code';
    // A code counts once; a password may be a letter off.
    if (isCode) form.change({ code: '' });
    form.focusAgain(isCode ? '[autocomplete="one-time-code"]' : 'input');
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={title}
      description={description}
      onSubmit={() => form.send((proof) => onSend(proof, askAgain))}
      footer={
        <>
          <Button onClick={onClose}>{cancel}</Button>
          <Button look={isDanger ? 'danger' : 'primary'} type="submit" busy={act.isPending}>
            {verb}
          </Button>
        </>
      }
    >
      <div ref={form.form} className="flex flex-col gap-3">
        {children}
        {act.error && <ErrorBox error={act.error} />}
        {password !== undefined && (
          <Field label="Your password" fault={form.faultOf('password') && 'Your password is needed.'}>
            {(binding) => (
              <Input
                {...binding}
                type="password"
                autoComplete="current-password"
                value={password}
                onChange={({ target }) => form.change({ password: target.value })}
              />
            )}
          </Field>
        )}
        {code !== undefined && (
          <Field
            label="Code of the app"
            hint={takesRecoveryCode ? 'Or a recovery code.' : undefined}
            fault={form.faultOf('code') && (takesRecoveryCode ? 'Six digits, or a recovery code.' : 'Six digits.')}
          >
            {(binding) => (
              <Input
                {...binding}
                autoComplete="one-time-code"
                inputMode={takesRecoveryCode ? 'text' : 'numeric'}
                maxLength={32}
                spellCheck={false}
                className="font-mono"
                value={code}
                onChange={({ target }) => form.change({ code: target.value })}
              />
            )}
          </Field>
        )}
      </div>
    </Dialog>
  );
}

export function SetUpDialog({ onClose }: { readonly onClose: () => void }) {
  const begin = useAct(beginSecondFactorRoute);
  if (begin.data) return <ConfirmDialog made={begin.data} onClose={onClose} />;
  return (
    <ProofDialog
      title="Set up a second factor"
      description="An authenticator app then gives the code that is asked for at sign-in."
      schema={beginSecondFactorRoute.body}
      first={{ password: '' }}
      verb="Go on"
      cancel="Not now"
      act={begin}
      onClose={onClose}
      onSend={(body, askAgain) => begin.mutate({ body }, { onError: askAgain })}
    />
  );
}

interface ConfirmDialogProps {
  readonly made: { readonly secret: string; readonly uri: string };
  readonly onClose: () => void;
}

function ConfirmDialog({ made, onClose }: ConfirmDialogProps) {
  const confirm = useAct(confirmSecondFactorRoute, { refreshes: ['auth.read-me', 'auth.list-sessions'] });
  if (confirm.data) return <CodesDialog codes={confirm.data.recoveryCodes} onClose={onClose} />;
  return (
    <ProofDialog
      key="confirm"
      title="Scan it with your app"
      description="Then type the six digits that the app shows. Your other sessions end once it is on."
      schema={confirmSecondFactorRoute.body}
      first={{ code: '' }}
      verb="Turn on"
      cancel="Not now"
      act={confirm}
      onClose={onClose}
      onSend={(body, askAgain) => confirm.mutate({ body }, { onError: askAgain })}
    >
      <div className="flex justify-center rounded-md bg-[#ffffff] p-2">
        <QrCode text={made.uri} label="QR code for your authenticator app" />
      </div>
      <p className="text-xs text-ink-2">
        Where no picture can be scanned, type this into the app: <CopyText text={made.secret} what="the secret" whole />
      </p>
    </ProofDialog>
  );
}

function CodesDialog({ codes, onClose }: { readonly codes: readonly string[]; readonly onClose: () => void }) {
  return (
    <Dialog
      open
      onClose={onClose}
      title="Keep your recovery codes"
      lasting
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
      schema={renewRecoveryCodesRoute.body}
      first={{ password: '', code: '' }}
      verb="Make new codes"
      cancel="Keep the old ones"
      act={renew}
      onClose={onClose}
      onSend={(body, askAgain) => renew.mutate({ body }, { onError: askAgain })}
    />
  );
}

export function RemoveFactorDialog({ onClose }: { readonly onClose: () => void }) {
  const remove = useAct(removeSecondFactorRoute, {
    refreshes: ['auth.read-me'],
    onDone: () => {
      tell('Second factor turned off');
      onClose();
    },
  });
  return (
    <ProofDialog
      title="Turn the second factor off"
      description="Your password alone is enough then; the recovery codes are void."
      schema={removeSecondFactorRoute.body}
      first={{ password: '', code: '' }}
      verb="Turn off"
      cancel="Keep it on"
      isDanger
      act={remove}
      onClose={onClose}
      onSend={(body, askAgain) => remove.mutate({ body }, { onError: askAgain })}
    />
  );
}

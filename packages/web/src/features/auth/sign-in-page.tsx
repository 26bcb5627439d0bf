// Signing in, with the code of a second factor where the account asks for one. While there is no owner yet it says where the
// set-up link is.
import { browserLoginRoute, setupStateRoute } from '@gathering/contract/auth';
import { type FormEvent, useState } from 'react';
import { Link, Navigate, useSearchParams } from 'react-router';
import { codeOf } from '../../lib/client.ts';
import { useAct, useRead } from '../../lib/query.ts';
import { beginSession } from '../../lib/session.ts';
import { useForm } from '../../lib/use-form.ts';
import { useSession } from '../../lib/use-session.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorBox, PageError } from '../../ui/error-box.tsx';
import { Field, Input } from '../../ui/input.tsx';
import { AuthFrame } from './auth-frame.tsx';
import { safeNext } from './safe-next.ts';

const isFirstQuestion = (error: Error): boolean => codeOf(error) === 'auth.second-factor-required';
const codeField = '[autocomplete="one-time-code"]';
const passwordField = '[type="password"]';
const withCode = browserLoginRoute.body.required({ code: true });

interface CodeFieldProps {
  readonly code: string | undefined;
  readonly fault: string | undefined;
  readonly onChange: (code: string | undefined) => void;
}

/** Digits of the app, or a recovery code, which has letters too: a phone shows the keyboard that fits. */
function CodeField({ code, fault, onChange }: CodeFieldProps) {
  const [isRecovery, setRecovery] = useState(false);
  return (
    <div className="flex flex-col items-start gap-1">
      <div className="w-full">
        <Field
          label={isRecovery ? 'Recovery code' : 'Code'}
          hint={isRecovery ? 'Each works once.' : 'Six digits of your authenticator app.'}
          fault={fault}
        >
          {(binding) => (
            <Input
              {...binding}
              key={String(isRecovery)}
              inputMode={isRecovery ? 'text' : 'numeric'}
              autoComplete="one-time-code"
              autoFocus
              maxLength={32}
              value={code ?? ''}
              onChange={(change) => onChange(change.target.value.trim() || undefined)}
            />
          )}
        </Field>
      </div>
      <button
        type="button"
        className="text-xs text-accent-ink underline"
        onClick={() => {
          setRecovery(!isRecovery);
          onChange(undefined);
        }}
      >
        {isRecovery ? 'Use the authenticator app' : 'Use a recovery code'}
      </button>
    </div>
  );
}

export function SignInPage() {
  const [search] = useSearchParams();
  const { current, error, retry } = useSession();
  const setup = useRead(setupStateRoute, {});
  const [needsCode, setNeedsCode] = useState(false);
  const form = useForm(needsCode ? withCode : browserLoginRoute.body, {
    email: '',
    password: '',
    code: undefined as string | undefined,
  });
  const signIn = useAct(browserLoginRoute, { onDone: beginSession });
  if (current === undefined) return error === null ? null : <PageError error={error} onRetry={retry} />;
  if (current !== null) return <Navigate to={safeNext(search.get('next'))} replace />;
  if (setup.data?.ownerExists === false) {
    return (
      <AuthFrame title="Nobody owns this server yet" lead="The owner is made with a one-time link.">
        <div className="flex flex-col gap-3 rounded-lg border border-line bg-surface p-4 text-sm text-ink-2">
          <p>
            Look into the terminal where GatheRing was started. It printed a link that ends in{' '}
            <code className="font-mono text-xs text-ink">/setup?token=…</code>; open it here.
          </p>
          <p>A new start prints a new link.</p>
          <Button onClick={() => void setup.refetch()} busy={setup.isFetching}>
            I have done it
          </Button>
        </div>
      </AuthFrame>
    );
  }
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    form.send((body) => signIn.mutate({ body }, { onError: askAgain }));
  };
  /** For what was wrong: a code counts once, a password may be a letter off. */
  const askAgain = (refusal: Error): void => {
    const isCode = codeOf(refusal) === 'auth.wrong-code';
    if (isFirstQuestion(refusal)) setNeedsCode(true);
    if (isCode) form.change({ code: undefined });
    if (isCode || codeOf(refusal) === 'auth.wrong-credentials') form.focusAgain(isCode ? codeField : passwordField);
  };
  return (
    <AuthFrame title="Sign in" lead="With the e-mail address and password of your account.">
      <form onSubmit={submit} noValidate>
        <div ref={form.form} className="flex flex-col gap-3">
          {signIn.error && !isFirstQuestion(signIn.error) && <ErrorBox error={signIn.error} />}
          {setup.error && !signIn.error && <ErrorBox error={setup.error} onRetry={() => void setup.refetch()} />}
          <Field label="E-mail" fault={form.faultOf('email') && 'Your e-mail address is needed.'}>
            {(binding) => (
              <Input
                {...binding}
                type="email"
                autoComplete="username"
                autoFocus
                value={form.value.email}
                onChange={(change) => form.change({ email: change.target.value })}
              />
            )}
          </Field>
          <Field label="Password" fault={form.faultOf('password') && 'Your password is needed.'}>
            {(binding) => (
              <Input
                {...binding}
                type="password"
                autoComplete="current-password"
                value={form.value.password}
                onChange={(change) => form.change({ password: change.target.value })}
              />
            )}
          </Field>
          {needsCode && (
            <CodeField
              code={form.value.code}
              fault={form.faultOf('code') && 'The code is needed: six digits of the app, or a recovery code.'}
              onChange={(code) => form.change({ code })}
            />
          )}
          <Button look="primary" type="submit" busy={signIn.isPending}>
            Sign in
          </Button>
        </div>
      </form>
      <div className="mt-4 flex flex-col gap-1 text-sm text-ink-2">
        {setup.data?.selfRegistration && (
          <p>
            No account yet?{' '}
            <Link to="/register" className="text-accent-ink underline">
              Make one
            </Link>
          </p>
        )}
        <p>
          {needsCode
            ? 'Lost the app and the recovery codes? An owner or admin can remove the second factor.'
            : 'Forgot your password? An owner or admin can make you a link to set a new one.'}
        </p>
      </div>
    </AuthFrame>
  );
}

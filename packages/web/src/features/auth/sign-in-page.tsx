// Signing in. While there is no owner yet it says where the set-up link is.
import { loginRoute, setupStateRoute } from '@gathering/contract/auth';
import { type FormEvent, useState } from 'react';
import { Link, Navigate, useSearchParams } from 'react-router';
import { useAct, useRead } from '../../lib/query.ts';
import { beginSession, session } from '../../lib/session.ts';
import { useStore } from '../../lib/store.ts';
import { useForm } from '../../lib/use-form.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorBox } from '../../ui/error-box.tsx';
import { Field, Input } from '../../ui/input.tsx';
import { AuthFrame } from './auth-frame.tsx';
import { safeNext } from './safe-next.ts';

export function SignInPage() {
  const [search] = useSearchParams();
  const current = useStore(session);
  const setup = useRead(setupStateRoute, {});
  const [keep, setKeep] = useState(true);
  const form = useForm(loginRoute.body, { email: '', password: '' });
  const signIn = useAct(loginRoute, { onDone: (reply) => beginSession(reply, keep) });
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
    form.send((body) => signIn.mutate({ body }));
  };
  return (
    <AuthFrame title="Sign in" lead="Your pipelines, agents and runs are waiting.">
      <form onSubmit={submit} noValidate>
        <div ref={form.form} className="flex flex-col gap-3">
          {signIn.error && <ErrorBox error={signIn.error} />}
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
          <label className="flex items-center gap-2 text-sm text-ink-2">
            <input
              type="checkbox"
              className="accent-accent"
              checked={keep}
              onChange={(change) => setKeep(change.target.checked)}
            />
            Stay signed in on this device
          </label>
          <Button look="primary" type="submit" busy={signIn.isPending}>
            Sign in
          </Button>
        </div>
      </form>
      {setup.data?.selfRegistration && (
        <p className="mt-4 text-sm text-ink-2">
          No account yet?{' '}
          <Link to="/register" className="text-accent-ink underline">
            Make one
          </Link>
        </p>
      )}
    </AuthFrame>
  );
}

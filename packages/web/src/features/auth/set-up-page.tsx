// Making the owner with the one-time link that the first start printed.
import { browserLoginRoute, setupRoute, setupStateRoute } from '@gathering/contract/auth';
import type { FormEvent } from 'react';
import { Navigate, useNavigate, useSearchParams } from 'react-router';
import { useAct, useRead } from '../../lib/query.ts';
import { beginSession } from '../../lib/session.ts';
import { useForm } from '../../lib/use-form.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorBox } from '../../ui/error-box.tsx';
import { Field, Input } from '../../ui/input.tsx';
import { AuthFrame } from './auth-frame.tsx';
import { PasswordField } from './password-field.tsx';

export function SetUpPage() {
  const [search] = useSearchParams();
  const navigate = useNavigate();
  const token = search.get('token') ?? '';
  const setup = useRead(setupStateRoute, {});
  const form = useForm(setupRoute.body.omit({ token: true }), {
    name: undefined as string | undefined,
    email: '',
    password: '',
  });
  const signIn = useAct(browserLoginRoute, {
    onDone: (reply) => {
      beginSession(reply);
      void navigate('/', { replace: true });
    },
  });
  const create = useAct(setupRoute, {
    onDone: (_, { body: { email, password } }) =>
      signIn.mutate({ body: { email, password } }, { onError: () => void navigate('/sign-in', { replace: true }) }),
  });
  if (setup.data?.ownerExists && !create.isSuccess) return <Navigate to="/sign-in" replace />;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    form.send((body) => create.mutate({ body: { ...body, token } }, { onError: form.refuse }));
  };
  return (
    <AuthFrame
      title="Welcome"
      lead="Choose how you sign in. You become the owner of this server; nothing leaves this machine."
    >
      <form onSubmit={submit} noValidate>
        <div ref={form.form} className="flex flex-col gap-3">
          {create.error && <ErrorBox error={create.error} />}
          {token === '' && !create.error && (
            <p role="alert" className="rounded-md bg-warn-soft p-3 text-sm text-warn">
              This address has no token. Open the whole link that the server printed.
            </p>
          )}
          <Field label="Your name" optional fault={form.faultOf('name')}>
            {(binding) => (
              <Input
                {...binding}
                autoComplete="name"
                autoFocus
                value={form.value.name ?? ''}
                onBlur={() => form.touch('name')}
                onChange={(change) => form.change({ name: change.target.value || undefined })}
              />
            )}
          </Field>
          <Field label="E-mail" fault={form.faultOf('email')}>
            {(binding) => (
              <Input
                {...binding}
                type="email"
                autoComplete="username"
                value={form.value.email}
                onBlur={() => form.touch('email')}
                onChange={(change) => form.change({ email: change.target.value })}
              />
            )}
          </Field>
          <PasswordField
            label="Password"
            value={form.value.password}
            fault={form.faultOf('password')}
            surroundings={{ email: form.value.email }}
            onBlur={() => form.touch('password')}
            onChange={(password) => form.change({ password })}
          />
          <Button look="primary" type="submit" busy={create.isPending || signIn.isPending} disabled={token === ''}>
            Become the owner
          </Button>
        </div>
      </form>
    </AuthFrame>
  );
}

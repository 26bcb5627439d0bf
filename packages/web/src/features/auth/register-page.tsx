// Making an account of one's own, where this server allows it.
import { registerRoute, setupStateRoute } from '@gathering/contract/auth';
import type { FormEvent } from 'react';
import { useAct, useRead } from '../../lib/query.ts';
import { useForm } from '../../lib/use-form.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorBox } from '../../ui/error-box.tsx';
import { Field, Input } from '../../ui/input.tsx';
import { AuthDone } from './auth-done.tsx';
import { AuthFrame } from './auth-frame.tsx';
import { PasswordField } from './password-field.tsx';

export function RegisterPage() {
  const setup = useRead(setupStateRoute, {});
  const form = useForm(registerRoute.body, { name: '', email: '', password: '' });
  const register = useAct(registerRoute);
  if (register.data) {
    return <AuthDone title={`Welcome, ${register.data.name}`} lead={`Sign in with ${register.data.email}.`} />;
  }
  if (setup.data?.selfRegistration === false) {
    return (
      <AuthDone
        title="Registration is closed"
        lead="Ask an owner or admin of this server for an invitation, or sign in."
      />
    );
  }
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    form.send((body) => register.mutate({ body }, { onError: form.refuse }));
  };
  return (
    <AuthFrame title="Make an account" lead="You can look around at once; an owner or admin gives you more.">
      <form onSubmit={submit} noValidate>
        <div ref={form.form} className="flex flex-col gap-3">
          {register.error && <ErrorBox error={register.error} />}
          {setup.error && !register.error && <ErrorBox error={setup.error} onRetry={() => void setup.refetch()} />}
          <Field label="Your name" hint="As others see it." fault={form.faultOf('name')}>
            {(binding) => (
              <Input
                {...binding}
                autoComplete="name"
                autoFocus
                value={form.value.name}
                onBlur={() => form.touch('name')}
                onChange={(change) => form.change({ name: change.target.value })}
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
          <Button look="primary" type="submit" busy={register.isPending}>
            Make my account
          </Button>
        </div>
      </form>
    </AuthFrame>
  );
}

// Accepting an invitation: name and password for the account that it is for.
import { acceptInvitationRoute } from '@gathering/contract/auth';
import type { FormEvent } from 'react';
import { useLocation } from 'react-router';
import { useAct } from '../../lib/query.ts';
import { useForm } from '../../lib/use-form.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorBox } from '../../ui/error-box.tsx';
import { Field, Input } from '../../ui/input.tsx';
import { AuthDone, NoToken } from './auth-done.tsx';
import { AuthFrame } from './auth-frame.tsx';
import { readLinkToken } from './link-token.ts';
import { PasswordField } from './password-field.tsx';

export function InvitationPage() {
  const token = readLinkToken(useLocation().hash);
  // Another link in the same tab begins anew.
  return <InvitationForm key={token} token={token} />;
}

function InvitationForm({ token }: { readonly token: string }) {
  const form = useForm(acceptInvitationRoute.body.omit({ token: true }), { name: '', password: '' });
  const accept = useAct(acceptInvitationRoute);
  if (accept.data) {
    return <AuthDone title={`Welcome, ${accept.data.name}`} lead={`Sign in with ${accept.data.email}.`} />;
  }
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    form.send((body) => accept.mutate({ body: { ...body, token } }, { onError: form.refuse }));
  };
  return (
    <AuthFrame title="You are invited" lead="Choose your name and how you sign in.">
      <form onSubmit={submit} noValidate>
        <div ref={form.form} className="flex flex-col gap-3">
          {accept.error && <ErrorBox error={accept.error} />}
          {token === '' && <NoToken />}
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
          <PasswordField
            label="Password"
            value={form.value.password}
            fault={form.faultOf('password')}
            onBlur={() => form.touch('password')}
            onChange={(password) => form.change({ password })}
          />
          <Button look="primary" type="submit" busy={accept.isPending} disabled={token === ''}>
            Make my account
          </Button>
        </div>
      </form>
    </AuthFrame>
  );
}

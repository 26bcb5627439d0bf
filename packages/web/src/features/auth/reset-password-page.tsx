// Setting a new password with a one-time link that an owner or admin made.
import { resetPasswordRoute } from '@gathering/contract/auth';
import type { FormEvent } from 'react';
import { useLocation } from 'react-router';
import { useAct } from '../../lib/query.ts';
import { useForm } from '../../lib/use-form.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorBox } from '../../ui/error-box.tsx';
import { AuthDone, NoToken } from './auth-done.tsx';
import { AuthFrame } from './auth-frame.tsx';
import { readLinkToken } from './link-token.ts';
import { PasswordField } from './password-field.tsx';

export function ResetPasswordPage() {
  const token = readLinkToken(useLocation().hash);
  // Another link in the same tab begins anew.
  return token === '' ? <NoToken /> : <ResetPasswordForm key={token} token={token} />;
}

function ResetPasswordForm({ token }: { readonly token: string }) {
  const form = useForm(resetPasswordRoute.body.omit({ token: true }), { newPassword: '' });
  const reset = useAct(resetPasswordRoute);
  if (reset.isSuccess) {
    return <AuthDone title="Your password is set" lead="You were signed out everywhere. Sign in with the new one." />;
  }
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    form.send((body) => reset.mutate({ body: { ...body, token } }, { onError: form.refuse }));
  };
  return (
    <AuthFrame title="Set a new password" lead="All of your sessions end; a second factor stays as it is.">
      <form onSubmit={submit} noValidate>
        <div ref={form.form} className="flex flex-col gap-3">
          {reset.error && <ErrorBox error={reset.error} />}
          <PasswordField
            label="New password"
            autoFocus
            value={form.value.newPassword}
            fault={form.faultOf('newPassword')}
            onBlur={() => form.touch('newPassword')}
            onChange={(newPassword) => form.change({ newPassword })}
          />
          <Button look="primary" type="submit" busy={reset.isPending}>
            Set password
          </Button>
        </div>
      </form>
    </AuthFrame>
  );
}

// The page on which a new account is made: by the first owner, by who was invited, and by who registers. What each asks
// for is its schema's; who has made an account is signed in at once.
import { browserLoginRoute } from '@gathering/contract/auth';
import type { FormEvent, ReactNode } from 'react';
import { useNavigate } from 'react-router';
import type * as z from 'zod';
import { useAct } from '../../lib/query.ts';
import { beginSession } from '../../lib/session.ts';
import { useForm } from '../../lib/use-form.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorBox } from '../../ui/error-box.tsx';
import { Field, Input } from '../../ui/input.tsx';
import { AuthFrame } from './auth-frame.tsx';
import { PasswordField } from './password-field.tsx';

interface NewAccount {
  /** Undefined where it may be left out. */
  readonly name: string | undefined;
  /** Left out where the link says whose account it is. */
  readonly email?: string;
  readonly password: string;
}

interface AccountFormProps<S extends z.ZodType> {
  readonly title: string;
  readonly lead: string;
  readonly schema: S;
  readonly first: NewAccount;
  readonly nameHint: string;
  readonly verb: string;
  readonly busy: boolean;
  readonly error: unknown;
  readonly notice?: ReactNode;
  readonly onSend: (body: z.output<S>, refuse: (error: unknown) => void) => void;
}

export function AccountForm<S extends z.ZodType>(props: AccountFormProps<S>) {
  const { title, lead, schema, first, nameHint, verb, busy, error, notice, onSend } = props;
  const form = useForm(schema, first);
  const { name, email, password } = form.value;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    form.send((body) => onSend(body, form.refuse));
  };
  return (
    <AuthFrame title={title} lead={lead}>
      <form onSubmit={submit} noValidate>
        <div ref={form.form} className="flex flex-col gap-3">
          {error ? <ErrorBox error={error} fields={Object.keys(first)} /> : notice}
          <Field label="Your name" hint={nameHint} optional={first.name === undefined} fault={form.faultOf('name')}>
            {(binding) => (
              <Input
                {...binding}
                autoComplete="name"
                autoFocus
                value={name ?? ''}
                onBlur={() => form.touch('name')}
                onChange={({ target }) => form.change({ name: target.value || first.name })}
              />
            )}
          </Field>
          {email !== undefined && (
            <Field label="E-mail" fault={form.faultOf('email')}>
              {(binding) => (
                <Input
                  {...binding}
                  type="email"
                  autoComplete="username"
                  value={email}
                  onBlur={() => form.touch('email')}
                  onChange={({ target }) => form.change({ email: target.value })}
                />
              )}
            </Field>
          )}
          <PasswordField
            label="Password"
            value={password}
            fault={form.faultOf('password')}
            surroundings={email === undefined ? undefined : { email }}
            onBlur={() => form.touch('password')}
            onChange={(text) => form.change({ password: text })}
          />
          <Button look="primary" type="submit" busy={busy}>
            {verb}
          </Button>
        </div>
      </form>
    </AuthFrame>
  );
}

/** Signs a new account in with what was just chosen; where that does not work, the sign-in page is the way on. */
export function useFirstSignIn() {
  const navigate = useNavigate();
  const signIn = useAct(browserLoginRoute, {
    onDone: (session) => {
      beginSession(session);
      void navigate('/', { replace: true });
    },
  });
  const enter = (email: string, password: string): void =>
    signIn.mutate({ body: { email, password } }, { onError: () => void navigate('/sign-in', { replace: true }) });
  return { enter, isPending: signIn.isPending };
}

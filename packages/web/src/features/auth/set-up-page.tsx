// Making the owner with the one-time link that the first start printed.
import { setupRoute, setupStateRoute } from '@gathering/contract/auth';
import { Navigate, useSearchParams } from 'react-router';
import { useAct, useRead } from '../../lib/query.ts';
import { AccountForm, useFirstSignIn } from './account-form.tsx';
import { NoToken } from './auth-done.tsx';

const schema = setupRoute.body.omit({ token: true });

export function SetUpPage() {
  const [search] = useSearchParams();
  const token = search.get('token') ?? '';
  const setup = useRead(setupStateRoute, {});
  const first = useFirstSignIn();
  const create = useAct(setupRoute, {
    onDone: (_, { body: { email, password } }) => first.enter(email, password),
  });
  if (setup.isPending) return null;
  if (setup.data?.ownerExists && !create.isSuccess) return <Navigate to="/sign-in" replace />;
  if (token === '') return <NoToken />;
  return (
    <AccountForm
      title="Welcome"
      lead="Choose how you sign in. You become the owner of this server; nothing leaves this machine."
      schema={schema}
      first={{ name: undefined, email: '', password: '' }}
      nameHint="As others see it. Left out, it is what your e-mail address begins with."
      verb="Become the owner"
      busy={create.isPending || first.isPending}
      error={create.error}
      onSend={(body, refuse) => create.mutate({ body: { ...body, token } }, { onError: refuse })}
    />
  );
}

// Making an account of one's own, where this server allows it.
import { registerRoute, setupStateRoute } from '@gathering/contract/auth';
import { useAct, useRead } from '../../lib/query.ts';
import { ErrorBox } from '../../ui/error-box.tsx';
import { AccountForm, useFirstSignIn } from './account-form.tsx';
import { AuthDone } from './auth-done.tsx';

export function RegisterPage() {
  const setup = useRead(setupStateRoute, {});
  const first = useFirstSignIn();
  const register = useAct(registerRoute, {
    onDone: (_, { body: { email, password } }) => first.enter(email, password),
  });
  // Nothing that would be taken away again once the answer is there.
  if (setup.isPending) return null;
  if (setup.data?.selfRegistration === false) {
    return (
      <AuthDone
        title="Registration is closed"
        lead="Ask an owner or admin of this server for an invitation, or sign in."
      />
    );
  }
  return (
    <AccountForm
      title="Make an account"
      lead="You can look around at once; an owner or admin gives you more."
      schema={registerRoute.body}
      first={{ name: '', email: '', password: '' }}
      nameHint="As others see it."
      verb="Make my account"
      busy={register.isPending || first.isPending}
      error={register.error}
      notice={setup.error && <ErrorBox error={setup.error} onRetry={() => void setup.refetch()} />}
      onSend={(body, refuse) => register.mutate({ body }, { onError: refuse })}
    />
  );
}

// Accepting an invitation: name and password for the account that it is for.
import { acceptInvitationRoute } from '@gathering/contract/auth';
import { useLocation } from 'react-router';
import { useAct } from '../../lib/query.ts';
import { AccountForm, useFirstSignIn } from './account-form.tsx';
import { NoToken } from './auth-done.tsx';
import { readLinkToken } from './link-token.ts';

const schema = acceptInvitationRoute.body.omit({ token: true });

export function InvitationPage() {
  const token = readLinkToken(useLocation().hash);
  // Another link in the same tab begins anew.
  return token === '' ? <NoToken /> : <InvitationForm key={token} token={token} />;
}

function InvitationForm({ token }: { readonly token: string }) {
  const first = useFirstSignIn();
  const accept = useAct(acceptInvitationRoute, {
    onDone: ({ email }, { body: { password } }) => first.enter(email, password),
  });
  return (
    <AccountForm
      title="You are invited"
      lead="Choose your name and your password; the e-mail address is the one that was invited."
      schema={schema}
      first={{ name: '', password: '' }}
      nameHint="As others see it."
      verb="Make my account"
      busy={accept.isPending || first.isPending}
      error={accept.error}
      onSend={(body, refuse) => accept.mutate({ body: { ...body, token } }, { onError: refuse })}
    />
  );
}

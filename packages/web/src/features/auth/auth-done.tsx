// What stands in the frame where there is nothing to fill in: a password was set, or a link is not whole.
import { LinkButton } from '../../ui/button.tsx';
import { AuthFrame } from './auth-frame.tsx';

export function AuthDone({ title, lead }: { readonly title: string; readonly lead: string }) {
  return (
    <AuthFrame title={title} lead={lead}>
      <LinkButton look="primary" to="/sign-in">
        Sign in
      </LinkButton>
    </AuthFrame>
  );
}

export function NoToken() {
  return (
    <AuthDone
      title="This link is not whole"
      lead="It has no token. Open the whole link that you were given, to its last character; if you have an account, sign in."
    />
  );
}

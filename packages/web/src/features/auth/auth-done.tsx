// What stands in the frame once an account was made or a password set, or where a link is not whole.
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
    <p role="alert" className="rounded-md bg-warn-soft p-3 text-sm text-warn">
      This address has no token. Open the whole link that you were given.
    </p>
  );
}

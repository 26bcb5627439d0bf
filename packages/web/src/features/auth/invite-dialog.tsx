// Inviting somebody: address and role in, the one-time link out.
import { createInvitationRoute } from '@gathering/contract/auth-users';
import type { Role } from '@gathering/contract/permissions';
import { useAct } from '../../lib/query.ts';
import { useForm } from '../../lib/use-form.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorBox } from '../../ui/error-box.tsx';
import { Field, Input } from '../../ui/input.tsx';
import { Select } from '../../ui/select.tsx';
import { LinkOnce } from './link-once.tsx';
import { roleOptions, roleWords } from './role-words.ts';

export function InviteDialog({ ownRole, onClose }: { readonly ownRole: Role; readonly onClose: () => void }) {
  const form = useForm(createInvitationRoute.body, { email: '', role: 'member' as Role });
  const invite = useAct(createInvitationRoute, { refreshes: ['auth.list-invitations'] });
  if (invite.data) {
    const { invitation, link } = invite.data;
    return (
      <Dialog
        open
        onClose={onClose}
        title={`${invitation.email} is invited`}
        lasting
        description={`Role: ${roleWords[invitation.role].name}. Nothing was sent: hand the link over yourself.`}
        footer={
          <Button look="primary" onClick={onClose}>
            Done
          </Button>
        }
      >
        <LinkOnce link={link} label="Link of the invitation" />
      </Dialog>
    );
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title="Invite somebody"
      description="They choose a name and a password with a link that works once."
      onSubmit={() => form.send((body) => invite.mutate({ body }, { onError: form.refuse }))}
      footer={
        <>
          <Button onClick={onClose}>Discard</Button>
          <Button look="primary" type="submit" busy={invite.isPending}>
            Make the link
          </Button>
        </>
      }
    >
      <div ref={form.form} className="flex flex-col gap-3">
        {invite.error && <ErrorBox error={invite.error} fields={Object.keys(form.value)} />}
        <Field label="E-mail" fault={form.faultOf('email')}>
          {(binding) => (
            <Input
              {...binding}
              type="email"
              autoComplete="off"
              value={form.value.email}
              onBlur={() => form.touch('email')}
              onChange={({ target }) => form.change({ email: target.value })}
            />
          )}
        </Field>
        <Field label="Role" hint={roleWords[form.value.role].may} fault={form.faultOf('role')}>
          {(binding) => (
            <Select
              {...binding}
              value={form.value.role}
              options={roleOptions(ownRole)}
              onChange={(role) => form.change({ role: role as Role })}
            />
          )}
        </Field>
      </div>
    </Dialog>
  );
}

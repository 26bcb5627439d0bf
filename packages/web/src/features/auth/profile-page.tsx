// My own account: the name that others see, the password, and the second factor.
import { changePasswordRoute, meRoute, type User, updateMeRoute } from '@gathering/contract/auth';
import { type FormEvent, useState } from 'react';
import { codeOf } from '../../lib/client.ts';
import { useAct, useRead } from '../../lib/query.ts';
import { useForm } from '../../lib/use-form.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorBox, PageError } from '../../ui/error-box.tsx';
import { Field, Input } from '../../ui/input.tsx';
import { Page, Panel, Section } from '../../ui/page.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import { tell } from '../../ui/toast.tsx';
import { PasswordField } from './password-field.tsx';
import { roleWords } from './role-words.ts';
import { RemoveFactorDialog, RenewCodesDialog, SetUpDialog } from './second-factor-dialogs.tsx';

function NameForm({ user }: { readonly user: User }) {
  const form = useForm(updateMeRoute.body, { name: user.name });
  const update = useAct(updateMeRoute, {
    refreshes: ['auth.read-me', 'auth.list-users'],
    onDone: () => tell('Name saved'),
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    form.send((body) => update.mutate({ body }, { onError: form.refuse }));
  };
  return (
    <form onSubmit={submit} noValidate>
      <div ref={form.form} className="flex flex-col gap-3 p-4">
        {update.error && <ErrorBox error={update.error} />}
        <Field label="Name" hint="As others see it." fault={form.faultOf('name')}>
          {(binding) => (
            <Input
              {...binding}
              autoComplete="name"
              value={form.value.name}
              onBlur={() => form.touch('name')}
              onChange={({ target }) => form.change({ name: target.value })}
            />
          )}
        </Field>
        <dl className="grid grid-cols-[5rem_1fr] gap-y-1 text-sm">
          <dt className="text-ink-3">E-mail</dt>
          <dd className="break-all">{user.email}</dd>
          <dt className="text-ink-3">Role</dt>
          <dd>
            {roleWords[user.role].name}. <span className="text-ink-2">{roleWords[user.role].may}</span>
          </dd>
        </dl>
        <div>
          <Button type="submit" look="primary" busy={update.isPending} disabled={form.value.name === user.name}>
            Save name
          </Button>
        </div>
      </div>
    </form>
  );
}

const noPasswords = { currentPassword: '', newPassword: '' };

function PasswordForm({ email }: { readonly email: string }) {
  const form = useForm(changePasswordRoute.body, noPasswords);
  const change = useAct(changePasswordRoute, {
    refreshes: ['auth.list-sessions'],
    onDone: () => {
      form.reset(noPasswords);
      tell('Password changed; your other sessions ended');
    },
  });
  const { currentPassword, newPassword } = form.value;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    form.send((body) => change.mutate({ body }, { onError: askAgain }));
  };
  const askAgain = (refusal: Error): void => {
    form.refuse(refusal);
    if (codeOf(refusal) === 'auth.wrong-password') form.focusAgain('[autocomplete="current-password"]');
  };
  return (
    <form onSubmit={submit} noValidate>
      <div ref={form.form} className="flex flex-col gap-3 p-4">
        {change.error && <ErrorBox error={change.error} fields={Object.keys(noPasswords)} />}
        {/* So that a password manager knows whose password it is. */}
        <input type="text" autoComplete="username" value={email} readOnly hidden />
        <Field label="Current password" fault={form.faultOf('currentPassword') && 'Your current password is needed.'}>
          {(binding) => (
            <Input
              {...binding}
              type="password"
              autoComplete="current-password"
              value={currentPassword}
              onChange={({ target }) => form.change({ currentPassword: target.value })}
            />
          )}
        </Field>
        <PasswordField
          label="New password"
          value={newPassword}
          fault={form.faultOf('newPassword')}
          surroundings={{ email, current: currentPassword }}
          onBlur={() => form.touch('newPassword')}
          onChange={(text) => form.change({ newPassword: text })}
        />
        <p className="text-xs text-ink-3">All of your other sessions end.</p>
        <div>
          <Button type="submit" look="primary" busy={change.isPending}>
            Change password
          </Button>
        </div>
      </div>
    </form>
  );
}

function SecondFactor({ isOn }: { readonly isOn: boolean }) {
  const [open, setOpen] = useState<'set-up' | 'renew' | 'remove' | null>(null);
  const close = (): void => setOpen(null);
  return (
    <div className="flex flex-col gap-3 p-4">
      <div className="flex items-center gap-2 text-sm">
        <StateBadge state={isOn ? 'enabled' : 'disabled'} word={isOn ? 'On' : 'Off'} />
        <span className="text-ink-2">
          {isOn
            ? 'A code of your app is asked for at sign-in.'
            : 'With a second factor a stolen password is not enough to come in.'}
        </span>
      </div>
      <div className="flex gap-2">
        {isOn ? (
          <>
            <Button onClick={() => setOpen('renew')}>New recovery codes</Button>
            <Button look="danger" onClick={() => setOpen('remove')}>
              Turn off…
            </Button>
          </>
        ) : (
          <Button look="primary" onClick={() => setOpen('set-up')}>
            Set up
          </Button>
        )}
      </div>
      {open === 'set-up' && <SetUpDialog onClose={close} />}
      {open === 'renew' && <RenewCodesDialog onClose={close} />}
      {open === 'remove' && <RemoveFactorDialog onClose={close} />}
    </div>
  );
}

export function ProfilePage() {
  const me = useRead(meRoute, {});
  return (
    <Page title="Profile" lead="Your own account on this server.">
      <div className="flex max-w-xl flex-col gap-6 px-6 pb-8">
        {me.isPending && <SkeletonRows rows={4} />}
        {me.error && !me.data && <PageError error={me.error} onRetry={() => void me.refetch()} />}
        {me.data && (
          <>
            <Section title="You">
              <Panel>
                <NameForm key={me.data.name} user={me.data} />
              </Panel>
            </Section>
            <Section title="Password">
              <Panel>
                <PasswordForm email={me.data.email} />
              </Panel>
            </Section>
            <Section title="Second factor">
              <Panel>
                <SecondFactor isOn={me.data.secondFactor} />
              </Panel>
            </Section>
          </>
        )}
      </div>
    </Page>
  );
}

// What must be so before the routes of accounts and users can do anything: people with a password, a second factor, a link.
import {
  acceptInvitationRoute,
  beginSecondFactorRoute,
  confirmSecondFactorRoute,
  loginRoute,
} from '@gathering/contract/auth';
import { createInvitationRoute, makeResetLinkRoute } from '@gathering/contract/auth-users';
import { createClient } from '@gathering/contract/client';
import { changeSettingsRoute } from '@gathering/contract/operations';
import { newId } from '../../src/platform/ids.ts';
import { type Api, withToken } from '../api.ts';
import type { ExampleCall } from '../requests.ts';
import { owner } from '../server-process.ts';
import { timeCode } from '../time-code.ts';

export interface PreparedCall extends Partial<ExampleCall> {
  /** Who calls, in place of the owner. */
  readonly as?: Api;
}
type Prepare = (api: Api) => Promise<PreparedCall>;

const password = 'a long sentence of a person';
const newPassword = 'another sentence of that person';

export async function makePerson(api: Api): Promise<{ readonly id: string; readonly theirs: Api }> {
  const body = { email: `${newId()}@example.org`, role: 'member' } as const;
  const { link } = await api.call(createInvitationRoute, { body });
  const open = createClient({ baseUrl: api.url });
  const { id } = await open(acceptInvitationRoute, { body: { token: link.token, password, name: 'Person' } });
  const { accessToken } = await open(loginRoute, { body: { email: body.email, password } });
  return { id, theirs: withToken(api.url, accessToken) };
}

async function makeFactor({ call }: Api): Promise<{ readonly code: string; readonly spare: string }> {
  const { secret } = await call(beginSecondFactorRoute, { body: { password } });
  const code = timeCode(secret);
  const { recoveryCodes } = await call(confirmSecondFactorRoute, { body: { code } });
  return { code, spare: recoveryCodes[0] ?? '' };
}

const ofPerson: Prepare = async (api) => ({ params: { id: (await makePerson(api)).id } });
const withProof: Prepare = async (api) => {
  const { theirs } = await makePerson(api);
  return { as: theirs, body: { password, code: (await makeFactor(theirs)).spare } };
};

export const accountCalls: Readonly<Record<string, Prepare>> = {
  'auth.refresh-session': async ({ url }) => {
    const { refreshToken } = await createClient({ baseUrl: url })(loginRoute, { body: owner });
    return { body: { refreshToken } };
  },
  'auth.change-password': async (api) => ({
    as: (await makePerson(api)).theirs,
    body: { currentPassword: password, newPassword },
  }),
  'auth.register': async ({ call }) => {
    await call(changeSettingsRoute, { body: { selfRegistration: true } });
    return {};
  },
  'auth.create-invitation': async () => ({ body: { email: `${newId()}@example.org`, role: 'viewer' } }),
  'auth.accept-invitation': async ({ call }) => {
    const { link } = await call(createInvitationRoute, { body: { email: `${newId()}@example.org`, role: 'viewer' } });
    return { body: { token: link.token, password, name: 'Invited' } };
  },
  'auth.reset-password': async (api) => {
    const { id } = await makePerson(api);
    const { token } = await api.call(makeResetLinkRoute, { params: { id } });
    return { body: { token, newPassword } };
  },
  'auth.begin-second-factor': async (api) => ({ as: (await makePerson(api)).theirs, body: { password } }),
  'auth.confirm-second-factor': async (api) => {
    const { theirs } = await makePerson(api);
    const { secret } = await theirs.call(beginSecondFactorRoute, { body: { password } });
    return { as: theirs, body: { code: timeCode(secret) } };
  },
  'auth.renew-recovery-codes': withProof,
  'auth.remove-second-factor': withProof,
  'auth.update-user': ofPerson,
  'auth.delete-user': ofPerson,
  'auth.end-user-sessions': ofPerson,
  'auth.make-reset-link': ofPerson,
  'auth.remove-user-second-factor': async (api) => {
    const { id, theirs } = await makePerson(api);
    await makeFactor(theirs);
    return { params: { id } };
  },
};

// Users by hand, in a real browser: inviting and accepting, the second factor, a new password by link, and who sees what.
import { acceptInvitationRoute, meRoute } from '@gathering/contract/auth';
import { createInvitationRoute, listUsersRoute } from '@gathering/contract/auth-users';
import { createClient } from '@gathering/contract/client';
import type { Role } from '@gathering/contract/permissions';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { timeCode } from '../../server/test/time-code.ts';
import { dashboardOfFile } from './dashboard.ts';

const dashboard = dashboardOfFile();
const password = 'four words that fit';

async function signInAs(page: Page, email: string, given: string): Promise<void> {
  await page.goto('/sign-in');
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(given);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('Nothing waits for you.').waitFor();
}

async function makeUser(name: string, role: Role): Promise<string> {
  const email = `${name.toLowerCase()}@example.org`;
  const { link } = await dashboard.api.call(createInvitationRoute, { body: { email, role } });
  const anybody = createClient({ baseUrl: dashboard.url });
  await anybody(acceptInvitationRoute, { body: { token: link.token, password, name } });
  return email;
}

it('somebody is invited by a link that is shown once, accepts it and comes in', async () => {
  const page = await dashboard.openPage();
  await page.goto('/users');
  await page.getByRole('button', { name: 'Invite' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('E-mail').fill('grace');
  await dialog.getByRole('button', { name: 'Make the link' }).click();
  await dialog.getByText('This is no e-mail address.').waitFor();
  await dialog.getByLabel('E-mail').fill('grace@example.org');
  await dialog.getByLabel('Role').selectOption('operator');
  await dialog.getByRole('button', { name: 'Make the link' }).click();
  const link = await dialog.getByLabel('Link of the invitation').inputValue();
  expect(new URL(link).pathname).toBe('/invitation');
  // Shown this once: no slip of hand takes it away.
  await page.keyboard.press('Escape');
  await page.mouse.click(5, 5);
  expect(await dialog.getByLabel('Link of the invitation').inputValue()).toBe(link);
  await dialog.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('heading', { name: 'Open invitations' }).waitFor();

  const guest = await dashboard.openPage({ signedIn: false });
  await guest.goto(link);
  await guest.getByLabel('Your name').fill('Grace');
  await guest.getByLabel('Password', { exact: true }).fill('password1234');
  await guest.getByRole('button', { name: 'Make my account' }).click();
  await guest.getByText('It is on the list of common passwords', { exact: false }).waitFor();
  dashboard.expectNotes(/422/);
  await guest.getByLabel('Password', { exact: true }).fill(password);
  await guest.getByText('12 to 256 characters, kept').waitFor();
  await guest.getByRole('button', { name: 'Make my account' }).click();
  await guest.getByText('Nothing waits for you.').waitFor();
  // What the owner sees follows by itself.
  await page.getByRole('row', { name: /Grace.*Operator/ }).waitFor();
  await page.getByRole('heading', { name: 'Open invitations' }).waitFor({ state: 'detached' });

  await guest.goto(link);
  await guest.getByLabel('Your name').fill('Grace');
  await guest.getByLabel('Password', { exact: true }).fill(password);
  await guest.getByRole('button', { name: 'Make my account' }).click();
  await guest.getByText('This link was used, replaced or is too old.').waitFor();
  dashboard.expectNotes(/403/);
  await guest.goto('/users');
  await guest.getByRole('heading', { name: 'For owners and admins' }).waitFor();
  expect(await guest.getByRole('link', { name: 'Users' }).count()).toBe(0);
  await guest.goto('/audit');
  await guest.getByRole('heading', { name: 'For owners and admins' }).waitFor();
});

it('invitations are found by the same search as users, few are shown at first, and one is taken back when asked twice', async () => {
  for (const email of ['ann@invited.example', 'bob@invited.example', 'cid@invited.example', 'dan@invited.example'])
    await dashboard.api.call(createInvitationRoute, { body: { email, role: 'viewer' } });
  const page = await dashboard.openPage();
  await page.goto('/users');
  const rows = page.getByRole('region', { name: /^Open invitations/ }).getByRole('listitem');
  await rows.first().waitFor();
  expect(await rows.count()).toBe(3);
  await page.getByRole('button', { name: 'Show all' }).click();
  expect(await rows.count()).toBe(4);
  await page.getByLabel('Search users').fill('ann@');
  await page.getByText('Nobody fits this search.').waitFor();
  expect(await rows.count()).toBe(1);
  await page.getByRole('button', { name: 'Take back the invitation of ann@invited.example' }).click();
  await page.getByRole('button', { name: 'Keep' }).click();
  await page.getByRole('button', { name: 'Take back the invitation of ann@invited.example' }).click();
  await page.getByRole('button', { name: 'Take it back' }).click();
  await page.getByText('Invitation taken back').waitFor();
  await rows.first().waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Show everybody' }).click();
  await page.getByRole('table', { name: 'Users' }).waitFor();
  expect(await page.getByLabel('Search users').inputValue()).toBe('');
  expect(new URL(page.url()).search).toBe('');
});

it('a second factor is set up by QR code or text, gives recovery codes, and is turned off', async () => {
  const email = await makeUser('Factor', 'member');
  const page = await dashboard.openPage({ signedIn: false });
  await signInAs(page, email, password);
  await page.goto('/profile');
  await page.getByRole('button', { name: 'Set up' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Your password').fill('a wrong sentence');
  await dialog.getByRole('button', { name: 'Go on' }).click();
  await dialog.getByText('This is not your current password.').waitFor();
  dashboard.expectNotes(/403/);
  await dialog.getByLabel('Your password').fill(password);
  await dialog.getByRole('button', { name: 'Go on' }).click();
  await dialog.getByRole('img', { name: 'QR code for your authenticator app' }).waitFor();
  const secret = (await dialog.getByRole('button', { name: /^Copy the secret/ }).textContent())?.trim() ?? '';
  expect(secret).toMatch(/^[A-Z2-7]{32}$/);
  const code = dialog.getByLabel('Code of the app');
  await code.fill('no code');
  await dialog.getByRole('button', { name: 'Turn on' }).click();
  await dialog.getByText('The code is wrong or was used before.').waitFor();
  dashboard.expectNotes(/401/);
  // Ready for the next one.
  await code.and(page.locator(':focus')).waitFor();
  expect(await code.inputValue()).toBe('');
  await code.fill(timeCode(secret));
  await dialog.getByRole('button', { name: 'Turn on' }).click();
  await dialog.getByRole('heading', { name: 'Keep your recovery codes' }).waitFor();
  const codes = await dialog.getByRole('list', { name: 'Recovery codes' }).getByRole('listitem').allTextContents();
  expect(codes).toHaveLength(10);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    dialog.getByRole('button', { name: 'Save as a file' }).click(),
  ]);
  expect(download.suggestedFilename()).toBe('gathering-recovery-codes.txt');
  await page.keyboard.press('Escape');
  await dialog.getByRole('button', { name: 'I have kept them' }).click();
  await page.getByText('A code of your app is asked for at sign-in.').waitFor();

  const elsewhere = await dashboard.openPage({ signedIn: false });
  await elsewhere.goto('/sign-in');
  await elsewhere.getByLabel('E-mail').fill(email);
  await elsewhere.getByLabel('Password', { exact: true }).fill(password);
  await elsewhere.getByRole('button', { name: 'Sign in' }).click();
  await elsewhere.getByLabel('Code', { exact: true }).waitFor();
  dashboard.expectNotes(/401/);
  await elsewhere.getByRole('button', { name: 'Sign in' }).click();
  await elsewhere.getByText('The code is needed', { exact: false }).waitFor();
  await elsewhere.getByRole('button', { name: 'Use a recovery code' }).click();
  await elsewhere.getByLabel('Recovery code').fill(codes[1] ?? '');
  await elsewhere.getByRole('button', { name: 'Sign in' }).click();
  await elsewhere.getByText('Nothing waits for you.').waitFor();

  await page.getByRole('button', { name: 'Turn off…' }).click();
  await dialog.getByLabel('Your password').fill(password);
  await dialog.getByLabel('Code of the app').fill(codes[0] ?? '');
  await dialog.getByRole('button', { name: 'Turn off', exact: true }).click();
  await page.getByText('With a second factor a stolen password', { exact: false }).waitFor();
});

it('who forgot the password sets a new one by the link that an owner makes', async () => {
  const email = await makeUser('Forgetful', 'viewer');
  const page = await dashboard.openPage();
  await page.goto('/users');
  await page.getByLabel('Search users').fill('forgetful');
  await page.getByRole('row', { name: /Forgetful/ }).waitFor();
  await page.getByRole('button', { name: 'Manage Forgetful' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Make a reset link' }).click();
  const link = await dialog.getByLabel('Link to a new password').inputValue();
  await page.keyboard.press('Escape');
  await dialog.getByRole('button', { name: 'Done' }).click();

  const other = await dashboard.openPage({ signedIn: false });
  await other.goto(link);
  await other.getByLabel('New password').fill('another sentence for me');
  await other.getByRole('button', { name: 'Set password' }).click();
  await other.getByRole('heading', { name: 'Your password is set' }).waitFor();
  await signInAs(other, email, 'another sentence for me');
});

it('role, disabling and deleting are done in place, and what is refused says why', async () => {
  await makeUser('Boss', 'admin');
  const email = await makeUser('Worker', 'member');
  const page = await dashboard.openPage();
  await page.goto('/users?search=worker');
  await page.getByRole('button', { name: 'Manage Worker' }).click();
  const dialog = page.getByRole('dialog');
  // A reload loses nothing: who is open is in the address.
  await page.reload();
  await dialog.getByLabel('Role').selectOption('operator');
  await dialog.getByRole('button', { name: 'Change role' }).click();
  await page.getByText('Role changed').waitFor();
  await dialog.getByRole('button', { name: 'Disable', exact: true }).click();
  await dialog.getByRole('button', { name: 'Enable', exact: true }).waitFor();
  await dialog.getByRole('button', { name: 'Delete…' }).click();
  await dialog.getByLabel('Type Worker to confirm').fill('Worker');
  await dialog.getByRole('button', { name: 'Keep' }).click();
  await dialog.getByRole('button', { name: 'Delete…' }).click();
  expect(await dialog.getByRole('button', { name: 'Delete user' }).isDisabled()).toBe(true);
  await dialog.getByLabel('Type Worker to confirm').fill('Worker');
  await dialog.getByRole('button', { name: 'Delete user' }).click();
  await page.getByText('Nobody fits this search.').waitFor();
  const { items } = await dashboard.api.call(listUsersRoute, { query: {} });
  expect(items.map((user) => user.email)).not.toContain(email);

  await page.goto('/users');
  const { name } = await dashboard.api.call(meRoute, {});
  await page.getByRole('button', { name: `Manage ${name}` }).click();
  await dialog.getByText('This is you.', { exact: false }).waitFor();

  const admin = await dashboard.openPage({ signedIn: false });
  await signInAs(admin, 'boss@example.org', password);
  await admin.getByRole('link', { name: 'Users' }).click();
  await admin.getByRole('button', { name: `Manage ${name}` }).click();
  await admin.getByText('The role owner is above your own', { exact: false }).waitFor();
});

it('the password is changed with the current one, whose rules are shown while typing', async () => {
  const email = await makeUser('Changer', 'viewer');
  const page = await dashboard.openPage({ signedIn: false });
  await signInAs(page, email, password);
  await page.goto('/profile');
  await page.getByLabel('Current password').fill(password);
  await page.getByLabel('New password').fill('changer-changer');
  await page.getByText('More than your e-mail name or “GatheRing”, not yet').waitFor();
  await page.getByLabel('New password').fill('a third sentence for me');
  await page.getByText('More than your e-mail name or “GatheRing”, kept').waitFor();
  await page.getByRole('button', { name: 'Change password' }).click();
  await page.getByText('Password changed; your other sessions ended').waitFor();
  await page.getByLabel('Name').fill('Renamed');
  await page.getByRole('button', { name: 'Save name' }).click();
  await page.getByText('Name saved').waitFor();
  await page.getByRole('button', { name: 'You and your settings' }).click();
  await page.getByRole('menu').getByText('Renamed', { exact: true }).waitFor();
});

it('people register by themselves only once it was allowed in Settings', async () => {
  const guest = await dashboard.openPage({ signedIn: false });
  await guest.goto('/register');
  await guest.getByRole('heading', { name: 'Registration is closed' }).waitFor();
  const page = await dashboard.openPage();
  await page.goto('/settings');
  await page.getByLabel('Let people register by themselves').check();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Settings saved').waitFor();
  await guest.goto('/sign-in');
  await guest.getByRole('link', { name: 'Make one' }).click();
  await guest.getByLabel('Your name').fill('Selma');
  await guest.getByLabel('E-mail').fill('selma@example.org');
  await guest.getByLabel('Password', { exact: true }).fill(password);
  await guest.getByRole('button', { name: 'Make my account' }).click();
  await guest.getByText('Nothing waits for you.').waitFor();
});

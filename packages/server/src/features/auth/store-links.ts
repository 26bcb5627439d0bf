// All SQL on one-time links: invitations, and links to a new password. Tokens arrive here as hashes.
import type { Invitation } from '@gathering/contract/auth-users';
import type { Role } from '@gathering/contract/permissions';
import type { Database, Tx } from '../../platform/db/database.ts';
import { normalizeEmail } from './rules.ts';

type Reader = Pick<Database, 'query'> | Pick<Tx, 'query'>;

export interface NewLink {
  readonly tokenHash: string;
  /** Null: the system. */
  readonly madeBy: string | null;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** An earlier one of the same user is void from here on. */
export async function replaceResetLink(tx: Tx, userId: string, link: NewLink): Promise<void> {
  await tx.query(
    `insert into auth.reset_links (user_id, token_hash, made_by, created_at, expires_at) values ($1, $2, $3, $4, $5)
     on conflict (user_id) do update set token_hash = excluded.token_hash, made_by = excluded.made_by,
       created_at = excluded.created_at, expires_at = excluded.expires_at`,
    [userId, link.tokenHash, link.madeBy, link.createdAt, link.expiresAt],
  );
}

/** Whose password the link is for. */
export async function selectResetLink(from: Reader, tokenHash: string, now: Date): Promise<string | undefined> {
  const { rows } = await from.query<{ userId: string }>(
    'select user_id as "userId" from auth.reset_links where token_hash = $1 and expires_at > $2',
    [tokenHash, now],
  );
  return rows[0]?.userId;
}

/** Removes it, so that of two that come with it at once one gets nothing. */
export async function takeResetLink(tx: Tx, tokenHash: string, now: Date): Promise<string | undefined> {
  const { rows } = await tx.query<{ userId: string }>(
    'delete from auth.reset_links where token_hash = $1 and expires_at > $2 returning user_id as "userId"',
    [tokenHash, now],
  );
  return rows[0]?.userId;
}

export async function deleteResetLink(tx: Tx, userId: string): Promise<void> {
  await tx.query('delete from auth.reset_links where user_id = $1', [userId]);
}

type InvitationRow = Omit<Invitation, 'createdAt' | 'expiresAt' | 'invitedBy'> & {
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly invitedBy: string | null;
};

const invitationColumns =
  'id, email, role, created_at as "createdAt", expires_at as "expiresAt", invited_by as "invitedBy"';

const readInvitation = (row: InvitationRow): Invitation => ({
  ...row,
  createdAt: row.createdAt.toISOString(),
  expiresAt: row.expiresAt.toISOString(),
  invitedBy: row.invitedBy === null ? null : `users/${row.invitedBy}`,
});

/** Those that are too old, and an earlier one of this address. */
export async function deleteReplacedInvitations(tx: Tx, email: string, now: Date): Promise<void> {
  await tx.query('delete from auth.invitations where expires_at <= $1 or email_key = $2', [now, normalizeEmail(email)]);
}

export async function countInvitations(tx: Tx): Promise<number> {
  const { rows } = await tx.query<{ count: number }>('select count(*) as count from auth.invitations');
  return rows[0]?.count ?? 0;
}

export async function insertInvitation(
  tx: Tx,
  invitation: { readonly id: string; readonly email: string; readonly role: Role },
  { tokenHash, madeBy, createdAt, expiresAt }: NewLink,
): Promise<Invitation> {
  const { id, email, role } = invitation;
  await tx.query(
    `insert into auth.invitations (id, email, email_key, role, token_hash, invited_by, created_at, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [id, email, normalizeEmail(email), role, tokenHash, madeBy, createdAt, expiresAt],
  );
  return readInvitation({ id, email, role, createdAt, expiresAt, invitedBy: madeBy });
}

/** Latest first. */
export async function selectInvitations(from: Reader, now: Date, limit: number): Promise<Invitation[]> {
  const { rows } = await from.query<InvitationRow>(
    `select ${invitationColumns} from auth.invitations where expires_at > $1 order by created_at desc, id desc limit $2`,
    [now, limit],
  );
  return rows.map(readInvitation);
}

export async function selectInvitation(from: Reader, tokenHash: string, now: Date): Promise<Invitation | undefined> {
  const { rows } = await from.query<InvitationRow>(
    `select ${invitationColumns} from auth.invitations where token_hash = $1 and expires_at > $2`,
    [tokenHash, now],
  );
  return rows[0] === undefined ? undefined : readInvitation(rows[0]);
}

/** Removes it, so that of two that come with it at once one gets nothing. */
export async function takeInvitation(tx: Tx, tokenHash: string, now: Date): Promise<Invitation | undefined> {
  const { rows } = await tx.query<InvitationRow>(
    `delete from auth.invitations where token_hash = $1 and expires_at > $2 returning ${invitationColumns}`,
    [tokenHash, now],
  );
  return rows[0] === undefined ? undefined : readInvitation(rows[0]);
}

/** The one that is open for this address. */
export async function selectInvitationOf(tx: Tx, email: string, now: Date): Promise<Invitation | undefined> {
  const { rows } = await tx.query<InvitationRow>(
    `select ${invitationColumns} from auth.invitations where email_key = $1 and expires_at > $2`,
    [normalizeEmail(email), now],
  );
  return rows[0] === undefined ? undefined : readInvitation(rows[0]);
}

/** Whoever asks holds the lock on users, so nobody takes it until the transaction ends. */
export async function selectInvitationById(tx: Tx, id: string): Promise<Invitation | undefined> {
  const { rows } = await tx.query<InvitationRow>(`select ${invitationColumns} from auth.invitations where id = $1`, [
    id,
  ]);
  return rows[0] === undefined ? undefined : readInvitation(rows[0]);
}

export async function deleteInvitationRow(tx: Tx, id: string): Promise<void> {
  await tx.query('delete from auth.invitations where id = $1', [id]);
}

/** What a person who lost their rights had handed out: links to passwords, and invitations to roles beyond those given. */
export async function deleteLinksMadeBy(tx: Tx, userId: string, stillGiven: readonly Role[]): Promise<void> {
  await tx.query('delete from auth.reset_links where made_by = $1', [userId]);
  await tx.query('delete from auth.invitations where invited_by = $1 and role <> all($2::text[])', [
    userId,
    [...stillGiven],
  ]);
}

// All SQL on the networks that accounts were signed in to from.
import type { Tx } from '../../platform/db/database.ts';

export async function selectIsKnown(tx: Tx, account: string, network: string, since: Date): Promise<boolean> {
  const { rowCount } = await tx.query(
    'select from auth.known_networks where account = $1 and network = $2 and last_at >= $3',
    [account, network, since],
  );
  return rowCount > 0;
}

export async function upsertKnown(tx: Tx, account: string, network: string, now: Date): Promise<void> {
  await tx.query(
    `insert into auth.known_networks (account, network, last_at) values ($1, $2, $3)
     on conflict (account, network) do update set last_at = greatest(known_networks.last_at, excluded.last_at)`,
    [account, network, now],
  );
}

/** What is old, and the oldest of what is more than `most`. */
export async function pruneKnown(tx: Tx, account: string, since: Date, most: number): Promise<void> {
  await tx.query(
    `delete from auth.known_networks where account = $1 and (last_at < $2 or network in (
       select network from auth.known_networks where account = $1 order by last_at desc, network offset $3
     ))`,
    [account, since, most],
  );
}

/** What is old, of whatever account. */
export async function deleteOldKnown(tx: Tx, since: Date): Promise<number> {
  const { rowCount } = await tx.query('delete from auth.known_networks where last_at < $1', [since]);
  return rowCount;
}

// Who else works on a database. Nobody on the embedded one: its folder is held by one process.
import type { Database } from './handles.ts';

/** Connections of other processes of this program. The handle must have one connection, else it counts its own. */
export async function countOtherInstances(database: Database): Promise<number> {
  if (database.kind === 'embedded') return 0;
  const { rows } = await database.query<{ count: number }>(
    `select count(*) as count from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid() and application_name like 'gathering%'`,
  );
  return rows[0]?.count ?? 0;
}

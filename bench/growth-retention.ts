// What `bench:growth` measures of retention: every row of the tables that grew is made old, the server's own sweep removes what is
// older than the settings say, and the rows are counted again. The audit record is never swept.
import { listEventsRoute } from '@gathering/contract/events';
import type { Database, Tx } from '../packages/server/src/platform/db/database.ts';
import { askDatabase, type DatabaseKind, launchServer, type Place, waitUntil } from './real-server.ts';
import { printTable } from './report.ts';

/** Rows by table. */
export type Counts = ReadonlyMap<string, number>;

interface Grown {
  readonly table: string;
  readonly before: number;
  readonly after: number;
  readonly swept: number;
}

export interface Retention {
  readonly grown: readonly Grown[];
  /** Rows beyond those that were there before the load, of tables that are swept. */
  readonly kept: number;
  /** From the server's start to the end of its first sweep. */
  readonly sweptMs: number;
  readonly bytes: { readonly loaded: number; readonly swept: number };
}

/** Tables that grow by less tell nothing. */
const leastGrowth = 100;
/** Only ever added to, and the database refuses to change it. */
const isRecord = (table: string): boolean => table.startsWith('audit.');

export function readCounts(database: Database): Promise<Counts> {
  return database.transaction(async (tx) => {
    await tx.query(
      `create function pg_temp.count_rows(counted regclass) returns bigint language plpgsql as $$
         declare found bigint;
         begin execute format('select count(*) from %s', counted) into found; return found; end $$`,
    );
    const { rows } = await tx.query<{ table: string; count: number }>(
      `select t.schemaname || '.' || t.tablename as "table", pg_temp.count_rows(format('%I.%I', t.schemaname, t.tablename)::regclass)::int as count
         from pg_tables t join pg_class c on c.oid = format('%I.%I', t.schemaname, t.tablename)::regclass
        where t.schemaname not in ('pg_catalog', 'information_schema') and c.relkind = 'r'`,
    );
    await tx.query('drop function pg_temp.count_rows(regclass)');
    return new Map(rows.map(({ table, count }) => [table, count]));
  });
}

/** Moves every time of these tables into the past. */
async function makeOld(tx: Tx, tables: readonly string[], days: number): Promise<void> {
  await tx.query(
    `create function pg_temp.make_old(moved regclass, days integer) returns void language plpgsql as $$
       declare changes text;
       begin
         select string_agg(format('%1$I = %1$I - make_interval(days => %2$s)', attname, days), ', ') into changes
           from pg_attribute where attrelid = moved and atttypid = 'timestamptz'::regtype and attgenerated = '' and not attisdropped;
         if changes is not null then execute format('update %s set %s', moved, changes); end if;
       end $$`,
  );
  await tx.query('select pg_temp.make_old(name::regclass, $2) from unnest($1::text[]) as name', [tables, days]);
  await tx.query('drop function pg_temp.make_old(regclass, integer)');
}

const sizeOf = async (database: Database): Promise<number> => {
  const { rows } = await database.query<{ bytes: number }>(
    'select pg_database_size(current_database())::float8 as bytes',
  );
  return rows[0]?.bytes ?? 0;
};

/** A server sweeps first when it has run for five minutes. */
const sweepWithinMs = 600_000;

export async function measureRetention(
  place: Place,
  { before, after, retentionDays }: { before: Counts; after: Counts; retentionDays: number },
): Promise<Retention> {
  const grew = [...after].filter(([table, count]) => count - (before.get(table) ?? 0) >= leastGrowth);
  const loaded = await askDatabase(place, async (database) => {
    const tables = grew.map(([table]) => table).filter((table) => !isRecord(table));
    await database.transaction((tx) => makeOld(tx, tables, retentionDays + 1));
    return sizeOf(database);
  });
  const server = await launchServer(place);
  const call = await server.signIn();
  const type = 'operations.rows-removed' as const;
  await waitUntil(
    'the first sweep has ended',
    async () => (await call(listEventsRoute, { query: { type, limit: 1 } })).items.length > 0,
    sweepWithinMs,
  );
  const sweptMs = Date.now() - server.spawnedAt.getTime();
  await server.stop();
  const [swept, bytes] = await askDatabase(
    place,
    async (database) => [await readCounts(database), await sizeOf(database)] as const,
  );
  const grown = grew.map(([table, count]) => {
    return { table, before: before.get(table) ?? 0, after: count, swept: swept.get(table) ?? 0 };
  });
  const kept = grown.reduce((sum, one) => sum + (isRecord(one.table) ? 0 : Math.max(0, one.swept - one.before)), 0);
  if (kept >= leastGrowth) throw new Error(`Retention left ${kept} rows: ${JSON.stringify(grown)}.`);
  return { grown, kept, sweptMs, bytes: { loaded, swept: bytes } };
}

export function printRetention(kind: DatabaseKind, { grown, sweptMs, bytes }: Retention): void {
  const mb = (count: number): string => `${(count / 2 ** 20).toFixed(0)} MB`;
  console.log(`\nRows on the ${kind} database, swept ${(sweptMs / 1000).toFixed(0)} s after the start:`);
  printTable([
    ['table', 'before', 'after the load', 'after the sweep'],
    ...grown.map(({ table, before, after, swept }) => [table, String(before), String(after), String(swept)]),
    ['whole database', '', mb(bytes.loaded), mb(bytes.swept)],
  ]);
}

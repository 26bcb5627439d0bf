// Reading rows in the order of their commits: how far it is safe to go, as a part of a statement.

/**
 * The oldest transaction that ran when the statement's snapshot was taken, hence whose rows the statement cannot see.
 * A server counts transactions for all of its databases at once: one that is known to belong to another database cannot
 * write here and would only make readers wait. One that is not known to, is waited for.
 */
export const horizonText = `horizon as materialized (
  select pg_snapshot_xmax(pg_current_snapshot()) as next, coalesce((
    select running from pg_snapshot_xip(pg_current_snapshot()) as running
    where not exists (
      select from pg_stat_activity as other
      where other.backend_xid = running::xid
        and other.datid <> (select oid from pg_database where datname = current_database())
    )
    order by running limit 1
  ), pg_snapshot_xmax(pg_current_snapshot())) as xid
)`;

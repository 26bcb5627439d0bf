// What a server's own upkeep does within a minute and nobody on the embedded database: the planner learns of tables that have
// grown. Until then it takes a table for what it was, and walks through all of a large one for a page.
import type { Database } from './handles.ts';

// By their size on disk, which, unlike the counts of changed rows, is known after a crash as well. Of a few pages any plan is good.
const analyzeGrownText = `do $$
declare grown record;
begin
  for grown in
    select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema')
       and pg_relation_size(c.oid) > (32 + 1.25 * c.relpages) * current_setting('block_size')::int
  loop
    execute format('analyze %I.%I', grown.nspname, grown.relname);
  end loop;
end $$`;

/** Looks again at tables that are larger by a quarter than when they were looked at last. */
export function analyzeGrown(database: Database): Promise<void> {
  return database.exec(analyzeGrownText);
}

// A whole server inside of the test's process: every reply is checked against the contract, and the test can look into
// its database beside it, also where that lets in one process only.

import { startServer } from '../src/boot/start-server.ts';
import type { Config } from '../src/platform/config.ts';
import { readConfig } from '../src/platform/config.ts';
import type { Database } from '../src/platform/db/database.ts';
import { createLog } from '../src/platform/log.ts';
import type { DatabasePlace } from './db.ts';
import { type Environment, environmentOf, owner } from './server-process.ts';

export interface InProcessServer {
  readonly url: string;
  readonly config: Config;
  readonly database: Database;
  stop(): Promise<void>;
}

/** Whoever calls this stops it, before its database is removed. */
export async function startInProcess(place: DatabasePlace, more: Environment = {}): Promise<InProcessServer> {
  const {
    PATH: _path,
    HOME: _home,
    TMPDIR: _folder,
    ...settings
  } = environmentOf(place, {
    PORT: '0',
    GATHERING_OWNER_EMAIL: owner.email,
    GATHERING_OWNER_PASSWORD: owner.password,
    GATHERING_DRAIN_MS: '2000',
    ...more,
  });
  const config = readConfig(settings);
  const server = await startServer({
    config,
    log: createLog('silent'),
    withDashboard: false,
    checkReplies: true,
    onLost: (error) => {
      throw error;
    },
  });
  return { url: server.url, config, database: server.open.ground.database, stop: server.stop };
}

/**
 * What every table holds, as one hash each: any row that is added, changed or removed shows. Aside: audit, what is counted of
 * requests, and how far the scheduler has looked. That a session or key was used is no change.
 */
export async function hashTables(database: Database): Promise<Record<string, string>> {
  const { rows } = await database.query<{ name: string }>(
    `select quote_ident(schemaname) || '.' || quote_ident(tablename) as name from pg_tables
      where schemaname || '.' || tablename not in ('auth.token_refusals', 'schedule.progress')
        and (schemaname not in ('pg_catalog', 'information_schema', 'audit', 'pgboss', 'rate') or (schemaname = 'pgboss' and tablename like 'j%'))
      order by 1`,
  );
  const hashes: Record<string, string> = {};
  for (const { name } of rows) {
    const { rows: found } = await database.query<{ hash: string }>(
      `select count(*) || ' ' || coalesce(md5(string_agg(kept, '|' order by kept)), '') as hash
         from (select (to_jsonb(t) - '{last_seen_at,last_used_at,watched_until}'::text[])::text as kept from ${name} t) as rows`,
    );
    hashes[name] = found[0]?.hash ?? '';
  }
  return hashes;
}

// The database for a command that needs nothing else of a server: opened, known to be of this version, and closed again.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { migrationsFolder } from '../boot/open-ground.ts';
import type { Ground } from '../ctx.ts';
import { systemClock } from '../platform/clock.ts';
import type { Config } from '../platform/config.ts';
import { openDatabase } from '../platform/db/database.ts';
import { pendingMigrations } from '../platform/db/migrate.ts';
import { systemIds } from '../platform/ids.ts';
import { createLog } from '../platform/log.ts';
import { CommandFailure } from './command.ts';

export type BareGround = Pick<Ground, 'config' | 'database' | 'clock' | 'ids' | 'log'>;

/** Throws CommandFailure where there is no database yet, or one of another version. */
export async function withGround<T>(
  config: Config & { readonly poolSize?: number },
  work: (ground: BareGround) => Promise<T>,
): Promise<T> {
  // Opening would make it.
  if (config.databaseUrl === undefined && !existsSync(join(config.dataDir, 'db')))
    throw new CommandFailure(`There is no database in ${config.dataDir}. Name its folder with GATHERING_DATA_DIR.`);
  const log = createLog(config.logLevel === 'info' ? 'warn' : config.logLevel);
  const database = await openDatabase({ ...config, log });
  try {
    const pending = await pendingMigrations(database, migrationsFolder);
    if (pending.length > 0)
      throw new CommandFailure(
        `The database is of an earlier version: ${pending.join(', ')} is to be applied. Run \`gathering migrate\` first.`,
      );
    return await work({ config, database, clock: systemClock, ids: systemIds, log });
  } finally {
    await database.close();
  }
}

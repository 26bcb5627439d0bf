// `gathering migrate`: brings the database to this version and says what it did.
import { migrationsFolder } from '../boot/open-ground.ts';
import { readConfig } from '../platform/config.ts';
import { openDatabase } from '../platform/db/database.ts';
import { migrate, pendingMigrations } from '../platform/db/migrate.ts';
import { createLog } from '../platform/log.ts';
import type { Command } from './command.ts';

export const migrateCommand: Command = {
  name: 'migrate',
  summary: 'Bring the database to this version; a server does so at its start as well.',
  usage: 'gathering migrate [--check]',
  positionals: { min: 0, max: 0 },
  options: [{ name: 'check', description: 'Change nothing; exit 1 when there is something to do.' }],
  run: async ({ flags, env }) => {
    const config = readConfig(env);
    const log = createLog(config.logLevel === 'info' ? 'warn' : config.logLevel);
    const database = await openDatabase({ ...config, log });
    try {
      if (flags.has('check')) {
        const pending = await pendingMigrations(database, migrationsFolder);
        process.stdout.write(
          pending.length === 0 ? 'The database is current.\n' : `To be applied: ${pending.join(', ')}\n`,
        );
        return pending.length === 0 ? 0 : 1;
      }
      const { applied } = await migrate(database, migrationsFolder, log);
      process.stdout.write(
        applied.length === 0 ? 'The database was current already.\n' : `Applied: ${applied.join(', ')}\n`,
      );
      return 0;
    } finally {
      await database.close();
    }
  },
};

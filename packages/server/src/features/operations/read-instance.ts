// What this server is: version, database, age.
import { resolve } from 'node:path';
import type { readInstanceRoute } from '@gathering/contract/operations';
import type { ReplyOf } from '@gathering/contract/route';
import type { Ctx } from '../../ctx.ts';
import { healthPorts } from './check-ready.ts';
import { selectDatabaseBytes } from './store.ts';

export async function readInstance(ctx: Ctx): Promise<ReplyOf<typeof readInstanceRoute>> {
  const { version, database, config, clock } = ctx;
  return {
    version,
    database: database.kind,
    databaseBytes: await selectDatabaseBytes(database),
    dataDir: database.kind === 'embedded' ? resolve(config.dataDir) : null,
    startedAt: (healthPorts()?.startedAt ?? clock.now()).toISOString(),
  };
}

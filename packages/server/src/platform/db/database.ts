// The door to the database: `openDatabase` opens the embedded one in the data folder, or a server where an address is given.
import type { Log } from '../log.ts';
import type { Database } from './handles.ts';

export { DatabaseUnavailable, DataFolderBusy, DataFolderFault } from './failures.ts';
export type { Database, SqlResult, SqlValues, Tx } from './handles.ts';

export interface DatabaseOptions {
  dataDir: string;
  /** A PostgreSQL server; without it the embedded database in `<dataDir>/db` is opened. */
  databaseUrl?: string | undefined;
  /** For LISTEN, where `databaseUrl` leads to a connection pooler that cannot do it. */
  databaseDirectUrl?: string | undefined;
  /** Connections to the server, LISTEN's not counted. */
  poolSize?: number | undefined;
  /** True: every commit of the embedded database is on disk when it returns. */
  embeddedFsync: boolean;
  log: Log;
}

/** Throws DatabaseUnavailable, DataFolderBusy or DataFolderFault, each a sentence for the person who started the program. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  if (options.databaseUrl !== undefined) {
    const { openServer } = await import('./open-server.ts');
    return openServer({
      url: options.databaseUrl,
      directUrl: options.databaseDirectUrl ?? options.databaseUrl,
      poolSize: options.poolSize ?? 16,
      log: options.log,
    });
  }
  const { openEmbedded } = await import('./open-embedded.ts');
  return openEmbedded({ dataDir: options.dataDir, fsync: options.embeddedFsync, log: options.log });
}

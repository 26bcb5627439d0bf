// The server that holds the data folder, if one does: commands work through it instead of opening the folder.
import { type Client, createClient } from '@gathering/contract/client';
import { readServerAddress } from '../boot/server-address.ts';
import { readLocalToken } from '../features/auth/index.ts';
import type { Config } from '../platform/config.ts';
import { readDataFolderHolder } from '../platform/db/data-folder-lock.ts';
import { CommandFailure } from './command.ts';

export interface HoldingServer {
  readonly url: string;
  /** May do what the owner may. */
  readonly call: Client;
}

/** Undefined: nobody holds the folder. Throws CommandFailure when a process holds it that offers no server. */
export async function findHoldingServer({ dataDir, databaseUrl }: Config): Promise<HoldingServer | undefined> {
  const holder = databaseUrl === undefined ? await readDataFolderHolder(dataDir) : undefined;
  if (holder === undefined) return undefined;
  const [address, token] = await Promise.all([readServerAddress(dataDir), readLocalToken(dataDir)]);
  if (address === null || address.pid !== holder.pid || token === null) {
    throw new CommandFailure(
      `Process ${holder.pid} works on the data folder ${dataDir} and offers no server to go through. Wait for its end, or name another folder with GATHERING_DATA_DIR.`,
    );
  }
  return { url: address.url, call: createClient({ baseUrl: address.url, token: () => token }) };
}

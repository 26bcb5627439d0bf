// The names that a pipeline file may refer to in this installation, found without changing anything: for telling all faults
// of a file at once, also those that only the installation knows of.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { listAgentsRoute } from '@gathering/contract/agents';
import type { KnownNames } from '@gathering/contract/check-graph';
import { allTools } from '../boot/tools.ts';
import { listAgentRefs, readyAgents } from '../features/agents/index.ts';
import type { Config } from '../platform/config.ts';
import { openDatabase } from '../platform/db/database.ts';
import { createLog } from '../platform/log.ts';
import { findHoldingServer, type HoldingServer } from './find-server.ts';

/** Agents are left out where they cannot be read: then faults of their names are told when the rest is mended. */
export async function findKnownNames(config: Config): Promise<KnownNames> {
  const tools = new Set(allTools.map(({ name }) => name));
  try {
    return { tools, agents: await findAgents(config) };
  } catch {
    // The file is what is at fault; what stands in the database's way is told by whoever needs the database.
    return { tools };
  }
}

async function findAgents(config: Config): Promise<Set<string>> {
  const server = await findHoldingServer(config);
  if (server !== undefined) return listAgentsOf(server);
  if (config.databaseUrl === undefined && !existsSync(join(config.dataDir, 'db')))
    return new Set(readyAgents.map(({ handle }) => handle));
  const database = await openDatabase({ ...config, log: createLog('silent') });
  try {
    return await listAgentRefs({ database });
  } finally {
    await database.close();
  }
}

async function listAgentsOf({ call }: HoldingServer): Promise<Set<string>> {
  const names = new Set<string>();
  let cursor: string | undefined;
  do {
    const page = await call(listAgentsRoute, { query: { limit: 200, cursor } });
    for (const { id, handle } of page.items) names.add(id).add(handle);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return names;
}

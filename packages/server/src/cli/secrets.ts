// `gathering secrets rotate`: a new key for stored secrets, and everything sealed anew with it. Cut off at any point it
// leaves everything readable, and goes on when it is run again.

import { mkdir } from 'node:fs/promises';
import { systemActor } from '../boot/make-ctx.ts';
import { allSealedPlaces } from '../boot/sealed-places.ts';
import { resealSecrets } from '../features/operations/index.ts';
import { readConfig } from '../platform/config.ts';
import { acquireDataFolderLock } from '../platform/db/data-folder-lock.ts';
import { countOtherInstances } from '../platform/db/other-instances.ts';
import { beginKeyChange, endKeyChange } from '../platform/secret-key-file.ts';
import { checkSecretKey, openSecrets } from '../platform/secrets.ts';
import { type Command, CommandFailure, UsageFault } from './command.ts';
import { findHoldingServer } from './find-server.ts';
import { type BareGround, withGround } from './with-ground.ts';

const say = (line: string) => process.stdout.write(`${line}\n`);

export const secretsCommand: Command = {
  name: 'secrets',
  summary: 'Replace the key of stored secrets and seal all of them anew.',
  usage: 'gathering secrets rotate',
  positionals: { min: 1, max: 1 },
  options: [],
  run: async ({ positionals: [what], env }) => {
    if (what !== 'rotate')
      throw new UsageFault(`There is no "gathering secrets ${what}". See \`gathering secrets --help\`.`);
    const config = readConfig(env);
    checkSecretKey(config);
    if (config.secretKey !== undefined && config.previousSecretKey === undefined)
      throw new UsageFault(
        'The key is in GATHERING_SECRET_KEY: give a new one there, and the one until now in GATHERING_SECRET_KEY_PREVIOUS.',
      );
    const server = await findHoldingServer(config);
    if (server !== undefined)
      throw new CommandFailure(
        `The server at ${server.url} works with the present key. Stop it first, then run this again.`,
      );
    // One connection, and none to a pooler: who else is connected can be told apart then.
    const alone = { ...config, databaseUrl: config.databaseDirectUrl ?? config.databaseUrl, poolSize: 1 };
    return withGround(alone, (ground) =>
      config.secretKey === undefined ? changeKeyFile(ground) : resealByEnvironment(ground),
    );
  },
};

async function changeKeyFile(ground: BareGround): Promise<number> {
  const { dataDir, databaseUrl } = ground.config;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  // The embedded database holds the folder already.
  const lock = databaseUrl === undefined ? undefined : await acquireDataFolderLock(dataDir);
  try {
    await refuseOthers(ground);
    beginKeyChange(dataDir);
    // Whoever came in between may have read the old key only; whoever comes from now on reads both.
    await refuseOthers(ground);
    const counts = await reseal(ground);
    endKeyChange(dataDir);
    describe(counts);
    if (databaseUrl !== undefined)
      say(
        'Other instances on this database need the same key: copy secret.key to their data folders before they start.',
      );
    return 0;
  } finally {
    lock?.release();
  }
}

async function refuseOthers({ database }: BareGround): Promise<void> {
  const others = await countOtherInstances(database);
  if (others > 0)
    throw new CommandFailure(
      `${others} connections of other instances are open to this database, and they work with the present key. Stop them first, then run this again.`,
    );
}

async function resealByEnvironment(ground: BareGround): Promise<number> {
  describe(await reseal(ground));
  say('GATHERING_SECRET_KEY_PREVIOUS is not needed any more.');
  return 0;
}

function reseal(ground: BareGround): Promise<Record<string, number>> {
  const { database, clock, ids, config } = ground;
  const ctx = {
    clock,
    ids,
    secrets: openSecrets(config),
    actor: systemActor('command-line'),
    requestId: null,
    tx: database.transaction,
  };
  return resealSecrets(ctx, allSealedPlaces);
}

function describe(counts: Readonly<Record<string, number>>): void {
  for (const [place, count] of Object.entries(counts)) say(`${place}: ${count} sealed anew.`);
  say('Every secret is sealed with the new key.');
}

// Opens what lives as long as the process, in the order in which one needs the other, and closes it in reverse.
import { fileURLToPath } from 'node:url';
import type { Ctx, Ground } from '../ctx.ts';
import { actorMay, findActor } from '../features/auth/index.ts';
import { type EventFeed, openEventFeed } from '../features/events/index.ts';
import { tellBreakerChanged, tellDeadLetters } from '../features/operations/index.ts';
import { type OpenQueue, openQueue } from '../jobs/open-queue.ts';
import type { Tool } from '../llm/tool.ts';
import { openBreakers } from '../platform/breakers.ts';
import { createDeltaBus } from '../platform/bus.ts';
import { systemClock } from '../platform/clock.ts';
import type { Config } from '../platform/config.ts';
import { openDatabase } from '../platform/db/database.ts';
import { migrate } from '../platform/db/migrate.ts';
import { openEgress } from '../platform/egress.ts';
import { systemIds } from '../platform/ids.ts';
import type { Log } from '../platform/log.ts';
import { openRateLimiter } from '../platform/rate-limiter.ts';
import { checkSecretKey, openSecrets } from '../platform/secrets.ts';
import { allJobs } from './jobs.ts';
import { systemActor } from './make-ctx.ts';
import { registerReactions } from './reactions.ts';
import { allTools, makeToolBox } from './tools.ts';
import { readVersion } from './version.ts';

export const migrationsFolder = fileURLToPath(new URL('../../migrations', import.meta.url));
export const examplesFolder = fileURLToPath(new URL('../../../../examples', import.meta.url));

export interface OpenGround {
  readonly ground: Ground;
  readonly queue: OpenQueue<Ctx>;
  readonly feed: EventFeed;
  /** Told once the server listens. */
  setServerUrl(url: string): void;
  close(): Promise<void>;
}

/** Opens and migrates the database. Throws a sentence for the person who started the program; nothing is left open then. */
export async function openGround(config: Config, log: Log, tools: readonly Tool[] = allTools): Promise<OpenGround> {
  const closers: Array<() => Promise<void>> = [];
  const close = async (): Promise<void> => {
    for (const one of closers.splice(0).reverse()) await one();
  };
  try {
    // A key that cannot be used stops the start before anything is made.
    checkSecretKey(config);
    const database = await openDatabase({
      dataDir: config.dataDir,
      databaseUrl: config.databaseUrl,
      databaseDirectUrl: config.databaseDirectUrl,
      embeddedFsync: config.embeddedFsync,
      log,
    });
    closers.push(() => database.close());
    await migrate(database, migrationsFolder, log);
    const secrets = openSecrets(config);
    const egress = openEgress({ allow: config.egressAllow.map(({ host, port }) => `${host}:${port}`) });
    closers.push(() => egress.close());
    const rates = openRateLimiter(database, config.rateFactor);
    closers.push(async () => rates.close());
    const breakers = openBreakers({
      database,
      clock: systemClock,
      log,
      onChange: (tx, change) => tellBreakerChanged({ clock: systemClock, actor: systemActor('breakers') }, tx, change),
    });
    const deltas = createDeltaBus(database, log);
    closers.push(() => deltas.close());
    const feed = await openEventFeed(database, log);
    closers.push(() => feed.close());
    const queue = await openQueue<Ctx>(database, log, allJobs, (tx, letters) =>
      tellDeadLetters({ clock: systemClock, actor: systemActor('queue') }, tx, letters),
    );
    closers.push(() => queue.close());
    registerReactions();
    let serverUrl = config.publicUrl ?? `http://${config.host}:${config.port}`;
    const setServerUrl = (url: string): void => {
      serverUrl = url;
    };
    const ground: Ground = {
      config,
      database,
      clock: systemClock,
      ids: systemIds,
      secrets,
      egress,
      rates,
      breakers,
      queue,
      tools: makeToolBox(tools),
      deltas,
      log,
      serverUrl: () => serverUrl,
      judge: actorMay,
      findActor: (name, scopes) => findActor(database, name, scopes),
      version: readVersion(),
    };
    return { ground, queue, feed, setServerUrl, close };
  } catch (error) {
    await close();
    throw error;
  }
}

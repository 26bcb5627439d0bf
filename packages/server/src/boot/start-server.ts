// A whole server in one process: every role, in the order in which it becomes useful, and its orderly end.
import { createServer as createProbe } from 'node:net';
import { ensureOwner, removeLocalToken, writeLocalToken } from '../features/auth/index.ts';
import { registerHealth } from '../features/operations/index.ts';
import type { Config } from '../platform/config.ts';
import { Drain } from '../platform/http/drain.ts';
import type { Log } from '../platform/log.ts';
import { AddressFault } from './address-fault.ts';
import { type Api, openApi } from './api.ts';
import { buildDashboard, dashboardFolder } from './build-dashboard.ts';
import { startClock } from './clock.ts';
import { loadFirstRows } from './load-first-rows.ts';
import { makeCtx, systemActor } from './make-ctx.ts';
import { migrationsFolder, type OpenGround, openGround } from './open-ground.ts';
import { removeServerAddress, writeServerAddress } from './server-address.ts';
import { startWorker } from './worker.ts';

export interface RunningServer {
  readonly url: string;
  /** Where the owner's password is set; null: there is an owner. */
  readonly setupUrl: string | null;
  readonly open: OpenGround;
  /** Resolves when the dashboard is built; rejects with the build's words. */
  readonly dashboard: Promise<void>;
  /** Drains and closes; a second call waits for the first. */
  stop(): Promise<void>;
}

export interface ServerOptions {
  readonly config: Config;
  readonly log: Log;
  readonly withDashboard: boolean;
  readonly checkReplies?: boolean;
  /** The embedded database broke: nothing can be saved any more. */
  readonly onLost: (error: Error) => void;
}

/** Throws a sentence for the person who started it; nothing is changed and nothing stays open then. */
export async function startServer({
  config,
  log,
  withDashboard,
  checkReplies = false,
  onLost,
}: ServerOptions): Promise<RunningServer> {
  await refuseTakenAddress(config);
  const dashboard = withDashboard ? buildDashboard(log) : Promise.resolve();
  // Told of by whoever waits for it; until then a failed build is no crash.
  dashboard.catch(() => undefined);
  const open = await openGround(config, log);
  const drain = new Drain();
  let api: Api | null = null;
  try {
    open.ground.database.onLost(onLost);
    await loadFirstRows(open);
    const ctx = makeCtx(open.ground, { actor: systemActor('first-start') });
    const { setupToken } = await ensureOwner(ctx);
    registerHealth({
      migrationsFolder,
      workerBeat: () => open.queue.workerBeat(),
      isDraining: () => drain.draining,
      startedAt: open.ground.clock.now(),
    });
    await startWorker(open);
    const localToken = await writeLocalToken(config.dataDir);
    api = await openApi({
      open,
      drain,
      localToken,
      dashboard: withDashboard ? dashboardFolder : undefined,
      checkReplies,
    });
    const address = await listenOrExplain(api, config);
    await writeServerAddress(config.dataDir, address);
    const url = config.publicUrl ?? address;
    open.setServerUrl(url);
    const stopClock = startClock(open);
    const close = async (api: Api): Promise<void> => {
      drain.begin();
      await Promise.all([open.queue.drain(config.drainMs), api.close(config.drainMs)]);
      await stopClock();
      await Promise.all([removeLocalToken(config.dataDir), removeServerAddress(config.dataDir)]);
      await open.close();
    };
    const running = api;
    let stopping: Promise<void> | null = null;
    return {
      url,
      setupUrl: setupToken === null ? null : `${url}/setup?token=${setupToken}`,
      open,
      dashboard,
      stop: () => {
        stopping ??= close(running);
        return stopping;
      },
    };
  } catch (error) {
    await open.queue.drain(0);
    await api?.close(0);
    await open.close();
    throw error;
  }
}

/** Before anything is opened, so that a second start changes nothing. */
async function refuseTakenAddress(config: Config): Promise<void> {
  if (config.port === 0) return;
  await new Promise<void>((resolve, reject) => {
    const probe = createProbe();
    probe.once('error', (error: NodeJS.ErrnoException) => reject(explainAddress(error, config)));
    probe.listen({ host: config.host, port: config.port, exclusive: true }, () => probe.close(() => resolve()));
  });
}

async function listenOrExplain(api: Api, config: Config): Promise<string> {
  try {
    return await api.listen();
  } catch (error) {
    throw explainAddress(error as NodeJS.ErrnoException, config);
  }
}

function explainAddress(error: NodeJS.ErrnoException, { host, port }: Config): Error {
  const words: Record<string, string> = {
    EADDRINUSE: `Port ${port} on ${host} is taken by another program. Stop that program, or choose another port with PORT=<number>.`,
    EACCES: `This user may not listen on port ${port}. Choose a port above 1023 with PORT=<number>.`,
    EADDRNOTAVAIL: `This machine has no address ${host}. Choose one that it has with HOST=<address>, for example 127.0.0.1.`,
    ENOTFOUND: `The name ${host} cannot be resolved. Choose an address of this machine with HOST=<address>, for example 127.0.0.1.`,
  };
  return new AddressFault(words[error.code ?? ''] ?? `The server cannot listen on ${host}:${port}: ${error.message}.`, {
    cause: error,
  });
}

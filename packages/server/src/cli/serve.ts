// `gathering serve`: the server with its dashboard, until it is told to stop.
import { flushCompileCache } from 'node:module';
import { startServer } from '../boot/start-server.ts';
import { readConfig } from '../platform/config.ts';
import { createLog } from '../platform/log.ts';
import type { Command } from './command.ts';

export const serveCommand: Command = {
  name: 'serve',
  summary: 'Run the server: API, dashboard, workers and clock in one process.',
  usage: 'gathering serve [--no-dashboard]',
  positionals: { min: 0, max: 0 },
  options: [{ name: 'no-dashboard', description: 'Serve the API only; builds nothing.' }],
  run: async ({ flags, env }) => {
    const config = readConfig(env);
    const log = createLog(config.logLevel);
    const ended = Promise.withResolvers<number>();
    const say = (text: string) => process.stdout.write(`${text}\n`);
    say('Starting GatheRing ...');
    const server = await startServer({
      config,
      log,
      withDashboard: !flags.has('no-dashboard'),
      onLost: (error) => {
        log.fatal({ err: error }, 'The database broke; the server ends and can be started again');
        ended.resolve(1);
      },
    });
    server.dashboard.catch((error: unknown) =>
      log.error({ err: error }, 'The dashboard could not be built; the API works without it'),
    );
    say(`GatheRing is ready at ${server.url}`);
    // Now, since a server may be killed instead of ended.
    flushCompileCache();
    if (server.setupUrl !== null) say(`Set the owner's password with this one-time link:\n  ${server.setupUrl}`);
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => {
        say(`${signal}: ending; running work gets up to ${config.drainMs} ms ...`);
        server.stop().then(
          () => ended.resolve(0),
          (error: unknown) => {
            log.error({ err: error }, 'The server did not end in order');
            ended.resolve(1);
          },
        );
      });
    }
    const code = await ended.promise;
    // Whatever library still holds a handle must not keep a server that has ended.
    process.exit(code);
  },
};

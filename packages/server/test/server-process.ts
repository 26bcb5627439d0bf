// The real program as a child process on a place of the test's own: started, killed, stopped, started again.
// Whatever is still running when the test (or, started in beforeAll, the group) ends is killed before its database goes.
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, TestRunner } from 'vitest';
import type { DatabasePlace } from './db.ts';
import { waitFor } from './wait-for.ts';

export const program = fileURLToPath(new URL('../src/main.ts', import.meta.url));
export const owner = { email: 'owner@example.org', password: 'a long test sentence' } as const;

export interface ProgramEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface RunningProgram {
  readonly pid: number;
  /** Standard output and error so far. */
  stdout(): string;
  stderr(): string;
  send(signal: NodeJS.Signals): void;
  /** As a power cut: no handler of the program runs. */
  kill(): Promise<void>;
  readonly ended: Promise<ProgramEnd>;
}

export interface ServerProcess extends RunningProgram {
  readonly url: string;
  /** Asks it to end in order. */
  stop(): Promise<ProgramEnd>;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** What a program needs of this machine, and nothing of the settings that the tests were started with. */
export function environmentOf(place: Pick<DatabasePlace, 'dataDir' | 'databaseUrl'>, more: Environment = {}) {
  const { PATH, HOME, TMPDIR } = process.env;
  return {
    PATH,
    HOME,
    TMPDIR,
    GATHERING_DATA_DIR: place.dataDir,
    DATABASE_URL: place.databaseUrl,
    GATHERING_EMBEDDED_FSYNC: 'off',
    GATHERING_LOG_LEVEL: 'warn',
    // Everything is counted as in the product, and no test runs into a limit that it does not set itself.
    GATHERING_RATE_LIMITS: '1000',
    ...more,
  };
}

export function startProgram(args: readonly string[], env: Environment, cwd?: string): RunningProgram {
  const child = spawn(process.execPath, [program, ...args], { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const words = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      words[name] += chunk;
    });
  const ended = endOf(child);
  return {
    pid: child.pid ?? 0,
    stdout: () => words.stdout,
    stderr: () => words.stderr,
    send: (signal) => void child.kill(signal),
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
    ended,
  };
}

/** 'close' and not 'exit': its last words have been read by then. */
function endOf(child: ChildProcess): Promise<ProgramEnd> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
}

export interface ProgramResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command of the program to its end. */
export async function runProgram(args: readonly string[], env: Environment, cwd?: string): Promise<ProgramResult> {
  const running = startProgram(args, env, cwd);
  const { code } = await running.ended;
  return { code, stdout: running.stdout(), stderr: running.stderr() };
}

export interface ServerOptions {
  readonly env?: Environment;
  readonly port?: number;
}

export type StartServer = (place: DatabasePlace, options?: ServerOptions) => Promise<ServerProcess>;

/** Call it in the body of a group; what it starts ends before the databases of the group do. */
export function serversOfGroup(): StartServer {
  const ofGroup: RunningProgram[] = [];
  const ofTest: RunningProgram[] = [];
  const end = async (programs: RunningProgram[]): Promise<void> => {
    await Promise.all(programs.splice(0).map((one) => one.kill()));
  };
  afterEach(() => end(ofTest));
  afterAll(() => end(ofGroup));
  return async (place, options = {}) => {
    const server = launchServer(place, options);
    (TestRunner.getCurrentTest() ? ofTest : ofGroup).push(server);
    const url = await whenReady(server);
    return {
      ...server,
      url,
      stop: () => {
        server.send('SIGTERM');
        return server.ended;
      },
    };
  };
}

function launchServer(place: DatabasePlace, { env = {}, port = 0 }: ServerOptions): RunningProgram {
  const settings = environmentOf(place, {
    PORT: String(port),
    GATHERING_OWNER_EMAIL: owner.email,
    GATHERING_OWNER_PASSWORD: owner.password,
    ...env,
  });
  return startProgram(['serve', '--no-dashboard'], settings);
}

async function whenReady(server: RunningProgram): Promise<string> {
  let end: ProgramEnd | undefined;
  void server.ended.then((found) => {
    end = found;
  });
  return waitFor('the server to be ready', () => {
    const url = /GatheRing is ready at (\S+)/.exec(server.stdout())?.[1];
    if (url === undefined && end !== undefined)
      throw new Error(`The server ended with ${end.code ?? end.signal}.\n${server.stdout()}${server.stderr()}`);
    return url;
  });
}

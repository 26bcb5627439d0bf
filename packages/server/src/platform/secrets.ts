// Seals secrets for the database: AES-256-GCM under one key of this installation.
// Invariant: a sealed value opens only under the same key and for the same context, and any change to it is noticed.
import { createCipheriv, createDecipheriv, createHash, randomBytes, scryptSync } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { randomToken } from './tokens.ts';

export interface Secrets {
  /** `context` says what the secret belongs to ("providers/<id>/key"): the value cannot be moved to another row. */
  seal(plain: string, context: string): string;
  /** Throws SecretKeyFault when it was sealed with another key, for another context, or was changed. */
  unseal(sealed: string, context: string): string;
}

/** The key, or something sealed with it, cannot be used; the message is one sentence with the mend. */
export class SecretKeyFault extends Error {
  readonly code = 'secrets.key-fault';
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SecretKeyFault';
  }
}

const keyBytes = 32;
const ivBytes = 12;
const tagBytes = 16;
const shortestPassphrase = 32;

/** The key from `secretKey`, else from `<dataDir>/secret.key`, which is made if it is not there. */
export function openSecrets(options: { dataDir: string; secretKey?: string | undefined }): Secrets {
  const key = options.secretKey === undefined ? openKeyFile(options.dataDir) : readKeyText(options.secretKey);
  const keyId = createHash('sha256').update('gathering key id').update(key).digest('base64url').slice(0, 8);
  return {
    seal: (plain, context) => seal(key, keyId, plain, context),
    unseal: (sealed, context) => unseal(key, keyId, sealed, context),
  };
}

function seal(key: Buffer, keyId: string, plain: string, context: string): string {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: tagBytes });
  cipher.setAAD(Buffer.from(`v1.${keyId}.${context}`));
  const text = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
  return ['v1', keyId, ...[iv, text, cipher.getAuthTag()].map((part) => part.toString('base64url'))].join('.');
}

function unseal(key: Buffer, keyId: string, sealed: string, context: string): string {
  const [format, sealedBy, ...parts] = sealed.split('.');
  const [iv, text, tag] = parts.map((part) => Buffer.from(part, 'base64url'));
  if (format !== 'v1' || parts.length !== 3 || iv?.length !== ivBytes || tag?.length !== tagBytes || !text) {
    throw new SecretKeyFault(`The stored secret ${context} is damaged: enter it anew in Settings.`);
  }
  if (sealedBy !== keyId) {
    throw new SecretKeyFault(
      `The stored secret ${context} was sealed with another key: start with the GATHERING_SECRET_KEY or the secret.key that this database was used with, or enter the secret anew in Settings.`,
    );
  }
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: tagBytes });
    decipher.setAAD(Buffer.from(`v1.${keyId}.${context}`));
    decipher.setAuthTag(tag);
    return Buffer.concat([decipher.update(text), decipher.final()]).toString('utf8');
  } catch (cause) {
    throw new SecretKeyFault(
      `The stored secret ${context} was changed or belongs to something else: enter it anew in Settings.`,
      { cause },
    );
  }
}

function readKeyText(text: string): Buffer {
  const trimmed = text.trim();
  if (/^[0-9a-fA-F]{64}$/.test(trimmed)) return Buffer.from(trimmed, 'hex');
  if (/^[A-Za-z0-9+/_-]{43}=?$/.test(trimmed)) return Buffer.from(trimmed, 'base64');
  if (trimmed.length < shortestPassphrase) {
    throw new SecretKeyFault(
      `GATHERING_SECRET_KEY has ${trimmed.length} characters: give 32 bytes in base64 or hexadecimal (openssl rand -base64 32), or a passphrase of at least ${shortestPassphrase} characters.`,
    );
  }
  // A fixed salt: every instance must come to the same key, and there is no place to keep another.
  return scryptSync(trimmed, 'gathering secret key v1', keyBytes, { N: 2 ** 15, r: 8, p: 1, maxmem: 2 ** 26 });
}

/** As `openSecrets`, but makes nothing: says in a sentence which key would be used, or throws SecretKeyFault. */
export function checkSecretKey(options: { dataDir: string; secretKey?: string | undefined }): string {
  if (options.secretKey !== undefined) {
    readKeyText(options.secretKey);
    return 'Secrets are sealed with GATHERING_SECRET_KEY.';
  }
  const path = join(resolve(options.dataDir), 'secret.key');
  if (!existsSync(path)) return `There is no secret key yet; the first start makes ${path}.`;
  decodeKeyFile(path);
  return `Secrets are sealed with the key in ${path}.`;
}

function openKeyFile(dataDir: string): Buffer {
  const path = join(resolve(dataDir), 'secret.key');
  return makeKeyFile(dataDir, path) ?? decodeKeyFile(path);
}

function decodeKeyFile(path: string): Buffer {
  const text = readKeyFile(path).trim();
  const key = Buffer.from(text, 'base64');
  if (/^[A-Za-z0-9+/]{43}=$/.test(text) && key.length === keyBytes) return key;
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
    writeFileSync(fresh, `${key.toString('base64')}\n`, { mode: 0o600, flag: 'wx', flush: true });
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

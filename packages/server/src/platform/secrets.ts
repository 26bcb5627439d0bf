// Seals secrets for the database: AES-256-GCM under the key of this installation. While that key is being replaced, what
// the one before it sealed opens as well. Invariant: a sealed value opens only under the key that it names and for the
// same context, and any change to it is noticed.
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { checkKeyFile, openKeyFile, readKeyText, SecretKeyFault } from './secret-key-file.ts';

export { SecretKeyFault } from './secret-key-file.ts';

export interface Secrets {
  /** Of the key that seals. */
  readonly keyId: string;
  /** `context` says what the secret belongs to ("providers/<id>/key"): the value cannot be moved to another row. */
  seal(plain: string, context: string): string;
  /** Throws SecretKeyFault when it was sealed with a key that is not known, for another context, or was changed. */
  unseal(sealed: string, context: string): string;
  /** Whether the key that seals now has sealed it. */
  isCurrent(sealed: string): boolean;
}

const ivBytes = 12;
const tagBytes = 16;

export interface SecretKeyOptions {
  readonly dataDir: string;
  /** Instead of the key file. */
  readonly secretKey?: string | undefined;
  /** What `secretKey` was before, until everything is sealed anew. */
  readonly previousSecretKey?: string | undefined;
}

/** The key from `secretKey`, else from `<dataDir>/secret.key`, which is made if it is not there. */
export function openSecrets(options: SecretKeyOptions): Secrets {
  return makeSecrets(readKeys(options) ?? openKeyFile(options.dataDir));
}

/** The first key seals; all of them open. */
function makeSecrets(keys: readonly Buffer[]): Secrets {
  const byId = new Map(keys.map((key) => [keyIdOf(key), key]));
  const [key] = keys;
  if (key === undefined) throw new Error('There is no key to seal with.');
  const keyId = keyIdOf(key);
  return {
    keyId,
    seal: (plain, context) => seal(key, keyId, plain, context),
    unseal: (sealed, context) => unseal(byId, sealed, context),
    isCurrent: (sealed) => sealed.split('.')[1] === keyId,
  };
}

function keyIdOf(key: Buffer): string {
  return createHash('sha256').update('gathering key id').update(key).digest('base64url').slice(0, 8);
}

function readKeys({ secretKey, previousSecretKey }: SecretKeyOptions): Buffer[] | undefined {
  if (secretKey === undefined) return undefined;
  const previous =
    previousSecretKey === undefined ? [] : [readKeyText(previousSecretKey, 'GATHERING_SECRET_KEY_PREVIOUS')];
  return [readKeyText(secretKey, 'GATHERING_SECRET_KEY'), ...previous];
}

function seal(key: Buffer, keyId: string, plain: string, context: string): string {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: tagBytes });
  cipher.setAAD(Buffer.from(`v1.${keyId}.${context}`));
  const text = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
  return ['v1', keyId, ...[iv, text, cipher.getAuthTag()].map((part) => part.toString('base64url'))].join('.');
}

function unseal(keys: ReadonlyMap<string, Buffer>, sealed: string, context: string): string {
  const [format, keyId = '', ...parts] = sealed.split('.');
  const [iv, text, tag] = parts.map((part) => Buffer.from(part, 'base64url'));
  if (format !== 'v1' || parts.length !== 3 || iv?.length !== ivBytes || tag?.length !== tagBytes || !text) {
    throw new SecretKeyFault(`The stored secret ${context} is damaged: enter it anew in Settings.`);
  }
  const key = keys.get(keyId);
  if (key === undefined) {
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

/** As `openSecrets`, but makes nothing: says in a sentence which key would be used, or throws SecretKeyFault. */
export function checkSecretKey(options: SecretKeyOptions): string {
  if (readKeys(options) === undefined) return checkKeyFile(options.dataDir);
  if (options.previousSecretKey === undefined) return 'Secrets are sealed with GATHERING_SECRET_KEY.';
  return 'Secrets are sealed with GATHERING_SECRET_KEY; what GATHERING_SECRET_KEY_PREVIOUS sealed opens too.';
}

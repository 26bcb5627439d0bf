import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { beginKeyChange, endKeyChange } from './secret-key-file.ts';
import { openSecrets, SecretKeyFault } from './secrets.ts';

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'gathering-secrets-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const context = 'providers/0198/key';

describe('a sealed secret', () => {
  it('opens again, also after a restart, and its text is not in it', () => {
    const sealed = openSecrets({ dataDir }).seal('sk-älpha', context);
    expect(sealed).toMatch(/^v1(\.[\w-]+){4}$/);
    expect(Buffer.from(sealed.split('.')[3] ?? '', 'base64url').toString()).not.toContain('sk-');
    expect(openSecrets({ dataDir }).unseal(sealed, context)).toBe('sk-älpha');
  });

  it('is sealed differently each time', () => {
    const secrets = openSecrets({ dataDir });
    expect(secrets.seal('same', context)).not.toBe(secrets.seal('same', context));
  });

  it('keeps the empty text', () => {
    const secrets = openSecrets({ dataDir });
    expect(secrets.unseal(secrets.seal('', context), context)).toBe('');
  });

  it('does not open in another context', () => {
    const secrets = openSecrets({ dataDir });
    const sealed = secrets.seal('sk', context);
    expect(() => secrets.unseal(sealed, 'providers/0199/key')).toThrow(/belongs to something else/);
  });

  it('does not open when any part of it was changed', () => {
    const secrets = openSecrets({ dataDir });
    const parts = secrets.seal('a secret', context).split('.');
    for (const at of [2, 3, 4]) {
      const part = Buffer.from(parts[at] ?? '', 'base64url');
      part[0] = (part[0] ?? 0) ^ 1;
      const changed = parts.with(at, part.toString('base64url')).join('.');
      expect(() => secrets.unseal(changed, context), `part ${at}`).toThrow(SecretKeyFault);
    }
    expect(() => secrets.unseal('v1.nonsense', context)).toThrow(/damaged/);
    expect(() => secrets.unseal(parts.with(4, (parts[4] ?? '').slice(0, 8)).join('.'), context)).toThrow(/damaged/);
  });

  it('says so when it was sealed with another key', () => {
    const sealed = openSecrets({ dataDir, secretKey: 'a'.repeat(64) }).seal('sk', context);
    const other = openSecrets({ dataDir, secretKey: 'b'.repeat(64) });
    expect(() => other.unseal(sealed, context)).toThrow(/another key.*GATHERING_SECRET_KEY/);
  });
});

describe('the key', () => {
  it('is made once, for this user alone, and leaves nothing else behind', () => {
    openSecrets({ dataDir });
    const text = readFileSync(join(dataDir, 'secret.key'), 'utf8');
    openSecrets({ dataDir });
    expect(readFileSync(join(dataDir, 'secret.key'), 'utf8')).toBe(text);
    expect(statSync(join(dataDir, 'secret.key')).mode & 0o777).toBe(0o600);
    expect(readdirSync(dataDir)).toEqual(['secret.key']);
  });

  it('makes the data folder for this user alone', () => {
    openSecrets({ dataDir: join(dataDir, 'new') });
    expect(statSync(join(dataDir, 'new')).mode & 0o777).toBe(0o700);
  });

  it('may be given as hexadecimal or base64 of the same bytes, or as a passphrase, and then no file is made', () => {
    const bytes = Buffer.alloc(32, 7);
    const hex = openSecrets({ dataDir, secretKey: bytes.toString('hex') });
    const base64 = openSecrets({ dataDir, secretKey: bytes.toString('base64') });
    expect(base64.unseal(hex.seal('x', context), context)).toBe('x');
    const words = 'correct horse battery staple, and more';
    const passphrase = openSecrets({ dataDir, secretKey: words });
    expect(openSecrets({ dataDir, secretKey: words }).unseal(passphrase.seal('x', context), context)).toBe('x');
    expect(readdirSync(dataDir)).toEqual([]);
  });

  it('is refused when it is a short passphrase', () => {
    expect(() => openSecrets({ dataDir, secretKey: 'hunter2' })).toThrow(/at least 32 characters/);
  });

  it.each([
    ['empty', ''],
    ['cut short', 'c2hvcnQ='],
    ['something else', 'this is not a key at all, it is a sentence.\n'],
  ])('is refused when its file is %s, and the file stays as it is', (_what, text) => {
    const path = join(dataDir, 'secret.key');
    writeFileSync(path, text, { mode: 0o600 });
    expect(() => openSecrets({ dataDir })).toThrow(/does not hold 32 bytes in base64: restore it from a backup/);
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  it('is refused when others may read its file', () => {
    openSecrets({ dataDir });
    chmodSync(join(dataDir, 'secret.key'), 0o640);
    expect(() => openSecrets({ dataDir })).toThrow(/mode 640.*chmod 600/);
  });

  it('is refused when its file cannot be read', () => {
    const folder = join(dataDir, 'odd');
    openSecrets({ dataDir: folder });
    rmSync(join(folder, 'secret.key'));
    rmSync(folder, { recursive: true });
    writeFileSync(folder, 'a file where the folder should be');
    expect(() => openSecrets({ dataDir: folder })).toThrow(SecretKeyFault);
  });
});

describe('a key that is being replaced', () => {
  const keysIn = (folder: string) => readFileSync(join(folder, 'secret.key'), 'utf8').trim().split('\n');

  it('opens what both sealed and seals with the new one, until the old one is dropped', () => {
    const old = openSecrets({ dataDir }).seal('sk', context);
    beginKeyChange(dataDir);
    expect(keysIn(dataDir)).toHaveLength(2);
    const both = openSecrets({ dataDir });
    const fresh = both.seal(both.unseal(old, context), context);
    expect([both.isCurrent(old), both.isCurrent(fresh)]).toEqual([false, true]);
    endKeyChange(dataDir);
    expect(keysIn(dataDir)).toHaveLength(1);
    expect(openSecrets({ dataDir }).unseal(fresh, context)).toBe('sk');
    expect(() => openSecrets({ dataDir }).unseal(old, context)).toThrow(/another key/);
    expect(statSync(join(dataDir, 'secret.key')).mode & 0o777).toBe(0o600);
  });

  it('is replaced once, however often the change is begun, and what a killed process left is removed', () => {
    openSecrets({ dataDir });
    beginKeyChange(dataDir);
    const text = readFileSync(join(dataDir, 'secret.key'), 'utf8');
    writeFileSync(join(dataDir, 'secret.key.left'), 'half a key', { mode: 0o600 });
    beginKeyChange(dataDir);
    expect(readFileSync(join(dataDir, 'secret.key'), 'utf8')).toBe(text);
    expect(readdirSync(dataDir)).toEqual(['secret.key']);
    endKeyChange(dataDir);
    endKeyChange(dataDir);
    expect(keysIn(dataDir)).toEqual([text.split('\n')[0]]);
  });

  it('may be given beside the new one, as text too', () => {
    const [old, fresh] = ['a'.repeat(64), 'b'.repeat(64)];
    const sealed = openSecrets({ dataDir, secretKey: old }).seal('sk', context);
    const both = openSecrets({ dataDir, secretKey: fresh, previousSecretKey: old });
    expect(both.unseal(sealed, context)).toBe('sk');
    expect(openSecrets({ dataDir, secretKey: fresh }).unseal(both.seal('sk', context), context)).toBe('sk');
    const short = { dataDir, secretKey: fresh, previousSecretKey: 'short' };
    expect(() => openSecrets(short)).toThrow(/^GATHERING_SECRET_KEY_PREVIOUS has 5 characters/);
  });
});

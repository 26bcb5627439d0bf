import { describe, expect, it } from 'vitest';
import { isId, newId } from './ids.ts';
import { equalSecrets, hashToken, randomToken } from './tokens.ts';

describe('an id', () => {
  it('is a UUIDv7, each greater than the one before', () => {
    const ids = Array.from({ length: 10_000 }, newId);
    expect(ids).toEqual([...ids].sort());
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.every(isId)).toBe(true);
  });

  it('is not any other text', () => {
    expect(isId('a8098c1a-f86e-41da-bd1a-00112444be1e')).toBe(false);
    expect(isId('nonsense')).toBe(false);
  });
});

describe('a token', () => {
  it('is different each time, fits a URL and is kept as its hash', () => {
    const token = randomToken();
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(randomToken()).not.toBe(token);
    expect(hashToken(token)).toMatch(/^[0-9a-f]{64}$/);
    expect(hashToken(token)).toBe(hashToken(token));
  });

  it('equals itself only', () => {
    expect(equalSecrets('abc', 'abc')).toBe(true);
    expect(equalSecrets('abc', 'abd')).toBe(false);
    expect(equalSecrets('abc', 'abcd')).toBe(false);
  });
});

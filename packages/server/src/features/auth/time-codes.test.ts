import { generateSync } from 'otplib';
import { describe, expect, it } from 'vitest';
import { findStep, hashRecoveryCode, makeFactorSecret, makeRecoveryCodes } from './time-codes.ts';

const at = (seconds: number) => new Date(seconds * 1000);

describe('a code of the app', () => {
  // RFC 6238, appendix B: SHA-1, the last six of its eight digits. The secret is `12345678901234567890`.
  it.each([
    [59, '287082'],
    [1_111_111_109, '081804'],
    [1_111_111_111, '050471'],
    [1_234_567_890, '005924'],
    [2_000_000_000, '279037'],
    [20_000_000_000, '353130'],
  ])('at %i s is the one of the standard', (seconds, code) => {
    expect(findStep('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', code, at(seconds))).toBe(Math.floor(seconds / 30));
  });

  it('is taken one step before and after its own, not two', () => {
    const { secret } = makeFactorSecret('ada@example.org');
    const seconds = 1_800_000_015;
    const code = generateSync({ secret, epoch: seconds });
    const found = [-60, -30, 0, 30, 60].map((away) => findStep(secret, code, at(seconds + away)));
    expect(found).toEqual([null, 60_000_000, 60_000_000, 60_000_000, null]);
  });

  it.each(['', '12345', '1234567', 'abcdef', '１２３４５６', '12345\u0000', '-12345', '1e3456'])(
    '%j is none',
    (code) => {
      expect(findStep(makeFactorSecret('ada@example.org').secret, code, at(1_800_000_000))).toBeNull();
    },
  );
});

describe('a secret', () => {
  it('has 20 bytes, is another each time, and comes as an address for apps', () => {
    const [one, two] = [makeFactorSecret('ada@example.org'), makeFactorSecret('ada@example.org')];
    expect(one.secret).toMatch(/^[A-Z2-7]{32}$/);
    expect(one.secret).not.toBe(two.secret);
    const uri = new URL(one.uri);
    expect([uri.protocol, decodeURIComponent(uri.pathname)]).toEqual(['otpauth:', '/GatheRing:ada@example.org']);
    expect(uri.searchParams.get('secret')).toBe(one.secret);
    expect(uri.searchParams.get('issuer')).toBe('GatheRing');
  });
});

describe('recovery codes', () => {
  it('are ten different ones of 80 bits, read whatever the case and the dashes', () => {
    const codes = makeRecoveryCodes();
    expect(new Set(codes).size).toBe(10);
    for (const code of codes) expect(code).toMatch(/^([a-z2-7]{4}-){3}[a-z2-7]{4}$/);
    const [first = ''] = codes;
    expect(hashRecoveryCode(first.replaceAll('-', ' ').toUpperCase())).toBe(hashRecoveryCode(first));
    expect(hashRecoveryCode(first)).not.toContain(first);
  });
});

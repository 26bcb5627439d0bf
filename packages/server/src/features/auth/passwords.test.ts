import { AppError } from '@gathering/contract/errors';
import { hash } from '@node-rs/argon2';
import { expect, it } from 'vitest';
import { createPasswords, isOutdatedHash, unknownUserHash } from './passwords.ts';

const parametersOf = (encoded: string) => encoded.split('$').slice(0, 4).join('$');

it('checks an unknown user against a hash that costs exactly what real ones cost', async () => {
  expect(parametersOf(unknownUserHash)).toBe(
    parametersOf(await createPasswords({ atOnce: 1, waiting: 0 }).hash('a password of many letters')),
  );
  expect(await createPasswords({ atOnce: 1, waiting: 0 }).verify(unknownUserHash, '')).toBe(false);
});

it('computes few at once, lets few wait, and refuses the rest', async () => {
  const passwords = createPasswords({ atOnce: 2, waiting: 3 });
  const ends = await Promise.allSettled(Array.from({ length: 8 }, () => passwords.verify(unknownUserHash, 'wrong')));
  expect(ends.map(({ status }) => status)).toEqual([
    ...Array.from({ length: 5 }, () => 'fulfilled'),
    ...Array.from({ length: 3 }, () => 'rejected'),
  ]);
  const refused = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []));
  expect(refused.every((error) => error instanceof AppError && error.code === 'server.overloaded')).toBe(true);
  // Places are given back, also by those that waited.
  expect(await passwords.verify(await passwords.hash('right'), 'right')).toBe(true);
});

it('gives the place back when a check fails', async () => {
  const passwords = createPasswords({ atOnce: 1, waiting: 0 });
  await expect(passwords.verify('no hash at all', 'a')).rejects.toThrow();
  expect(await passwords.verify(unknownUserHash, 'a')).toBe(false);
});

it('costs at least what OWASP asks for, and a hash that costs anything else is outdated', async () => {
  const [, kind, , costs = ''] = unknownUserHash.split('$');
  const [memory = 0, passes = 0] = costs.match(/\d+/g)?.map(Number) ?? [];
  expect(kind).toBe('argon2id');
  expect(memory).toBeGreaterThanOrEqual(19 * 1024);
  expect(passes).toBeGreaterThanOrEqual(2);
  expect(isOutdatedHash(unknownUserHash)).toBe(false);
  expect(isOutdatedHash(await hash('a password', { memoryCost: 8192, timeCost: 2 }))).toBe(true);
  expect(isOutdatedHash(await hash('a password', { timeCost: 1 }))).toBe(true);
});

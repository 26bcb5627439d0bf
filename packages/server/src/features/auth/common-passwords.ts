// The bundled list of common passwords: read when the first password is chosen, and kept.
import { findPasswordFaults, type PasswordSurroundings } from '@gathering/contract/auth-passwords';
import { AppError, type Fault } from '@gathering/contract/errors';

let list: Promise<ReadonlySet<string>> | undefined;

function loadCommonPasswords(): Promise<ReadonlySet<string>> {
  list ??= import('@zxcvbn-ts/language-common').then(
    ({ dictionary }) => new Set(dictionary['passwords-common'].map((password) => password.toLowerCase())),
  );
  return list;
}

/** Throws AppError `auth.weak-password` that says why. Nothing is hashed before this was asked. */
export async function refuseWeakPassword(
  field: 'password' | 'newPassword',
  password: string,
  surroundings: Pick<PasswordSurroundings, 'email' | 'current'>,
): Promise<void> {
  const common = await loadCommonPasswords();
  const found = findPasswordFaults(password, { ...surroundings, isCommon: (text) => common.has(text) });
  if (found.length === 0) return;
  const faults = found.map(({ rule, message }): Fault => ({ in: 'body', at: `/${field}`, rule, message }));
  throw new AppError('auth.weak-password', { faults });
}

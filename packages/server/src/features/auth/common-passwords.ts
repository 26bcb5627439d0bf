// The bundled list of common passwords: read when the first password is chosen, and kept.
import { findPasswordFaults, type PasswordFault, type PasswordSurroundings } from '@gathering/contract/auth-passwords';
import { AppError, type Fault } from '@gathering/contract/errors';

let list: Promise<ReadonlySet<string>> | undefined;

function loadCommonPasswords(): Promise<ReadonlySet<string>> {
  list ??= import('@zxcvbn-ts/language-common').then(
    ({ dictionary }) => new Set(dictionary['passwords-common'].map((password) => password.toLowerCase())),
  );
  return list;
}

type Surroundings = Pick<PasswordSurroundings, 'email' | 'current'>;

/** As the contract's function, with the list of common ones. */
export async function findWeakness(password: string, surroundings: Surroundings): Promise<PasswordFault[]> {
  const common = await loadCommonPasswords();
  return findPasswordFaults(password, { ...surroundings, isCommon: (text) => common.has(text) });
}

/** Throws AppError `auth.weak-password` that says why. Nothing is hashed before this was asked. */
export async function refuseWeakPassword(
  field: 'password' | 'newPassword',
  password: string,
  surroundings: Surroundings,
): Promise<void> {
  const found = await findWeakness(password, surroundings);
  if (found.length === 0) return;
  const faults = found.map(({ rule, message }): Fault => ({ in: 'body', at: `/${field}`, rule, message }));
  throw new AppError('auth.weak-password', { faults });
}

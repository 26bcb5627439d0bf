// The second factor of an account, as signing in asks for it.
import type { Ctx } from '../../ctx.ts';

export type SecondFactorCheck = 'ok' | 'wrong' | 'required' | 'off';

/** `required`: the account has one and no code was given. */
export async function checkSecondFactor(
  _ctx: Pick<Ctx, 'database' | 'tx' | 'clock'>,
  _userId: string,
  _code: string | undefined,
): Promise<SecondFactorCheck> {
  return 'off';
}

// Password hashes: argon2id with 19 MiB and 2 passes, the first choice of OWASP's Password Storage Cheat Sheet for it, a
// bounded number at once.
// Invariant: a hash costs memory and a core, so however many sign in at once only a few are computed and few wait.

import { AppError } from '@gathering/contract/errors';
import { hash, verify } from '@node-rs/argon2';

const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 32 } as const;
const currentPrefix = `$argon2id$v=19$m=${parameters.memoryCost},t=${parameters.timeCost},p=${parameters.parallelism}$`;

/** Made with other parameters than today's: due to be made anew when its password is at hand. */
export function isOutdatedHash(passwordHash: string): boolean {
  return !passwordHash.startsWith(currentPrefix);
}

export interface Passwords {
  hash(password: string): Promise<string>;
  /** Against `unknownUserHash` where there is no user, so that both answers take equally long. */
  verify(passwordHash: string, password: string): Promise<boolean>;
}

/** Of 32 random bytes that nobody knows, with the same parameters as real ones. */
export const unknownUserHash =
  '$argon2id$v=19$m=19456,t=2,p=1$oFvKSGNKM584Pp2jXQ31GQ$HKAL4gSuhP4ZvVw8U34oqI6MHD+D9QZ98KoNevfXwSU';

export interface PasswordLimits {
  /** Computed at once; each holds a thread of the pool that files and DNS need too. */
  readonly atOnce: number;
  /** Waiting for their turn; more are refused with `server.overloaded`. */
  readonly waiting: number;
}

export function createPasswords({ atOnce, waiting }: PasswordLimits): Passwords {
  let running = 0;
  const queue: (() => void)[] = [];
  const takeTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    if (running < atOnce) running += 1;
    else {
      if (queue.length >= waiting) throw new AppError('server.overloaded', { retryAfterSeconds: 2 });
      // Whoever ends hands its place on, so `running` stays as it is.
      await new Promise<void>((resolve) => queue.push(resolve));
    }
    try {
      return await work();
    } finally {
      const next = queue.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
  return {
    hash: (password) => takeTurn(() => hash(password, parameters)),
    verify: (passwordHash, password) => takeTurn(() => verify(passwordHash, password)),
  };
}

/** Of this process. */
export const passwords = createPasswords({ atOnce: 2, waiting: 64 });

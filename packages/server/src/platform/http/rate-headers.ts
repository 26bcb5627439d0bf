// What a limited reply says of its limit, as draft-ietf-httpapi-ratelimit-headers has it, and the refusal when it is reached.
import { AppError } from '@gathering/contract/errors';
import { rateWindowSeconds } from '@gathering/contract/rates';
import type { FastifyReply } from 'fastify';
import type { Counted } from '../rate-limiter.ts';

/** Throws `request.too-many` when it was not allowed. */
export function tellRate(reply: FastifyReply, { name, allowed, limit, remaining, resetSeconds }: Counted): void {
  reply.header('ratelimit-policy', `"${name}";q=${limit};w=${rateWindowSeconds}`);
  reply.header('ratelimit', `"${name}";r=${remaining};t=${resetSeconds}`);
  if (!allowed) {
    const detail = `At most ${limit} requests of this kind are answered in ${rateWindowSeconds} s.`;
    throw new AppError('request.too-many', { detail, retryAfterSeconds: resetSeconds });
  }
}

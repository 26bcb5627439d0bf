// Keeps a flood from one network from costing more than a look into memory: it is refused before anything is read or looked
// up. This is a bound on what one instance bears, in its own memory; what callers are allowed is counted in `rate-limiter.ts`.
import { AppError } from '@gathering/contract/errors';
import type { FastifyInstance } from 'fastify';
import { networkOf } from '../network-of.ts';
import { TokenBucket } from '../token-bucket.ts';
import './route-config.ts';

/** Networks that are remembered; beyond it the one that was silent for longest is forgotten. */
const mostNetworks = 10_000;

export class DoorGuard {
  readonly #perMinute: number;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(perMinute: number) {
    this.#perMinute = perMinute;
  }

  get size(): number {
    return this.#buckets.size;
  }

  /** False: this network has sent too much. */
  admit(address: string, nowMs: number): boolean {
    const network = networkOf(address);
    const bucket = this.#buckets.get(network) ?? new TokenBucket(this.#perMinute / 60, this.#perMinute, nowMs);
    // Put last again: a map keeps the order in which its keys came.
    this.#buckets.delete(network);
    this.#buckets.set(network, bucket);
    const [silent] = this.#buckets.keys();
    if (this.#buckets.size > mostNetworks && silent !== undefined) this.#buckets.delete(silent);
    return bucket.take(nowMs);
  }
}

/** Whoever watches over this process is never refused. */
export function guardDoor(app: FastifyInstance, perMinute: number): void {
  const guard = new DoorGuard(perMinute);
  app.addHook('onRequest', async (request) => {
    if (request.routeOptions.config.unlimited === true || guard.admit(request.ip, performance.now())) return;
    throw new AppError('request.too-many', {
      detail: 'Too much comes from your network at once.',
      retryAfterSeconds: 1,
    });
  });
}

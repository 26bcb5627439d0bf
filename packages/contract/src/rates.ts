// How often anybody may come: the numbers of the tiers that routes declare, and of what is limited besides. All of them
// are scaled together by GATHERING_RATE_LIMITS.
import type { RateTier } from './route.ts';

/** All limits are counted over this time, from the first request of a caller on. */
export const rateWindowSeconds = 60;

export type RateName = Exclude<RateTier, 'unlimited'> | 'model-calls';

export interface Rate {
  readonly perMinute: number;
  /**
   * How many an instance takes from the shared count at a time and then hands out by itself. What it has taken counts as
   * used, so that all instances together never let more through; one that stops early wastes a portion at the most.
   */
  readonly portion: number;
}

export const rates: Readonly<Record<RateName, Rate>> = {
  // Guessing, and what costs a password hash. Guesses at one account are held up by the lock-out long before; this bounds what
  // one network costs the server, and an office behind one address still signs in on a Monday morning. Each is counted by itself.
  strict: { perMinute: 30, portion: 1 },
  // What changes something: five a second for a whole minute is a program at work, not a person.
  standard: { perMinute: 300, portion: 5 },
  // Reads: more than five times what the busiest page of the dashboard asks for while a run makes it fresh again and again.
  relaxed: { perMinute: 1_200, portion: 20 },
  // What reads or writes a whole table: one at a time, and again before a person has looked at the last one.
  bulk: { perMinute: 10, portion: 1 },
  // Webhooks of one network, as busy as the door lets it be: what they start waits its turn in the queue.
  hooks: { perMinute: 6_000, portion: 50 },
  // Questions to models of vendors by one user, whatever agents and runs ask them: four a second.
  'model-calls': { perMinute: 240, portion: 1 },
};

/**
 * What one network may send to one instance, whoever sends it, before anything is looked up. A whole office behind one
 * address fits into it, a flood does not.
 */
export const doorPerMinute = 6_000;

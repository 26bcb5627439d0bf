// Tells whoever reads events in this process that some were stored.
import { makeWakeUp } from '../../platform/wake-up.ts';

/** `onStored` calls back after each commit that stored events, in this process only, and returns how to stop. */
export const { on: onStored, announce: announceStored } = makeWakeUp();

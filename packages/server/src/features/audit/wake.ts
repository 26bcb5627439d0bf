// Tells the sealer of this process that entries were written.
import { makeWakeUp } from '../../platform/wake-up.ts';

/** `onRecorded` calls back after each commit that wrote entries, in this process only, and returns how to stop. */
export const { on: onRecorded, announce: announceRecorded } = makeWakeUp();

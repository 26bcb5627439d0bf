// Tells the clock of this process that schedules were changed.
import { makeWakeUp } from '../../platform/wake-up.ts';

/** `onChanged` calls back after each commit that changed schedules, in this process only, and returns how to stop. */
export const { on: onChanged, announce: announceChanged } = makeWakeUp();

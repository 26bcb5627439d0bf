// Tells whoever follows events in this process that triggers were changed.
import { makeWakeUp } from '../../../platform/wake-up.ts';

/** `onTriggersChanged` calls back after each commit that changed a trigger, in this process only, and returns how to stop. */
export const { on: onTriggersChanged, announce: announceTriggers } = makeWakeUp();

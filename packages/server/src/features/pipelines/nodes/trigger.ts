// Where a run begins: hands the run's input on. The input was checked against its schema at the start.
import type { ControlKind } from './control-kind.ts';

export const triggerNode: ControlKind<'trigger'> = { type: 'trigger', givesInput: true };

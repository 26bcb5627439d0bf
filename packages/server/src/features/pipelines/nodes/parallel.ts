// A fork, and a join when several edges lead to it: what follows begins at the same time.
import type { ControlKind } from './control-kind.ts';

export const parallelNode: ControlKind<'parallel'> = { type: 'parallel', givesInput: false };

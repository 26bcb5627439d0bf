// A node type that needs no work: it ends in the transaction that makes it ready.
import type { NodeType } from '@gathering/contract/pipeline-definition';

export interface ControlKind<T extends NodeType> {
  readonly type: T;
  /** Whether it hands on the input of the run; else it gives nothing. */
  readonly givesInput: boolean;
}

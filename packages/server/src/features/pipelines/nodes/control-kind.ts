// A node type that needs no work: it ends in the transaction that makes it ready.
import type { Json } from '@gathering/contract/json';
import type { NodeType } from '@gathering/contract/pipeline-definition';

export interface ControlKind<T extends NodeType> {
  readonly type: T;
  readonly output: (runInput: Json) => Json;
}

// What a node type is to the worker: one function from its work to its outcome.
import type { Json } from '@gathering/contract/json';
import type { NodeConfig, NodeErrorKind, NodeType } from '@gathering/contract/pipeline-definition';
import type { WaitingKind } from '@gathering/contract/pipelines';
import type { Ctx, Tx } from '../../../ctx.ts';
import type { NodeWorkRow } from '../store/runs.ts';

export interface NodeWork<T extends NodeType> {
  /** Acts with the rights of whoever started the run. */
  readonly ctx: Ctx;
  readonly node: NodeWorkRow;
  /** The config with its templates filled. */
  readonly config: NodeConfig<T>;
  /** Root of the run's project; null: it has none. */
  readonly projectRoot: string | null;
  /**
   * Says that the node works now. With `intendedKey`: that an effect is about to happen which must not be
   * repeated unasked. False: the run is over, do nothing.
   */
  announce(intendedKey?: string): Promise<boolean>;
  /** Evaluates an expression over the run's values. Throws `NodeFailure` when it fails. */
  evaluate(expression: string): Promise<unknown>;
}

export type NodeOutcome =
  | {
      readonly kind: 'completed';
      readonly output: Json;
      readonly branch?: string | null;
      readonly inputTokens?: number;
      readonly outputTokens?: number;
      readonly costUsd?: number | null;
      /** Rows that belong to the end and are written with it. */
      readonly alongside?: (tx: Tx) => Promise<unknown>;
    }
  | { readonly kind: 'wait-until'; readonly at: Date }
  | { readonly kind: 'wait-for-decision'; readonly question: string }
  /** No worker is held. Whoever has what is waited for enqueues the job whose id `alongside` is given. */
  | {
      readonly kind: 'wait-for';
      readonly what: Exclude<WaitingKind, 'time' | 'decision'>;
      /** Until when, for people to see. */
      readonly until: Date | null;
      /** Rows that belong to the wait and are written with it. */
      readonly alongside: (tx: Tx, jobId: string) => Promise<unknown>;
    }
  /** Nothing to settle: the run is over or the work was taken over. */
  | { readonly kind: 'dropped' };

/** A failure that belongs to the node: it ends failed, with these words and the next sensible action. */
export class NodeFailure extends Error {
  override readonly name = 'NodeFailure';
  readonly code: string;
  readonly next: string | null;
  readonly status: 'failed' | 'timed_out';
  /** Whether another try may help. */
  readonly kind: NodeErrorKind;
  readonly usage: { inputTokens: number; outputTokens: number; costUsd: number | null } | null;
  readonly output: Json;
  /** Another try before this would fail in the same way; null: nothing is known of that. */
  readonly notBefore: Date | null;
  /** Rows that belong to the end and are written with it. */
  alongside: ((tx: Tx) => Promise<unknown>) | null = null;
  constructor(
    code: string,
    message: string,
    more: {
      next?: string;
      status?: 'failed' | 'timed_out';
      /** `timeout` or `failed` unless given, as the status says. */
      kind?: NodeErrorKind;
      usage?: { inputTokens: number; outputTokens: number; costUsd: number | null };
      output?: Json;
      notBefore?: Date;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause: more.cause });
    this.code = code;
    this.next = more.next ?? null;
    this.status = more.status ?? 'failed';
    this.kind = more.kind ?? (this.status === 'timed_out' ? 'timeout' : 'failed');
    this.usage = more.usage ?? null;
    this.output = more.output ?? null;
    this.notBefore = more.notBefore ?? null;
  }
}

export interface NodeKind<T extends NodeType> {
  readonly type: T;
  /** Keys of the config that hold no templates: schemas, expressions, references. */
  readonly plainKeys?: readonly string[];
  run(work: NodeWork<T>): Promise<NodeOutcome>;
}

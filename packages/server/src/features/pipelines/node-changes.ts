// What can happen to a node of a run, as values that are committed in batches by `settle-nodes.ts`.
import type { Json } from '@gathering/contract/json';
import type { NodeStatus, RunError, WaitingKind } from '@gathering/contract/pipelines';
import type { Ctx, Tx } from '../../ctx.ts';
import type { Consequence } from './run-shapes.ts';
import type { NodeWorkRow } from './store/runs.ts';

interface ChangeOf {
  readonly ctx: Ctx;
  readonly runId: string;
  readonly nodeId: string;
  /** The job that does the change, and which attempt of it; a node that another one owns by now is left alone. */
  readonly jobId: string;
  readonly attempt: number;
}

export interface NodeStart extends ChangeOf {
  readonly kind: 'start';
  readonly input: Json;
  /** Set before an effect that must not be repeated unasked. */
  readonly intendedKey: string | null;
  readonly at: Date;
  /** Set by the commit: false when the run has ended or somebody else owns the node. */
  applied: boolean;
}

export interface NodeWait extends ChangeOf {
  readonly kind: 'wait';
  readonly type: string;
  /** `retry`: its last try failed, for the reason in `error`. */
  readonly waitingKind: WaitingKind;
  readonly error: RunError | null;
  /** Another try of an agent is another turn. */
  readonly nextTurnId: string | null;
  readonly until: Date | null;
  readonly question: string | null;
  /** When the try began that waits or failed. */
  readonly triedAt: Date;
  /** The job that goes on with the node: at `until`, or when a person has decided. */
  readonly nextJobId: string;
  readonly input: Json;
  readonly at: Date;
  /** Rows that belong to the wait and are written with it, if it applies; they may name the job that goes on. */
  readonly alongside?: (tx: Tx, nextJobId: string) => Promise<unknown>;
}

export interface Foreseen {
  readonly consequence: Consequence;
  readonly node: NodeWorkRow;
  /** A commit that foresaw it was refused: the database is asked. */
  isDoubted: boolean;
}

export interface NodeEnd extends ChangeOf {
  readonly kind: 'end';
  readonly type: string;
  readonly status: Extract<NodeStatus, 'completed' | 'failed' | 'timed_out'>;
  readonly branch: string | null;
  /** It failed, and its run goes on along `branch` all the same. */
  readonly isOvercome: boolean;
  /** Its job may go on with the node that it makes ready. */
  readonly mayGoOn: boolean;
  readonly input: Json;
  readonly output: Json;
  readonly error: RunError | null;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly costUsd: number | null;
  readonly startedAt: Date;
  readonly at: Date;
  /** What follows, where it is known before the database answers; the commit is refused if it is not so. */
  readonly foreseen: Foreseen | null;
  /** Rows that belong to the end, such as a notification: written in the same transaction, if it applies. */
  readonly alongside: ((tx: Tx) => Promise<unknown>) | null;
}

/** Its job began although the run is paused. */
export interface NodePark extends ChangeOf {
  readonly kind: 'park';
  /** The job that begins with it instead, if the run goes on by then. */
  readonly nextJobId: string;
}

export type NodeChange = NodeStart | NodeWait | NodePark | NodeEnd;

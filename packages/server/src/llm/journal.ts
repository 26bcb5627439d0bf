// What a turn writes down of itself: a row before each model or tool call, one update after. Whoever keeps
// the rows fills this port. Invariant: what the journal holds as ended is never asked again.
import type { SharedV4ProviderMetadata } from '@ai-sdk/provider';
import type { StopReason } from '@gathering/contract/agents';
import type { ToolEffect, ToolResult } from './tool.ts';

/** What a step adds to the conversation. A `note` goes to the model with the latest tool results. */
export interface AddedMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'note';
  readonly text: string;
}

export type AnswerPart =
  | { readonly type: 'text'; readonly text: string; readonly providerMetadata?: SharedV4ProviderMetadata }
  | { readonly type: 'reasoning'; readonly text: string; readonly providerMetadata?: SharedV4ProviderMetadata }
  | {
      readonly type: 'tool-call';
      readonly callId: string;
      readonly tool: string;
      /** The arguments as the model wrote them: usually JSON. */
      readonly input: string;
      readonly providerMetadata?: SharedV4ProviderMetadata;
    };

export type FinishReason = 'stop' | 'length' | 'content-filter' | 'tool-calls' | 'error' | 'interrupted' | 'other';

/** The exact answer of a model, as it is stored and given back to it. */
export interface ModelAnswer {
  readonly parts: readonly AnswerPart[];
  readonly finishReason: FinishReason;
  readonly rawFinishReason: string | null;
  readonly usage: {
    readonly inputTokens: number;
    readonly cachedInputTokens: number;
    readonly outputTokens: number;
  };
  readonly responseId: string | null;
  readonly responseModel: string | null;
}

interface StepBase {
  /** From 0, in the order of the turn. */
  readonly index: number;
  readonly startedAt: Date;
  readonly endedAt: Date | null;
}

export interface ModelStep extends StepBase {
  readonly kind: 'model';
  /** `failed`: no answer came; then the turn has ended. */
  readonly state: 'intended' | 'done' | 'failed';
  /** The first asks the whole prompt; a later one holds what was added since, tool results not counted. */
  readonly input: readonly AddedMessage[];
  readonly output: ModelAnswer | null;
  readonly provider: string;
  readonly model: string;
  /** Null: the price was not known. */
  readonly costUsd: number | null;
}

export interface ToolStep extends StepBase {
  readonly kind: 'tool';
  /** `failed`: the tool answered that it could not; the model reads why and goes on. */
  readonly state: 'intended' | 'done' | 'failed' | 'waiting';
  readonly tool: string;
  readonly callId: string;
  readonly effect: ToolEffect;
  readonly idempotencyKey: string;
  /** A person chose that a cut-off call is to be made again; gone once that begins. */
  readonly decision: 'repeat' | null;
  readonly input: unknown;
  readonly output: ToolResult | null;
}

export type Step = ModelStep | ToolStep;

export interface TurnEnd {
  readonly stopReason: StopReason;
  readonly detail: string | null;
  readonly text: string;
  /** With an output schema and `completed`: the value that satisfies it. */
  readonly data: unknown;
}

/** All that is known to have happened since the last commit, and what begins after this one. */
export interface JournalChange {
  readonly ended: readonly Step[];
  /** New rows. */
  readonly intended: readonly Step[];
  /** Calls that a person had decided to repeat and that now begin. */
  readonly retaken: readonly ToolStep[];
  /** Cut-off calls that may have had their effect: a person decides. */
  readonly waiting: readonly ToolStep[];
  readonly end: TurnEnd | null;
}

export interface Journal {
  /** One commit. Throws TurnLost when the turn was ended or taken over by somebody else. */
  write(change: JournalChange): Promise<void>;
}

/** The turn belongs to somebody else now, or was cancelled: stop working on it and write nothing. */
export class TurnLost extends Error {
  constructor(turnId: string) {
    super(`The turn ${turnId} was ended or taken over by another worker.`);
    this.name = 'TurnLost';
  }
}

/** Whether a step needs no more work. */
export function hasEnded(step: Step): boolean {
  return step.state === 'done' || step.state === 'failed';
}

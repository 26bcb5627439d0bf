// What a job is: a name, a payload, a queue and the function that does it. Features define theirs in
// `jobs.ts`; `boot/jobs.ts` lists them all. `C` is what a handler is given to work with (in features: Ctx).
import type { Permission } from '@gathering/contract/permissions';
import type { ZodType } from 'zod';
import type { Settlement } from './settlement.ts';

/** `quick`: milliseconds to seconds of work. `agents`: turns of a model, minutes. Each has its own slots. */
export const queueNames = ['quick', 'agents'] as const;
export type QueueName = (typeof queueNames)[number];

export interface RunningJob<P> {
  readonly id: string;
  readonly payload: P;
  /** 0 at the first attempt; grows whenever the job is taken up again. */
  readonly attempt: number;
  /** Whether its slot may be kept now for what follows from it: not when others have waited long enough, or the worker stops. */
  readonly mayGoOn?: () => boolean;
}

export interface JobDefinition<C> {
  readonly name: string;
  readonly queue: QueueName;
  readonly payload: ZodType;
  /** What whoever set the job to work must still be allowed to when it runs; the handler asks `Ground.findActor`. */
  readonly permission: Permission;
  /**
   * Runs at least once; again after a throw, up to `maxAttempts` times with growing pauses, and after a crash.
   * Its settlement, if it returns one, is committed exactly once.
   */
  run(ctx: C, job: RunningJob<unknown>): Promise<Settlement | undefined>;
  /** Called when the last attempt failed or its worker died once too often. */
  exhausted?(ctx: C, job: RunningJob<unknown>, error: string): Promise<Settlement | undefined>;
  /** What it is about, as `<kind>/<id>`: shown with its dead letter. Null: its payload does not tell. */
  subject(payload: unknown): string | null;
  readonly redrive?: Redrive<C, unknown>;
}

/**
 * How a dead letter is done again: by a function that opens its own transactions and throws where it cannot; or not at all,
 * with the sentence that says what to do in its place. Left out: the same job is enqueued again, under a new id.
 */
export type Redrive<C, P> = ((ctx: C, payload: P) => Promise<void>) | string;

/** A handler that throws is tried so often; then its feature is told. */
export const maxAttempts = 10;
/** A job whose workers die is taken up so often: a death is rarely the job's fault, but it may be. */
export const maxClaims = 100;

export function defineJob<C, P>(definition: {
  name: string;
  queue: QueueName;
  payload: ZodType<P>;
  permission: Permission;
  // biome-ignore lint/suspicious/noConfusingVoidType: a handler without a settlement simply returns
  run(ctx: C, job: RunningJob<P>): Promise<Settlement | undefined | void>;
  // biome-ignore lint/suspicious/noConfusingVoidType: as above
  exhausted?(ctx: C, job: RunningJob<P>, error: string): Promise<Settlement | undefined | void>;
  subject?(payload: P): string | null;
  redrive?: Redrive<C, P>;
}): JobDefinition<C> {
  const { exhausted, subject, redrive } = definition;
  const open = (job: RunningJob<unknown>): RunningJob<P> => ({
    ...job,
    payload: definition.payload.parse(job.payload),
  });
  return {
    name: definition.name,
    queue: definition.queue,
    payload: definition.payload,
    permission: definition.permission,
    run: async (ctx, job) => (await definition.run(ctx, open(job))) ?? undefined,
    ...(exhausted && {
      exhausted: async (ctx: C, job: RunningJob<unknown>, error: string) =>
        (await exhausted(ctx, open(job), error)) ?? undefined,
    }),
    subject: (payload) => {
      const opened = definition.payload.safeParse(payload);
      return opened.success ? (subject?.(opened.data) ?? null) : null;
    },
    ...(redrive !== undefined && {
      redrive:
        typeof redrive === 'string'
          ? redrive
          : async (ctx: C, payload: unknown) => redrive(ctx, definition.payload.parse(payload)),
    }),
  };
}

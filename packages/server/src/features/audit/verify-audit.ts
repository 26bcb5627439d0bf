// The verdict on the chain, as a person or the program asks for it: in pieces of bounded time, each of which says where
// the next one goes on.
import type { AuditSeal, AuditVerdict, verifyAuditRoute } from '@gathering/contract/audit';
import { AppError } from '@gathering/contract/errors';
import type { InputOf } from '@gathering/contract/route';
import type { Ctx } from '../../ctx.ts';
import { recordAudit } from './record-audit.ts';
import { chainBeginning, type Mark, parseMark, writeMark } from './rules.ts';
import { firstPlace, selectHead, selectUnsealed } from './store-chain.ts';
import { beginWalk, checkMark, stepWalk, type Walk } from './verify-chain.ts';

export interface VerifyRequest {
  /** `next` of the verdict before. */
  readonly after?: Mark | undefined;
  /** A head that was kept elsewhere. */
  readonly expect?: Mark | undefined;
  readonly withinMs: number;
}

type VerifyCtx = Pick<Ctx, 'database' | 'signal'>;

export async function verifyAudit(ctx: VerifyCtx, { after, expect, withinMs }: VerifyRequest): Promise<AuditVerdict> {
  const endAt = performance.now() + withinMs;
  let walk = await beginWalk(ctx.database, after);
  while (!walk.isOver) {
    ctx.signal.throwIfAborted();
    walk = await stepWalk(ctx.database, walk);
    if (performance.now() >= endAt) break;
  }
  const isWalked = walk.isOver && walk.fault === null;
  const fault = isWalked && expect !== undefined ? await checkMark(ctx.database, expect) : walk.fault;
  return {
    status: statusOf(walk, fault !== null),
    checked: walk.checked,
    ...walk.mark,
    fault,
    next: walk.isOver ? null : writeMark(walk.mark),
    unsealed: await selectUnsealed(ctx.database, (await selectHead(ctx.database)) ?? firstPlace),
  };
}

function statusOf(walk: Walk, isBroken: boolean): AuditVerdict['status'] {
  if (isBroken) return 'broken';
  return walk.isOver ? 'whole' : 'unfinished';
}

const withinMs = 5_000;

/** Over HTTP. That the record was verified, and with which verdict, is recorded too. */
export async function answerVerify(ctx: Ctx, { body }: InputOf<typeof verifyAuditRoute>): Promise<AuditVerdict> {
  const [after, expect] = [readMark(body.after, '/after'), readMark(body.expect, '/expect')];
  const verdict = await verifyAudit(ctx, { after, expect, withinMs });
  const { status, position, fault } = verdict;
  if (status !== 'unfinished') {
    await ctx.tx((tx) =>
      recordAudit(ctx, tx, {
        action: 'audit.verify',
        object: 'audit/chain',
        result: status === 'whole' ? 'done' : 'failed',
        details: { status, position, fault },
      }),
    );
  }
  return verdict;
}

function readMark(text: string | undefined, at: string): Mark | undefined {
  const mark = text === undefined ? undefined : parseMark(text);
  if (mark !== null) return mark;
  const message = 'This is no place in the chain: use <position>:<hash>.';
  throw new AppError('request.invalid', { faults: [{ in: 'body', at, rule: 'mark', message }] });
}

export async function readSeal(ctx: Pick<Ctx, 'database'>): Promise<AuditSeal> {
  const head = await selectHead(ctx.database);
  const { position, hash } = head ?? chainBeginning;
  return {
    position,
    hash,
    sealedAt: head?.sealedAt.toISOString() ?? null,
    unsealed: await selectUnsealed(ctx.database, head ?? firstPlace),
  };
}

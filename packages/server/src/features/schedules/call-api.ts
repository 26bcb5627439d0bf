// Calls an API for a schedule, through the guard on outgoing requests. At least once: each try of one receipt carries the
// same Idempotency-Key, so that a server that knows the header takes a repetition for what it is.
import type { ScheduleAction } from '@gathering/contract/schedule-timing';
import { storableText } from '@gathering/contract/storable';
import type { Ctx } from '../../ctx.ts';
import type { RunningJob } from '../../jobs/define-job.ts';
import type { Settlement, SettlementGroup } from '../../jobs/settlement.ts';
import { EgressRefused } from '../../platform/egress.ts';
import { type WorkEnd, writeEnds } from './end-work.ts';
import { actForSchedule, WorkRefused } from './prepare-work.ts';
import { lockReceipts, type ReceiptRow, selectReceipt } from './store/receipts.ts';
import { selectSchedule, selectSpec } from './store/schedules.ts';

type CallApi = Extract<ScheduleAction, { kind: 'call_api' }>;

const maxReplyBytes = 256 * 1024;
const longestDetail = 500;

interface Call {
  readonly ctx: Ctx;
  readonly end: WorkEnd;
}

/** Settles the ends of calls. */
const callEnds: SettlementGroup = {
  name: 'schedules.call-ends',
  lock: (tx, items) => lockReceipts(tx, (items as readonly Call[]).map(({ end }) => end.receiptId).toSorted()),
  commit: async (tx, items) => {
    for (const { ctx, end } of items as readonly Call[]) await writeEnds(ctx, tx, [end]);
    return [];
  },
};

export interface CallPayload {
  readonly receiptId: string;
}

export async function runCall(ctx: Ctx, job: RunningJob<CallPayload>): Promise<Settlement | undefined> {
  const receipt = await selectReceipt(ctx.database, job.payload.receiptId);
  if (receipt?.outcome !== 'running' || receipt.work_id !== job.id) return undefined;
  const version = await selectSpec(ctx.database, receipt.spec_id);
  const schedule = await selectSchedule(ctx.database, receipt.schedule_id);
  if (version === null || schedule === null || version.spec.action.kind !== 'call_api') return undefined;
  try {
    const acting = await actForSchedule(ctx, receipt, 'call_api', schedule.project_id);
    return settle(ctx, receipt, job.id, await send(acting, version.spec.action, keyOf(receipt)));
  } catch (error) {
    if (error instanceof WorkRefused || error instanceof EgressRefused)
      return settle(ctx, receipt, job.id, error.message);
    throw error;
  }
}

/** The job failed as often as it may: the receipt says so. */
export async function failCall(
  ctx: Ctx,
  job: RunningJob<CallPayload>,
  message: string,
): Promise<Settlement | undefined> {
  const receipt = await selectReceipt(ctx.database, job.payload.receiptId);
  return receipt?.work_id === job.id ? settle(ctx, receipt, job.id, message) : undefined;
}

/** The same for each try of the same schedule at the same instant. */
export function keyOf({ schedule_id, kind, at, event_cursor, id }: ReceiptRow): string {
  const occasion = { instant: at.toISOString(), event: event_cursor ?? id, manual: id };
  return `schedules/${schedule_id}/${occasion[kind]}`;
}

/** `problem`: why it failed; null: it was done. */
function settle(ctx: Ctx, receipt: ReceiptRow, jobId: string, problem: string | null): Settlement {
  const end: WorkEnd = {
    receiptId: receipt.id,
    workId: jobId,
    outcome: problem === null ? 'completed' : 'failed',
    detail: problem === null ? null : storableText(problem.slice(0, longestDetail)),
    endedAt: ctx.clock.now(),
  };
  return { group: callEnds, item: { ctx, end } satisfies Call };
}

async function send(ctx: Ctx, action: CallApi, idempotencyKey: string): Promise<string | null> {
  const { url, method = 'POST', body, timeoutSeconds = 30 } = action;
  const text = writeBody(body);
  const headers: Record<string, string> = {
    accept: 'application/json, text/*;q=0.9',
    'user-agent': `GatheRing/${ctx.version}`,
    'idempotency-key': idempotencyKey,
  };
  if (text !== undefined)
    headers['content-type'] = typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json';
  for (const [name, value] of Object.entries(action.headers ?? {})) headers[name.toLowerCase()] = value;
  const reply = await ctx.egress.fetch(url, {
    method,
    headers,
    body: text,
    signal: ctx.signal,
    timeoutMs: timeoutSeconds * 1000,
    maxBytes: maxReplyBytes,
  });
  return reply.status >= 200 && reply.status < 300 ? null : `The server answered ${reply.status}.`;
}

function writeBody(body: CallApi['body']): string | undefined {
  if (body === undefined || body === null) return undefined;
  return typeof body === 'string' ? body : JSON.stringify(body);
}

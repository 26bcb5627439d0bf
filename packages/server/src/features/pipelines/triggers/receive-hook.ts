// A webhook becomes a run: the address is looked up by the hash of its token, the signature is checked, and what may come
// once is claimed in the transaction that starts the run.
// Invariant: a signature starts at most one run, an idempotency key of a webhook exactly one.
import { createHash } from 'node:crypto';
import { AppError } from '@gathering/contract/errors';
import { type receiveHookRoute, signatureHeader, timestampHeader } from '@gathering/contract/pipelines-triggers';
import type { InputOf, ReplyOf } from '@gathering/contract/route';
import type { Ctx } from '../../../ctx.ts';
import { hashToken } from '../../../platform/tokens.ts';
import type { StartClaims } from '../claim-starts.ts';
import { claimOfKey, readRepeated } from '../idempotency.ts';
import { startOnce } from '../start-run.ts';
import { findHook, type HookRow } from '../store/triggers.ts';
import { actAsMaker } from './act-as-maker.ts';
import { checkSignature } from './check-signature.ts';
import { recordRefusal } from './refuse-start.ts';
import { secretContext } from './secret-context.ts';

type Delivery = InputOf<typeof receiveHookRoute>;

/** So much longer than it could be accepted is a signature remembered: clocks of instances differ. */
const spareMs = 60_000;

export async function receiveHook(ctx: Ctx, delivery: Delivery): Promise<ReplyOf<typeof receiveHookRoute>> {
  const hook = await findHook(ctx.database, hashToken(delivery.params.token));
  if (hook === null) throw new AppError('pipelines.hook-not-found');
  const once = await claimSignature(ctx, hook, delivery);
  const key = delivery.headers['idempotency-key'];
  const fingerprint = createHash('sha256').update(delivery.rawBody).digest('hex');
  const idempotency = key === undefined ? undefined : claimOfKey(ctx, `triggers/${hook.id}`, key, fingerprint);
  const repeated = idempotency && (await readRepeated(ctx, idempotency));
  if (repeated) return { runId: repeated, repeated: true };
  return startHook(ctx, hook, delivery, { once, idempotency });
}

/** Undefined: the webhook takes what is not signed. */
async function claimSignature(ctx: Ctx, hook: HookRow, { headers, rawBody }: Delivery): Promise<StartClaims['once']> {
  if (hook.sealed_secret === null) return undefined;
  const secret = ctx.secrets.unseal(hook.sealed_secret, secretContext(hook.id));
  const now = ctx.clock.now();
  const signed = { timestamp: headers[timestampHeader], signature: headers[signatureHeader], body: rawBody };
  const checked = checkSignature(secret, signed, hook.replay_window_seconds, now);
  if ('faults' in checked) {
    const code = 'pipelines.hook-signature-invalid';
    await recordRefusal(ctx, hook, code, checked.faults.map(({ message }) => message).join(' '));
    throw new AppError(code, { faults: checked.faults });
  }
  const lastsMs = hook.replay_window_seconds * 1000 + spareMs;
  return {
    scope: `triggers/${hook.id}/signatures`,
    key: checked.signature,
    fingerprint: '',
    at: now,
    expiresAt: new Date(checked.signedAt.getTime() + lastsMs),
  };
}

async function startHook(ctx: Ctx, hook: HookRow, { body }: Delivery, claims: StartClaims) {
  const acting = await actAsMaker(ctx, hook);
  if ('unable' in acting) throw await unable(ctx, hook, acting.unable);
  try {
    return await startOnce(acting, {
      pipelineId: hook.pipeline_id,
      pipelineVersion: hook.version,
      definition: hook.definition,
      input: body ?? {},
      projectId: hook.project_id,
      trigger: { id: hook.id, depth: 0 },
      claims,
    });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    // What is wrong with the pipeline is for those who may read it, not for whoever calls the address.
    if (error.code === 'pipelines.invalid')
      throw await unable(ctx, hook, error.faults?.map(({ message }) => message).join(' ') ?? error.message);
    await recordRefusal(ctx, hook, error.code, error.message);
    throw error;
  }
}

async function unable(ctx: Ctx, hook: HookRow, words: string): Promise<AppError> {
  await recordRefusal(ctx, hook, 'pipelines.hook-unable', words);
  return new AppError('pipelines.hook-unable');
}

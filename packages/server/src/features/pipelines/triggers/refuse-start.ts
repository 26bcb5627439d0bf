// A trigger that could start nothing: told beside it and in the audit, at most once a minute for each reason, on however
// many instances and however often it is tried.
import type { Ctx } from '../../../ctx.ts';
import { recordAudit } from '../../audit/index.ts';
import { insertStartKeys } from '../store/start-keys.ts';
import { countRefusal, type TriggerRow } from '../store/triggers.ts';

const quietMs = 60_000;
const longestReason = 500;

export async function recordRefusal(
  ctx: Pick<Ctx, 'tx' | 'clock' | 'ids' | 'actor' | 'requestId'>,
  trigger: Pick<TriggerRow, 'id' | 'pipeline_id'>,
  code: string,
  words: string,
): Promise<void> {
  const at = ctx.clock.now();
  const scope = `triggers/${trigger.id}/refusals`;
  const expiresAt = new Date(at.getTime() + quietMs);
  await ctx.tx(async (tx) => {
    const [claimed] = await insertStartKeys(tx, [{ scope, key: code, fingerprint: '', runId: null, at, expiresAt }]);
    if (claimed === undefined) return;
    await countRefusal(tx, trigger.id, `${code}: ${words}`.slice(0, longestReason).toWellFormed(), at);
    await recordAudit(ctx, tx, {
      action: 'pipelines.refuse-trigger',
      object: `triggers/${trigger.id}`,
      result: 'refused',
      details: { reason: code, pipeline: `pipelines/${trigger.pipeline_id}` },
    });
  });
}

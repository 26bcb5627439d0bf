// How often one user's agents may ask models: counted for all instances together, by whoever set the turn to work. A question
// beyond it waits until it may be asked, and ends its turn only where that is later than the turn may take.
import { offlineProviderName } from '@gathering/contract/providers';
import { actorName, type Ctx } from '../../ctx.ts';
import { ModelFailed, sleep } from '../../llm/ask-model.ts';

type Pause = (ms: number, signal: AbortSignal) => Promise<void>;

/** Throws ModelFailed, or the reason of `ctx.signal`. The offline model asks nobody and is not counted. */
export async function admitQuestion(
  ctx: Pick<Ctx, 'rates' | 'clock' | 'signal' | 'actor'>,
  provider: string,
  withinMs: number,
  pause: Pause = sleep,
): Promise<void> {
  if (provider === offlineProviderName) return;
  const endsAt = ctx.clock.now().getTime() + withinMs;
  for (;;) {
    const counted = await ctx.rates.count('model-calls', actorName(ctx.actor));
    if (counted === null || counted.allowed) return;
    const waitMs = counted.resetSeconds * 1000;
    if (ctx.clock.now().getTime() + waitMs >= endsAt) {
      throw new ModelFailed(
        `Agents of one user may ask models ${counted.limit} times a minute; the next question may be asked in ${counted.resetSeconds} s only, which is later than this turn may take.`,
      );
    }
    await pause(waitMs, ctx.signal);
  }
}

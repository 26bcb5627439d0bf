// Whether a chosen model can be meant: asked by whoever stores a choice, before it is stored.
import { AppError } from '@gathering/contract/errors';
import type { ModelChoice } from '@gathering/contract/providers';
import type { Ctx } from '../../ctx.ts';
import { describeProvider } from './describe-provider.ts';
import { findProvider } from './open-model.ts';

type ChoiceCtx = Pick<Ctx, 'database' | 'clock'>;

/** The provider exists and lists the model. */
export async function knowsModel(ctx: ChoiceCtx, choice: ModelChoice): Promise<boolean> {
  const row = await findProvider(ctx, choice.provider);
  if (row === undefined) return false;
  const { models } = await describeProvider(row, ctx.clock.now());
  return models.some((model) => model.id === choice.model);
}

/** Throws AppError `providers.not-found` or `providers.model-unknown`. */
export async function requireModel(ctx: ChoiceCtx, choice: ModelChoice): Promise<void> {
  await requireProvider(ctx, choice.provider);
  if (await knowsModel(ctx, choice)) return;
  throw new AppError('providers.model-unknown', {
    detail: `The provider ${choice.provider} does not list a model ${choice.model}; add it on the Models page if it has one.`,
  });
}

/** Throws AppError `providers.not-found`. A model that is not listed is let through: vendors add some every week. */
export async function requireProvider(ctx: Pick<Ctx, 'database'>, name: string): Promise<void> {
  if ((await findProvider(ctx, name)) !== undefined) return;
  throw new AppError('providers.not-found', { detail: `There is no provider named ${name}.` });
}

// Settings that an owner changes while it runs. What was never changed has its default.
import { type changeSettingsRoute, type Settings, settingsSchema } from '@gathering/contract/operations';
import { type ModelChoice, offlineModelId, offlineProviderName } from '@gathering/contract/providers';
import type { InputOf } from '@gathering/contract/route';
import { actorName, type Ctx, type Tx } from '../../ctx.ts';
import { recordAudit } from '../audit/index.ts';
import { emitEvent } from '../events/index.ts';
import { lockSettings, selectSettings, upsertSetting } from './store.ts';

const defaultSettings: Settings = {
  defaultModel: { provider: offlineProviderName, model: offlineModelId },
  eventRetentionDays: 30,
  runRetentionDays: 90,
  selfRegistration: false,
};

/** Throws AppError `providers.not-found` or `providers.model-unknown`. */
export type ModelCheck = (ctx: Ctx, choice: ModelChoice) => Promise<void>;
let modelCheck: ModelCheck | undefined;

/** Called by `boot`: whether a model can be the default one is asked of whoever knows models. */
export function registerModelCheck(check: ModelCheck): void {
  modelCheck = check;
}

export async function readSettings(ctx: Pick<Ctx, 'database'> & Partial<Pick<Ctx, 'log'>>): Promise<Settings> {
  return withDefaults(await selectSettings(ctx.database), ctx.log);
}

/** Changes what is given and differs; audited and told in the same transaction. */
export async function changeSettings(ctx: Ctx, { body }: InputOf<typeof changeSettingsRoute>): Promise<Settings> {
  const { defaultModel } = body;
  if (defaultModel !== undefined) await modelCheck?.(ctx, defaultModel);
  return ctx.tx(async (tx) => {
    await lockSettings(tx);
    const before = withDefaults(await selectSettings(tx), ctx.log);
    const after = settingsSchema.parse({ ...before, ...withoutUndefined(body) });
    const changed = keysOf(after).filter((key) => JSON.stringify(after[key]) !== JSON.stringify(before[key]));
    if (changed.length > 0) await saveChanges(ctx, tx, before, after, changed);
    return after;
  });
}

async function saveChanges(
  ctx: Ctx,
  tx: Tx,
  before: Settings,
  after: Settings,
  changed: readonly (keyof Settings)[],
): Promise<void> {
  for (const key of changed) await upsertSetting(tx, key, after[key], ctx.clock.now(), actorName(ctx.actor));
  const details = Object.fromEntries(changed.map((key) => [key, { from: before[key], to: after[key] }]));
  await recordAudit(ctx, tx, { action: 'operations.change-settings', object: 'settings/all', details });
  await emitEvent(ctx, tx, {
    type: 'operations.settings-changed',
    subject: 'settings/all',
    payload: { keys: [...changed] },
  });
}

/** A stored value that this version does not understand any more gives way to the default, and the log says so. */
function withDefaults(stored: Record<string, unknown>, log: Ctx['log'] | undefined): Settings {
  const settings: Record<string, unknown> = { ...defaultSettings };
  for (const key of keysOf(defaultSettings)) {
    const value = stored[key];
    if (value === undefined) continue;
    const parsed = settingsSchema.shape[key].safeParse(value);
    if (parsed.success) settings[key] = parsed.data;
    else
      log?.warn({ setting: key }, 'A stored setting is not understood; its default is used. Set it anew in Settings.');
  }
  return settingsSchema.parse(settings);
}

function keysOf(settings: Settings): (keyof Settings)[] {
  return Object.keys(settings) as (keyof Settings)[];
}

function withoutUndefined<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as Partial<T>;
}

// What other features and boot may call of providers.
export { requireModel, requireProvider } from './choose-model.ts';
export { openModel, registerDefaultModel } from './open-model.ts';
export { registerProviderUse } from './service.ts';
export { providerKeys } from './store-sealed.ts';
export { recordUsage, summariseToday } from './usage.ts';

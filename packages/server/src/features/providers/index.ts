// What other features and boot may call of providers.
export { knowsModel, requireModel, requireProvider } from './choose-model.ts';
export { type OpenModel, openModel, registerDefaultModel } from './open-model.ts';
export { type ProviderUseReader, registerProviderUse } from './service.ts';
export { type CallUsage, recordUsage, summariseToday } from './usage.ts';

// Providers and usage over HTTP.
import {
  changeProviderRoute,
  createProviderRoute,
  listProvidersRoute,
  readProviderRoute,
  readUsageRoute,
  removeProviderRoute,
  testProviderRoute,
} from '@gathering/contract/providers';
import { answer } from '../../platform/http/bind.ts';
import { changeProvider, createProvider, listProviders, readProvider, removeProvider } from './service.ts';
import { testProvider } from './test-provider.ts';
import { readUsage } from './usage.ts';

export const providersRoutes = [
  answer(listProvidersRoute, listProviders),
  answer(createProviderRoute, createProvider),
  answer(readProviderRoute, readProvider),
  answer(changeProviderRoute, changeProvider),
  answer(removeProviderRoute, removeProvider),
  answer(testProviderRoute, testProvider),
  answer(readUsageRoute, readUsage),
];

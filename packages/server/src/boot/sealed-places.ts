// Every column that holds sealed secrets: whatever is not listed here would be lost with the key that sealed it.
import { secondFactors, signingKeys } from '../features/auth/index.ts';
import { triggerSecrets } from '../features/pipelines/index.ts';
import { providerKeys } from '../features/providers/index.ts';
import type { SealedPlace } from '../platform/sealed-place.ts';

export const allSealedPlaces: readonly SealedPlace[] = [providerKeys, signingKeys, secondFactors, triggerSecrets];

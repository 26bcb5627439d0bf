// Every column that holds sealed secrets: whatever is not listed here would be lost with the key that sealed it.
import { providerKeys } from '../features/providers/index.ts';
import type { SealedPlace } from '../platform/sealed-place.ts';

export const allSealedPlaces: readonly SealedPlace[] = [providerKeys];

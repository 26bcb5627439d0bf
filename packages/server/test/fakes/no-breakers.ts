// Breakers that let everything through and count nothing, for tests of what stands behind them.
import type { Breakers } from '../../src/platform/breakers.ts';

export const noBreakers: Breakers = { of: () => ({ run: (work) => work() }), forget: () => undefined };

// The rows of circuit breakers, which the ground keeps, as this feature shows and resets them.
export {
  type BreakerRow,
  closeBreaker,
  deleteUnusedBreakers,
  lockBreaker,
  selectBreakers,
} from '../../platform/db/breaker-rows.ts';

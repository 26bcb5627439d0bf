// The SQLSTATE codes that this product acts on (PostgreSQL manual, appendix A).
export const errors = {
  uniqueViolation: '23505',
  foreignKeyViolation: '23503',
  featureNotSupported: '0A000',
  transactionAborted: '25P02',
  idleInTransaction: '25P03',
  serializationFailure: '40001',
  deadlockDetected: '40P01',
  tooManyConnections: '53300',
  adminShutdown: '57P01',
  crashShutdown: '57P02',
  cannotConnectNow: '57P03',
} as const;

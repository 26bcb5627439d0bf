// The bounds of the socket: what one client may cost.
export interface HubLimits {
  /** Of one process, whoever opened them. */
  readonly maxConnections: number;
  /** Of one process and one user: every open page of the dashboard has one. */
  readonly maxPerUser: number;
  /** Of one process and one network: an office has many users. */
  readonly maxPerNetwork: number;
  /** As much as the longest message of a chat needs. */
  readonly maxFrameBytes: number;
  readonly framesPerSecond: number;
  readonly framesBurst: number;
  /** What may wait for a client before it is disconnected. */
  readonly maxBytes: number;
  /** Above it a replay waits, and pieces of answers are dropped. */
  readonly lowBytes: number;
  /** Least time between two writes to one client. */
  readonly gapMs: number;
  /** A client that gave no sign of life for this long is cut. */
  readonly heartbeatMs: number;
  /** Sessions that end are told of; those that merely expire are found by looking this often. */
  readonly sessionCheckMs: number;
  /** Events of one page of a replay. */
  readonly pageSize: number;
  /** Between two tries to read events for a client while the database is out of reach. */
  readonly retryMs: number;
  /** How long a drain waits for clients to close. */
  readonly closeMs: number;
}

export const defaultLimits: HubLimits = {
  maxConnections: 2_000,
  maxPerUser: 50,
  maxPerNetwork: 400,
  maxFrameBytes: 1024 * 1024,
  framesPerSecond: 50,
  framesBurst: 100,
  // A batch of the largest events fits several times.
  maxBytes: 8 * 1024 * 1024,
  lowBytes: 256 * 1024,
  gapMs: 15,
  heartbeatMs: 30_000,
  sessionCheckMs: 1_000,
  pageSize: 250,
  retryMs: 1_000,
  closeMs: 2_000,
};

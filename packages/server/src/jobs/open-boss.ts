// Opens pg-boss over our database handle, so that it lives by the same transactions, guard and connections.
// Queue settings stand here: how long a dead worker's job stays unclaimed, how often a job is tried.
import { type ConnectionOptions, PgBoss } from 'pg-boss';
import type { Database, Tx } from '../platform/db/database.ts';
import type { Log } from '../platform/log.ts';
import { maxClaims, type QueueName, queueNames } from './define-job.ts';

export const bossSchema = 'pgboss';
/** Jobs that failed for good come here, so that their feature hears of it. */
export const exhaustedQueue = 'exhausted';
export type BossQueue = QueueName | typeof exhaustedQueue;

/** A worker that is silent for this long is taken for dead. */
const heartbeatSeconds = 10;
/** How often a running job says that it lives. */
export const heartbeatEveryMs = 3000;
/** Queued work is kept however long nobody was there to begin with it: by itself pg-boss removes it after two weeks. */
const retentionSeconds = 2_000_000_000;

export async function openBoss(database: Database, log: Log): Promise<PgBoss> {
  const embedded = database.kind === 'embedded';
  const boss = new PgBoss({
    db: { executeSql: (text, values) => database.query(text, values) },
    backend: embedded ? 'pglite' : 'postgres',
    schema: bossSchema,
    schedule: false,
    // On the embedded database no other worker can die; what this one held is released at start.
    superviseIntervalSeconds: embedded ? 30 : 1,
    monitorIntervalSeconds: embedded ? 30 : 1,
    reindex: false,
    monitorVacuum: false,
    registerInstance: false,
  });
  boss.on('error', (error) => log.warn({ err: error }, 'The queue could not do its upkeep; it tries again'));
  await boss.start();
  await stopCounting(database);
  const options = {
    partition: true,
    retryLimit: maxClaims,
    retryDelay: 1,
    retryBackoff: true,
    retryDelayMax: 30,
    expireInSeconds: 86_000,
    deleteAfterSeconds: 3600,
    retentionSeconds,
    heartbeatSeconds,
  };
  for (const name of [exhaustedQueue, ...queueNames]) {
    const queue = await boss.getQueue(name);
    if (queue === null)
      await boss.createQueue(name, { ...options, ...(name !== exhaustedQueue && { deadLetter: exhaustedQueue }) });
    else if (queue.retentionSeconds !== retentionSeconds) await boss.updateQueue(name, { retentionSeconds });
  }
  return boss;
}

/**
 * By itself pg-boss counts the jobs of every state of each queue in every second, which nobody reads: more than half of what an
 * idle server asks of its database. It leaves that out until this instant, and goes on to look after dead workers.
 */
async function stopCounting(database: Database): Promise<void> {
  await database.query(
    `update ${bossSchema}.version set monitor_backoff_on = 'infinity' where monitor_backoff_on is distinct from 'infinity'`,
  );
}

/** Makes a call of pg-boss part of our transaction. */
export function within(tx: Tx): ConnectionOptions {
  return { db: { executeSql: (text, values) => tx.query(text, values) } };
}

/**
 * Gives jobs that are marked as running back to the queue at once. Only for attempts whose worker is known
 * to have stopped: our own at drain, everybody's when the data folder's lock proves that nobody else lives.
 */
export async function releaseJobs(
  database: Database,
  attempts: readonly { id: string; retryCount: number }[] | 'all',
): Promise<number> {
  const released = await database.query(
    `update ${bossSchema}.job set state = 'retry', start_after = ${bossSchema}.job_now()
      where name = any($1::text[]) and state = 'active'
        and ($2::text[] is null or (id::text || ':' || retry_count::text) = any($2::text[]))`,
    [[...queueNames, exhaustedQueue], attempts === 'all' ? null : attempts.map((one) => `${one.id}:${one.retryCount}`)],
  );
  return released.rowCount;
}

export interface FetchedJob {
  readonly id: string;
  readonly retryCount: number;
  readonly data: unknown;
}

const fetchTexts = {
  quick: 'select * from job.take_quick($1, $2)',
  agents: 'select * from job.take_agents($1, $2)',
  exhausted: 'select * from job.take_exhausted($1, $2)',
} as const;

/**
 * Takes the jobs that are due, of the highest priority first, at most of `maxPriority`; to be called outside of transactions.
 * As pg-boss's `fetch`, but that the way to the rows is laid down: in the order of their index, and by their place when they are
 * locked. Left to itself, a plan that was made while the table was small walked through all of a queue, what had ended included.
 */
export async function fetchJobs(
  database: Database,
  queue: BossQueue,
  limit: number,
  maxPriority: number | null,
): Promise<FetchedJob[]> {
  return (await database.query<FetchedJob>(fetchTexts[queue], [limit, maxPriority])).rows;
}

const begunText = `insert into ${bossSchema}.job (id, name, data, priority, state, start_after, created_on, started_on, heartbeat_on, keep_until,
    expire_seconds, deletion_seconds, retry_limit, retry_delay, retry_backoff, retry_delay_max, policy, dead_letter, heartbeat_seconds)
  select j.id, q.name, j.data, j.priority, 'active', n.now, n.now, n.now, n.now, n.now + q.retention_seconds * interval '1s',
         q.expire_seconds, q.deletion_seconds, q.retry_limit, q.retry_delay, q.retry_backoff, q.retry_delay_max, q.policy, q.dead_letter, q.heartbeat_seconds
    from unnest($1::uuid[], $2::jsonb[], $3::int[]) as j (id, data, priority), ${bossSchema}.queue q, (select ${bossSchema}.job_now() as now) n where q.name =`;
const begunTexts = { quick: `${begunText} 'quick'`, agents: `${begunText} 'agents'` } as const;

/**
 * Adds jobs with which this worker begins when the transaction has committed, as pg-boss's `insert` and our `fetchJobs` after
 * it would leave them: whoever finds them silent takes them over. Sent before this returns.
 */
export function insertBegun(
  tx: Tx,
  queue: QueueName,
  jobs: readonly { readonly id: string; readonly data: unknown; readonly priority: number }[],
): Promise<unknown> {
  return tx.query(begunTexts[queue], [
    jobs.map(({ id }) => id),
    jobs.map(({ data }) => JSON.stringify(data)),
    jobs.map(({ priority }) => priority),
  ]);
}

// The name of a queue chooses the partition: as a value it would have this statement planned anew each time.
const endText = `delete from ${bossSchema}.job as ended using unnest($1::uuid[], $2::int[]) as attempt (id, retry_count)
  where ended.id = attempt.id and ended.retry_count = attempt.retry_count and ended.state = 'active' and ended.name =`;
const endTexts = {
  quick: `${endText} 'quick' returning ended.id`,
  agents: `${endText} 'agents' returning ended.id`,
  exhausted: `${endText} 'exhausted' returning ended.id`,
} as const;

/**
 * Ends these attempts, where they are the current ones, and tells which were. What is done is removed: features keep
 * their own account of it, and a row less is changed, indexed and swept than pg-boss's `complete` leaves.
 */
export async function endJobs(
  tx: Tx,
  queue: BossQueue,
  attempts: readonly { id: string; retryCount: number }[],
): Promise<string[]> {
  const { rows } = await tx.query<{ id: string }>(endTexts[queue], [
    attempts.map(({ id }) => id),
    attempts.map(({ retryCount }) => retryCount),
  ]);
  return rows.map(({ id }) => id);
}

/** Removes these jobs as far as nobody has begun with them, and tells which. */
export async function removeQueued(tx: Tx, queue: string, ids: readonly string[]): Promise<string[]> {
  const { rows } = await tx.query<{ id: string }>(
    `delete from ${bossSchema}.job where name = $1 and id = any($2::uuid[]) and state < 'active' returning id`,
    [queue, ids],
  );
  return rows.map(({ id }) => id);
}

/** The ids that a fenced command of pg-boss really changed; its types leave them out. */
export function settledIds(response: object): readonly string[] {
  if (!('settled' in response) || !Array.isArray(response.settled))
    throw new Error('The queue did not say which jobs it changed.');
  return response.settled.filter((id) => typeof id === 'string');
}

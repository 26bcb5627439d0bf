// Is this process able to work? Asked by whoever stands in front of it, often and by anybody, so the answer is cheap,
// comes in time whatever the database does, and gives nothing away.
import type { readinessSchema } from '@gathering/contract/operations';
import type * as z from 'zod';
import type { Ctx } from '../../ctx.ts';
import { selectPendingMigrations, touchDatabase } from './store.ts';

export interface HealthPorts {
  readonly migrationsFolder: string;
  /** When this process's worker last looked for work; null: it has not begun. */
  workerBeat(): Date | null;
  isDraining(): boolean;
  readonly startedAt: Date;
}

export type Readiness = z.infer<typeof readinessSchema>;
type Check = Readiness['checks'][number];
type HealthCtx = Pick<Ctx, 'database' | 'clock' | 'log'>;

const deadlineMs = 2_000;
const longestBeatMs = 15_000;

let ports: HealthPorts | undefined;
/** Of this database; once current, migrations stay current while the process lives. */
const currentDatabases = new WeakSet<Ctx['database']>();
const running = new WeakMap<Ctx['database'], Promise<Check[]>>();

/** Called by `boot` when the process is complete. */
export function registerHealth(health: HealthPorts): void {
  ports = health;
}

export function healthPorts(): HealthPorts | undefined {
  return ports;
}

export async function checkReady(ctx: HealthCtx): Promise<Readiness> {
  const health = ports;
  if (health === undefined) {
    return { status: 'not-ready', checks: [{ name: 'started', ok: false, detail: 'The process is still starting.' }] };
  }
  const checks = [...(await checkDatabase(ctx, health)), checkWorker(ctx, health), checkDraining(health)];
  return { status: checks.every(({ ok }) => ok) ? 'ready' : 'not-ready', checks };
}

/** One check at a time however many ask: a database that hangs is not asked again by each of them. */
async function checkDatabase(ctx: HealthCtx, health: HealthPorts): Promise<Check[]> {
  let asked = running.get(ctx.database);
  if (asked === undefined) {
    asked = askDatabase(ctx, health).finally(() => running.delete(ctx.database));
    running.set(ctx.database, asked);
  }
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Check[]>((resolve) => {
    timer = setTimeout(() => resolve(notReachable(`It did not answer within ${deadlineMs} ms.`)), deadlineMs);
  });
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function askDatabase({ database, log }: HealthCtx, { migrationsFolder }: HealthPorts): Promise<Check[]> {
  try {
    await touchDatabase(database);
  } catch (error) {
    log.debug({ err: error }, 'The database does not answer.');
    return notReachable('It does not answer.');
  }
  const reachable: Check = { name: 'database', ok: true, detail: 'It answers.' };
  if (currentDatabases.has(database)) return [reachable, migrationsCurrent];
  try {
    const pending = await selectPendingMigrations(database, migrationsFolder);
    if (pending.length === 0) currentDatabases.add(database);
    return [
      reachable,
      pending.length === 0
        ? migrationsCurrent
        : { name: 'migrations', ok: false, detail: `${pending.length} to apply.` },
    ];
  } catch (error) {
    log.debug({ err: error }, 'Migrations cannot be checked.');
    return [reachable, { name: 'migrations', ok: false, detail: 'They cannot be checked; the log says why.' }];
  }
}

const migrationsCurrent: Check = { name: 'migrations', ok: true, detail: 'All applied.' };

function notReachable(detail: string): Check[] {
  return [
    { name: 'database', ok: false, detail },
    { name: 'migrations', ok: false, detail: 'Not known while the database does not answer.' },
  ];
}

function checkWorker({ clock }: HealthCtx, { workerBeat }: HealthPorts): Check {
  const beat = workerBeat();
  if (beat === null) return { name: 'workers', ok: false, detail: 'Not started yet.' };
  const ageMs = Math.max(0, clock.now().getTime() - beat.getTime());
  const seconds = Math.round(ageMs / 1000);
  return ageMs < longestBeatMs
    ? { name: 'workers', ok: true, detail: 'They look for work.' }
    : { name: 'workers', ok: false, detail: `They last looked for work ${seconds} s ago.` };
}

function checkDraining({ isDraining }: HealthPorts): Check {
  return isDraining()
    ? { name: 'draining', ok: false, detail: 'This process ends.' }
    : { name: 'draining', ok: true, detail: 'It stays.' };
}

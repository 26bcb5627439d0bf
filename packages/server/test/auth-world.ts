// A server of auth alone, as `boot` makes its door, with a clock that is moved by hand. Call it inside of a test: what it opens
// ends with that test.
import { loginRoute, type Session } from '@gathering/contract/auth';
import { ApiError, type Client, createClient } from '@gathering/contract/client';
import { onTestFinished } from 'vitest';
import type { Actor, Ctx } from '../src/ctx.ts';
import { actorMay, authorize, ensureOwner, letIn, RecentIdentities } from '../src/features/auth/index.ts';
import { authRoutes } from '../src/features/auth/routes.ts';
import type { ManualClock } from '../src/platform/clock.ts';
import { readConfig } from '../src/platform/config.ts';
import type { Database } from '../src/platform/db/database.ts';
import { Drain } from '../src/platform/http/drain.ts';
import { createServer } from '../src/platform/http/server.ts';
import { createLog } from '../src/platform/log.ts';
import { openSecrets, type Secrets } from '../src/platform/secrets.ts';
import { makeTestCtx } from './make-ctx.ts';

export const email = 'Ada@Example.org';
export const password = 'a sentence that only ada knows';
export const localToken = 'token-of-this-machine';

const starter: Actor = {
  kind: 'system',
  id: 'start',
  role: null,
  scopes: null,
  credential: 'internal',
  projects: 'all',
  sessionId: null,
  address: null,
};

export interface AuthWorldOptions {
  readonly withOwner?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  /** Of another instance on the same database. */
  readonly clock?: ManualClock;
  readonly secrets?: Secrets;
}

export interface AuthWorld {
  readonly database: Database;
  readonly clock: ManualClock;
  readonly secrets: Secrets;
  readonly baseUrl: string;
  readonly setupToken: string | null;
  /** Of the program itself, at its start. */
  readonly startCtx: Ctx;
  ctxOf(actor: Actor): Ctx;
  as(token: string | null): Client;
  login(given?: string, account?: string): Promise<Session>;
}

export const testSecrets = (): Secrets => openSecrets({ dataDir: '.', secretKey: 'a'.repeat(64) });

export async function startAuth(database: Database, options: AuthWorldOptions = {}): Promise<AuthWorld> {
  const { withOwner = true, env = {}, secrets = testSecrets() } = options;
  const ground = makeTestCtx(database);
  const clock = options.clock ?? ground.clock;
  const owner = { GATHERING_OWNER_EMAIL: email, GATHERING_OWNER_PASSWORD: password };
  const config = readConfig({ ...env, ...(withOwner && owner) });
  const ctxOf = (actor: Actor): Ctx => ({
    ...ground,
    config,
    clock,
    secrets,
    actor,
    may: (permission, object) => actorMay(actor, permission, object),
  });
  const startCtx = ctxOf(starter);
  const { setupToken } = await ensureOwner(startCtx);
  // Everybody is asked for each time, as before this process hears of changes.
  const doorPorts = { ...startCtx, localToken, identities: new RecentIdentities() };
  const server = await createServer<Ctx>({
    log: createLog('silent'),
    version: '1.2.3',
    routes: authRoutes,
    door: {
      makeCtx: async (caller, route) => {
        const { actor, visit } = await letIn(doorPorts, caller, route);
        return { ...ctxOf(actor), visit };
      },
      authorize: ({ actor }, { permission }) => authorize(actor, permission),
      checkReplies: true,
    },
    drain: new Drain(),
    corsOrigins: config.corsOrigins,
    trustedProxies: [],
    https: false,
  });
  onTestFinished(() => server.close());
  const baseUrl = await server.listen({ port: 0, host: '127.0.0.1' });
  const as = (token: string | null) => createClient({ baseUrl, token: () => token });
  const login = (given = password, account = email) =>
    as(null)(loginRoute, { body: { email: account, password: given } });
  return { database, clock, secrets, baseUrl, setupToken, startCtx, ctxOf, as, login };
}

/** The refusal's code, or `done`. */
export async function outcome(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'done';
  } catch (error) {
    if (error instanceof ApiError && error.problem !== null) return error.problem.code;
    throw error;
  }
}

export interface AuditRow {
  readonly action: string;
  readonly result: string;
  readonly actor: string;
  readonly address: string | null;
  readonly object: string | null;
  readonly details: Readonly<Record<string, unknown>>;
}

export async function auditOf(database: Database, action?: string): Promise<AuditRow[]> {
  const { rows } = await database.query<AuditRow>(
    `select action, result, actor, address, object, details from audit.entries
     where $1::text is null or action = $1 order by id`,
    [action ?? null],
  );
  return rows;
}

export const minutes = (count: number): number => count * 60_000;
export const days = (count: number): number => count * 86_400_000;

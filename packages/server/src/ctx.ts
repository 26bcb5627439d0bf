// What a request or a job carries. Ports only: `boot` fills them, features never reach around them.
import type { Delta } from '@gathering/contract/frames';
import type { Permission, Role } from '@gathering/contract/permissions';
import type { Queue } from './jobs/queue.ts';
import type { Tool } from './llm/tool.ts';
import type { Clock } from './platform/clock.ts';
import type { Config } from './platform/config.ts';
import type { Database, Tx } from './platform/db/database.ts';
import type { Egress } from './platform/egress.ts';
import type { Ids } from './platform/ids.ts';
import type { Log } from './platform/log.ts';
import type { RateLimiter } from './platform/rate-limiter.ts';
import type { Secrets } from './platform/secrets.ts';

/** Who causes what happens: a person, or the system itself (clock, recovery, first start). */
export interface Actor {
  readonly kind: 'user' | 'system';
  /** The user's id; for the system the name of what acts. */
  readonly id: string;
  readonly role: Role | null;
  /** What the API key of this caller is confined to; null: all that the role may. */
  readonly scopes: readonly Permission[] | null;
  /** What the caller showed. `internal`: nobody called, as in jobs. */
  readonly credential: 'none' | 'cookie' | 'access-token' | 'api-key' | 'local-token' | 'internal';
  /** Projects that this person is a member of; `all`: of the system, and of roles over all projects. */
  readonly projects: ReadonlySet<string> | 'all';
  readonly sessionId: string | null;
  /** The API key that the caller showed; left out: none. */
  readonly apiKeyId?: string;
  /** Network address that the request came from. */
  readonly address: string | null;
}

/** What decides who may see a thing, as the feature that owns it knows it. */
export interface Guarded {
  /** Belongs to this user alone. Left out or null: to nobody in particular. */
  readonly ownerId?: string | null;
  /** Belongs to the members of this project. Left out or null: to none. */
  readonly projectId?: string | null;
}

/** `users/<id>` or `system/<name>`, as events and audit rows name an actor. */
export function actorName(actor: Actor): string {
  return `${actor.kind === 'user' ? 'users' : 'system'}/${actor.id}`;
}

/** Pieces of answers on their way to browsers: lossy, across instances, never stored. */
export interface DeltaBus {
  publish(chatId: string, turnId: string, sequence: number, delta: Delta): void;
  /** Calls back for every piece of any chat; returns how to stop. */
  subscribe(onDelta: (chatId: string, turnId: string, sequence: number, delta: Delta) => void): () => void;
}

/** Everything that an agent or an action node can call, by name. Filled from `boot/tools.ts`. */
export interface ToolBox {
  readonly all: readonly Tool[];
  find(name: string): Tool | undefined;
}

/** What a request came with, as far as its session is opened or told by it. */
export interface Visit {
  readonly userAgent: string | null;
  /** To be sent with what changes something; null: the caller did not show the cookie. */
  readonly csrfToken: string | null;
  /** When what the caller showed expires; null: never, or nothing was shown. */
  readonly expiresAt: Date | null;
}

/** What lives as long as the process. */
export interface Ground {
  readonly config: Config;
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly secrets: Secrets;
  readonly egress: Egress;
  readonly rates: RateLimiter;
  readonly queue: Queue;
  readonly tools: ToolBox;
  readonly deltas: DeltaBus;
  readonly log: Log;
  /** Where people reach this server: the configured public address, else the one that it listens on. */
  readonly serverUrl: () => string;
  /** Version of the program, as health, doctor and the welcome frame say it. */
  readonly version: string;
}

export interface Ctx extends Ground {
  readonly actor: Actor;
  readonly requestId: string | null;
  /** Left out: nobody called over HTTP. */
  readonly visit?: Visit;
  /** Aborted when the caller went away, the job was cancelled or the process drains. */
  readonly signal: AbortSignal;
  /** Opens a transaction around a whole change. Inside only the database is awaited. */
  tx<T>(run: (tx: Tx) => Promise<T>): Promise<T>;
  /** Whether the actor has the permission and, where one is given, may see the object: the one rule for both. */
  may(permission: Permission, object?: Guarded): boolean;
}

export type { Tx };

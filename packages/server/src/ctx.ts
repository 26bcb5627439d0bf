// What a request or a job carries. Ports only: `boot` fills them, features never reach around them.
import type { Delta } from '@gathering/contract/frames';
import { type Permission, type Role, rolesThatOperate } from '@gathering/contract/permissions';
import type { Queue } from './jobs/queue.ts';
import type { Tool } from './llm/tool.ts';
import type { Breakers } from './platform/breakers.ts';
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
  /** Besides its owner, operators and above may see it; without an owner they alone. */
  readonly operators?: boolean;
}

/** Owns what the system made for itself where others make it for themselves: no person has this id. */
export const nobodyId = '00000000-0000-0000-0000-000000000000';

/**
 * The one rule of `ctx.may` on objects as parameters of `auth.may_see(owner, project, operators, ...sight)`, with which
 * stores leave out of lists what the reader may not see. Without a user: the system, which sees everything.
 */
export interface Sight {
  readonly userId: string | null;
  /** Null: all of them. */
  readonly projects: readonly string[] | null;
  readonly isOperator: boolean;
}

export function sightOf({ kind, id, role, projects }: Actor): Sight {
  if (role === null) throw new Error('Somebody who has not signed in sees nothing.');
  return {
    userId: kind === 'user' ? id : null,
    projects: projects === 'all' ? null : [...projects],
    isOperator: rolesThatOperate.includes(role),
  };
}

/** The user whom `users/<id>` names; null: it names no user. */
export function userOf(name: string): string | null {
  return /^users\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(name)?.[1] ?? null;
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
  readonly breakers: Breakers;
  readonly queue: Queue;
  readonly tools: ToolBox;
  readonly deltas: DeltaBus;
  readonly log: Log;
  /** Where people reach this server: the configured public address, else the one that it listens on. */
  readonly serverUrl: () => string;
  /** The one rule on what somebody may; `ctx.may` is the same for the actor of the context. */
  readonly judge: (actor: Actor, permission: Permission, object?: Guarded) => boolean;
  /**
   * Who is named `users/<id>` or `system/<name>`, with the role and projects of this moment, confined to the scopes that
   * their work was begun with. Null: there is no such person any more, or they are disabled.
   */
  readonly findActor: (name: string, scopes: readonly Permission[] | null) => Promise<Actor | null>;
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

/** The same context for somebody else: what follows is done with their rights. */
export function actAs(ctx: Ctx, actor: Actor): Ctx {
  return { ...ctx, actor, may: (permission, object) => ctx.judge(actor, permission, object) };
}

export type { Tx };

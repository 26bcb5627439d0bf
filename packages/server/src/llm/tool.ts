// What a tool is to the turn loop: one JSON Schema, one effect class, one function. Where tools come
// from (skills, other features) and who may call them is decided by whoever fills `ctx.tools`.
import type { Permission } from '@gathering/contract/permissions';
import type { Breakers } from '../platform/breakers.ts';
import type { Clock } from '../platform/clock.ts';

/**
 * What repeating a call would do to the world, and so what recovery does with a call that was
 * `intended` when the process died: `none` and `idempotent` are repeated, `keyed` is repeated with
 * the same idempotency key, `unsafe` waits for a person.
 */
export type ToolEffect = 'none' | 'idempotent' | 'keyed' | 'unsafe';

/** A JSON Schema 2020-12 document. The same bytes are shown to the model and used for validation. */
export type JsonSchema = { readonly [key: string]: unknown };

export interface ToolContext {
  /** Whether whoever set the caller to work has the permission now, and may still see the project of the call. */
  readonly may: (permission: Permission) => boolean;
  /** Real path of the project's root; file tools refuse everything that resolves outside of it. Null: no project. */
  readonly projectRoot: string | null;
  /** Folders that no tool enters, even where the project's root holds them: our own data with its keys. */
  readonly closedFolders: readonly string[];
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly breakers: Breakers;
  /** `host:port` pairs that the SSRF guard lets through although they are private. */
  readonly egressAllow: readonly string[];
  /** Stays the same when the same call is repeated after a crash. */
  readonly idempotencyKey: string;
}

/** Where a piece of a result was read. `line` is 1-based. Quoted by models as `path:line`. */
export interface ToolSource {
  readonly path?: string;
  readonly line?: number;
  readonly url?: string;
  readonly commit?: string;
}

/**
 * What a tool answers. `text` is what the model reads; `data` is the same as a value for pipelines.
 * A failure that the caller can mend is a result too (`ok: false`), never an exception.
 */
export type ToolResult =
  | { readonly ok: true; readonly text: string; readonly data: unknown; readonly sources?: readonly ToolSource[] }
  | {
      readonly ok: false;
      readonly code: string;
      readonly text: string;
      readonly details?: unknown;
      /** What the outside that the call is about did: it refused, could not answer, or not in time. Left out: it was not asked. */
      readonly outside?: 'answered' | 'unavailable' | 'timeout';
    };

export interface Tool {
  /** `<skill>_<verb>`, for example `git_log`. */
  readonly name: string;
  readonly description: string;
  readonly inputSchema: JsonSchema;
  readonly effect: ToolEffect;
  /** What whoever set the caller to work must be allowed to, in the project that the call is confined to. */
  readonly permission: Permission;
  /**
   * Whose circuit breaker a call goes through, as `targetOf` and `hostTarget` write it; null: nobody's. Left out: the tool's own,
   * which only results with `outside` ever open.
   */
  target?(args: Readonly<Record<string, unknown>>): string | null;
  /** Arguments were validated against `inputSchema` before. Throws only on bugs and on abort. */
  run(args: Readonly<Record<string, unknown>>, context: ToolContext): Promise<ToolResult>;
}

// What a route is: one object from which come the server's validation, OpenAPI, the typed client and the
// web's forms. Defining one twice, or without a permission, is refused when the server binds it.
import type * as z from 'zod';
import type { ErrorCode } from './errors.ts';
import type { Permission } from './permissions.ts';

export type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';

/**
 * How often a caller may come, counted by user or key, else by network address; the numbers stand in `rates.ts`.
 * `unlimited` is for whoever watches over the process.
 */
export const rateTiers = ['strict', 'standard', 'relaxed', 'bulk', 'hooks', 'unlimited'] as const;
export type RateTier = (typeof rateTiers)[number];

/** Things that belong to one person, or to a project with its members. To everybody else they do not exist. */
export const guardedKinds = [
  'chats',
  'projects',
  'runs',
  'tasks',
  'turns',
  'approvals',
  'schedules',
  'notifications',
  'sessions',
  'api-keys',
] as const;
export type GuardedKind = (typeof guardedKinds)[number];

export interface Route {
  /** `<feature>.<verb>-<noun>`; the first part is the folder that answers it. */
  readonly name: string;
  readonly method: Method;
  /** Below `/api`, with `:name` for parameters. */
  readonly path: `/${string}`;
  readonly summary: string;
  readonly permission: Permission;
  readonly rate: RateTier;
  /** The guarded thing that the parameter names: whoever may not see it is answered 404. */
  readonly object?: { readonly kind: GuardedKind; readonly param: string };
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  /** The header fields that it reads, in small letters; what else comes along is not looked at. */
  readonly headers?: z.ZodObject;
  readonly body?: z.ZodType;
  /** The function is given the text of the body as it came, too: for what was signed. */
  readonly rawBody?: true;
  readonly reply: z.ZodType;
  /** The reply is a stream of lines of this media type, however long; `reply` is what one line holds. */
  readonly stream?: 'application/x-ndjson';
  /** The reply is text of this media type. */
  readonly text?: 'text/yaml';
  /** 200 unless given; 204 answers no body. */
  readonly status?: 200 | 201 | 202 | 204;
  /** What it may refuse with, besides what every route may. */
  readonly errors: readonly ErrorCode[];
  /** Largest body in bytes; 1 MiB unless given. */
  readonly bodyLimit?: number;
}

export const defaultBodyLimit = 1024 * 1024;

export function defineRoute<const T extends Route>(route: T): T {
  return route;
}

type Part<
  T extends Route,
  K extends 'params' | 'query' | 'headers' | 'body',
  D extends 'input' | 'output',
> = T[K] extends z.ZodType ? { [P in K]: D extends 'input' ? z.input<T[K]> : z.output<T[K]> } : unknown;

/** What a caller gives. */
export type CallOf<T extends Route> = Part<T, 'params', 'input'> &
  Part<T, 'query', 'input'> &
  (Part<T, 'headers', 'input'> extends { headers: infer H } ? { headers?: H } : unknown) &
  Part<T, 'body', 'input'>;
/** What the server's function receives after validation. */
export type InputOf<T extends Route> = Part<T, 'params', 'output'> &
  Part<T, 'query', 'output'> &
  Part<T, 'headers', 'output'> &
  Part<T, 'body', 'output'> &
  (T extends { readonly rawBody: true } ? { rawBody: string } : unknown);
export type ReplyOf<T extends Route> = T extends { readonly stream: string }
  ? ReadableStream<Uint8Array>
  : z.output<T['reply']>;

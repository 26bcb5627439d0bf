// The typed client of the API: `call(route, input)`. The dashboard, the command line and tests use this one.
import { type Problem, problemSchema } from './errors.ts';
import type { CallOf, ReplyOf, Route } from './route.ts';

/** What the server refused, as it said it; or that it could not be reached (`problem` is null then). */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly problem: Problem | null;
  constructor(message: string, status: number, problem: Problem | null, cause?: unknown) {
    super(message, { cause });
    this.status = status;
    this.problem = problem;
  }
}

export interface ClientOptions {
  /** Origin of the server without a trailing slash; empty in the browser. */
  readonly baseUrl: string;
  readonly token?: () => string | null;
  readonly fetch?: typeof fetch;
}

export type Client = <T extends Route>(
  route: T,
  input: CallOf<T>,
  options?: { signal?: AbortSignal },
) => Promise<ReplyOf<T>>;

interface AnyCall {
  readonly params?: Record<string, unknown>;
  readonly query?: Record<string, unknown>;
  readonly body?: unknown;
}

export function addressOf(route: Route, call: AnyCall): string {
  const path = route.path.replace(/:([A-Za-z]+)/g, (_, name: string) =>
    encodeURIComponent(String(call.params?.[name])),
  );
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(call.query ?? {})) {
    if (value === undefined || value === null) continue;
    for (const one of Array.isArray(value) ? value : [value]) query.append(key, String(one));
  }
  const search = query.toString();
  return `/api${path}${search === '' ? '' : `?${search}`}`;
}

export function createClient(options: ClientOptions): Client {
  const send = options.fetch ?? fetch;
  return async (route, input, { signal } = {}) => {
    const call = (input ?? {}) as AnyCall;
    const headers: Record<string, string> = { accept: 'application/json' };
    const token = options.token?.();
    if (token) headers.authorization = `Bearer ${token}`;
    const hasBody = route.body !== undefined && call.body !== undefined;
    if (hasBody) headers['content-type'] = 'application/json';
    let response: Response;
    try {
      response = await send(`${options.baseUrl}${addressOf(route, call)}`, {
        method: route.method,
        headers,
        body: hasBody ? JSON.stringify(call.body) : undefined,
        signal,
        credentials: 'same-origin',
      });
    } catch (cause) {
      if (signal?.aborted) throw cause;
      throw new ApiError('The server cannot be reached.', 0, null, cause);
    }
    if (response.status === 204) return undefined as never;
    const text = await response.text();
    const value: unknown = text === '' ? undefined : JSON.parse(text);
    if (response.ok) return value as never;
    const problem = problemSchema.safeParse(value);
    if (problem.success) throw new ApiError(problem.data.detail ?? problem.data.title, response.status, problem.data);
    throw new ApiError(`The server answered ${response.status}.`, response.status, null);
  };
}

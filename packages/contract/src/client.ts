// The typed client of the API: `call(route, input)`. The dashboard, the command line and tests use this one.
import { type Problem, problemSchema } from './errors.ts';
import type { CallOf, ReplyOf, Route } from './route.ts';

/** What the server refused, as it said it; or that it could not be reached (`problem` is null then). */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly problem: Problem | null;
  constructor(message: string, more: { status: number; problem?: Problem; cause?: unknown }) {
    super(message, { cause: more.cause });
    this.status = more.status;
    this.problem = more.problem ?? null;
  }
}

export interface ClientOptions {
  /** Origin of the server without a trailing slash; empty in the browser. */
  readonly baseUrl: string;
  readonly token?: () => string | null;
  /** Of a browser's session: sent with what changes something. */
  readonly csrfToken?: () => string | null;
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
  readonly headers?: Record<string, unknown>;
  readonly body?: unknown;
}

export function addressOf(route: Route, call: AnyCall): string {
  const path = route.path.replace(/:([A-Za-z]+)/g, (_, name: string) => {
    const value = call.params?.[name];
    // An empty or dotted part would be the address of another route.
    if (value === undefined || value === null || ['', '.', '..'].includes(String(value)))
      throw new Error(`${route.name} needs the parameter "${name}".`);
    return encodeURIComponent(String(value));
  });
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
    const hasBody = route.body !== undefined && call.body !== undefined;
    const headers = headersOf(route, options, hasBody);
    for (const [name, value] of Object.entries(call.headers ?? {}))
      if (value !== undefined) headers[name] = String(value);
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
      throw new ApiError('The server cannot be reached.', { status: 0, cause });
    }
    return (await readReply(route, response, signal)) as never;
  };
}

function headersOf(route: Route, { token, csrfToken }: ClientOptions, hasBody: boolean): Record<string, string> {
  const headers: Record<string, string> = { accept: route.stream ?? route.text ?? 'application/json' };
  const bearer = token?.();
  if (bearer) headers.authorization = `Bearer ${bearer}`;
  const ofSession = route.method === 'GET' ? null : csrfToken?.();
  if (ofSession) headers['x-csrf-token'] = ofSession;
  if (hasBody) headers['content-type'] = 'application/json';
  return headers;
}

async function readReply(route: Route, response: Response, signal: AbortSignal | undefined): Promise<unknown> {
  if (response.status === 204) return undefined;
  if (route.stream !== undefined && response.ok) return response.body;
  if (route.text !== undefined && response.ok) return readText(response, signal);
  const value = await readJson(response, signal);
  if (response.ok) return value;
  const problem = problemSchema.safeParse(value);
  if (problem.success)
    throw new ApiError(problem.data.detail ?? problem.data.title, { status: response.status, problem: problem.data });
  throw new ApiError(`The server answered ${response.status}.`, { status: response.status });
}

/** What stands between, a proxy for example, answers in its own words: never shown as if they were the server's. */
async function readJson(response: Response, signal: AbortSignal | undefined): Promise<unknown> {
  const text = await readText(response, signal);
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ApiError(`The server answered ${response.status}, and not in JSON: is something else at this address?`, {
      status: response.status,
      cause,
    });
  }
}

async function readText(response: Response, signal: AbortSignal | undefined): Promise<string> {
  try {
    return await response.text();
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new ApiError('The answer of the server broke off.', { status: response.status, cause });
  }
}

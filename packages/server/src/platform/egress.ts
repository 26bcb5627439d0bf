// The one door to addresses that models, pipelines and people name. An address is checked after it was
// resolved, at the moment of connecting, so that no name, number form or redirect leads into a private
// network. Exceptions are one list of `host:port`.
import type { LookupAddress } from 'node:dns';
import { lookup as resolveName } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { Agent, fetch as send } from 'undici';
import { hideCredentials } from './redact.ts';

export type EgressCode = 'egress.refused' | 'egress.timeout' | 'egress.too-large' | 'egress.failed';

/** `message` is a sentence for people. */
export class EgressRefused extends Error {
  readonly code: EgressCode;
  constructor(code: EgressCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'EgressRefused';
    this.code = code;
  }
}

export interface EgressRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly signal?: AbortSignal;
  /** For the whole exchange, redirects and body included. */
  readonly timeoutMs?: number;
  /** Of the body after decompression. */
  readonly maxBytes?: number;
  readonly maxRedirects?: number;
  /** The first address was set by an owner and may be private; where it redirects to is checked all the same. */
  readonly exempt?: boolean;
}

export interface EgressReply {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Uint8Array;
  readonly text: string;
  /** Where the reply came from, after redirects. */
  readonly url: string;
}

export interface Egress {
  /** Throws `EgressRefused`, or the reason of `signal` when that was aborted. */
  fetch(url: string, request?: EgressRequest): Promise<EgressReply>;
  /**
   * As the platform's fetch, for libraries that stream by themselves: the same checks, no redirect is followed. `exempt`: the
   * address was set by an owner and may be private.
   */
  open(exempt: boolean): typeof fetch;
  /** Ends idle connections; requests that run are ended too. */
  close(): Promise<void>;
}

type Resolve = (hostname: string) => Promise<readonly LookupAddress[]>;

interface Door {
  readonly allowed: ReadonlySet<string>;
  readonly checked: Agent;
  readonly unchecked: Agent;
}

const systemResolve: Resolve = (hostname) => resolveName(hostname, { all: true, verbatim: true });

/** `allow` holds `host:port` of private addresses that may be reached. `resolve` is replaced by tests. */
export function openEgress(options: { readonly allow: readonly string[]; readonly resolve?: Resolve }): Egress {
  const resolve = options.resolve ?? systemResolve;
  const limits = { connections: 32, keepAliveTimeout: 1000, keepAliveMaxTimeout: 5000 };
  const door: Door = {
    allowed: new Set(options.allow.map((entry) => entry.trim().toLowerCase())),
    checked: new Agent({ ...limits, connect: { timeout: 10_000, lookup: lookupWith(resolve, true) } }),
    unchecked: new Agent({ ...limits, connect: { timeout: 10_000, lookup: lookupWith(resolve, false) } }),
  };
  return {
    fetch: (url, request = {}) => follow(door, url, request),
    open: (exempt) => (input, init) => openStream(door, exempt, input, init),
    async close() {
      await Promise.all([door.checked.destroy(), door.unchecked.destroy()]);
    },
  };
}

async function openStream(
  door: Door,
  exempt: boolean,
  input: string | URL | Request,
  { method, headers, body, signal }: RequestInit = {},
): Promise<Response> {
  if (input instanceof Request) throw new Error('An address and its options are expected, not a request.');
  if (body && typeof body !== 'string' && !(body instanceof Uint8Array)) throw new Error('A body is a text or bytes.');
  const options = { method: method ?? 'GET', headers: Object.fromEntries(new Headers(headers)), body: body ?? null };
  const response = await sendChecked(
    door,
    parseUrl(String(input)),
    { ...options, signal: signal ?? null, redirect: 'error' },
    exempt,
  ).catch((error: unknown) => {
    throw findRefusal(error) ?? error;
  });
  return response;
}

/** Only addresses that anybody on the internet could reach count as public; every special range is private. */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== 'unicast') return false;
  // Unassigned parts of IPv6 are `unicast` too; 2000::/3 is what is routed.
  return parsed.kind() === 'ipv4' || (parsed.toByteArray()[0] ?? 0) >> 5 === 1;
}

function lookupWith(resolve: Resolve, checked: boolean): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname).then(
      (addresses) => {
        const forbidden = checked ? addresses.find(({ address }) => !isPublicAddress(address)) : undefined;
        const [first] = addresses;
        if (forbidden !== undefined) callback(refusePrivate(hostname, forbidden.address), '', 0);
        else if (first === undefined) callback(new Error(`${hostname} has no address`), '', 0);
        else if (options.all) callback(null, [...addresses]);
        else callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, '', 0),
    );
  };
}

interface Hop {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | undefined;
}

async function follow(door: Door, address: string, request: EgressRequest): Promise<EgressReply> {
  const timeoutMs = request.timeoutMs ?? 30_000;
  const deadline = AbortSignal.timeout(timeoutMs);
  const signal = request.signal === undefined ? deadline : AbortSignal.any([request.signal, deadline]);
  const maxRedirects = request.maxRedirects ?? 5;
  let hop: Hop = {
    url: parseUrl(address),
    method: checkMethod(request.method),
    headers: cleanHeaders(request.headers),
    body: request.body,
  };
  try {
    for (let redirects = 0; ; redirects += 1) {
      const response = await sendHop(door, hop, signal, request.exempt === true && redirects === 0);
      const next = nextHop(hop, response.status, response.headers.get('location'));
      if (next === null) return await readReply(response, hop.url, request.maxBytes ?? 5_000_000);
      await response.body?.cancel();
      if (redirects >= maxRedirects)
        throw refuse(`${show(hop.url)} redirects again after ${maxRedirects} redirects; that is where following ends.`);
      hop = next;
    }
  } catch (error) {
    request.signal?.throwIfAborted();
    const refusal = findRefusal(error);
    if (refusal !== null) throw refusal;
    if (deadline.aborted) throw timedOut(hop.url, timeoutMs, error);
    throw failed(hop.url, error);
  }
}

async function sendHop(door: Door, { url, method, headers, body }: Hop, signal: AbortSignal, exempt: boolean) {
  return await sendChecked(door, url, { method, headers, body, redirect: 'manual', signal }, exempt);
}

type SendOptions = NonNullable<Parameters<typeof send>[1]>;

function sendChecked(door: Door, url: URL, options: SendOptions, exempt: boolean) {
  const host = url.hostname.toLowerCase();
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  const bare = host.replace(/^\[|\]$/g, '');
  const free = exempt || door.allowed.has(`${host}:${port}`) || door.allowed.has(`${bare}:${port}`);
  // A literal address is connected to without a lookup, so it is checked here. `URL` made one form of all its spellings.
  if (!free && ipaddr.isValid(bare) && !isPublicAddress(bare)) throw refusePrivate(host, bare);
  return send(url, { ...options, dispatcher: free ? door.unchecked : door.checked });
}

/** Where a redirect leads (RFC 9110, 15.4); null when the response is none. */
function nextHop(hop: Hop, status: number, location: string | null): Hop | null {
  if (![301, 302, 303, 307, 308].includes(status) || location === null) return null;
  const url = parseUrl(location, hop.url);
  const sameOrigin = url.origin === hop.url.origin;
  const keepsMethod = status >= 307 || hop.method === 'GET' || hop.method === 'HEAD';
  if (keepsMethod && hop.body !== undefined && !sameOrigin) {
    throw refuse(
      `${show(hop.url)} redirects what was sent to another server, ${show(url)}. Send it there directly if that is meant.`,
    );
  }
  const kept = sameOrigin ? hop.headers : onlyHarmless(hop.headers);
  if (keepsMethod) return { ...hop, url, headers: kept };
  const { 'content-type': _type, ...headers } = kept;
  return { url, method: 'GET', headers, body: undefined };
}

const HARMLESS = new Set([
  'accept',
  'accept-language',
  'user-agent',
  'content-type',
  'if-none-match',
  'if-modified-since',
]);

/** Any header may carry a key (`authorization`, `cookie`, `x-api-key`, ...): another origin gets the known harmless ones only. */
function onlyHarmless(headers: Hop['headers']): Hop['headers'] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => HARMLESS.has(name)));
}

const OWN_HEADERS = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'upgrade',
  'expect',
  'te',
  'trailer',
  'keep-alive',
]);

function cleanHeaders(headers: EgressRequest['headers'] = {}): Record<string, string> {
  const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  return Object.fromEntries(lower.filter(([name]) => !OWN_HEADERS.has(name)));
}

function checkMethod(method: string = 'GET'): string {
  const upper = method.toUpperCase();
  if (/^(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$/.test(upper)) return upper;
  throw refuse(`The method ${upper.slice(0, 20)} is not sent; use GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS.`);
}

function parseUrl(address: string, base?: URL): URL {
  const url = URL.parse(address, base?.href);
  if (url === null)
    throw refuse(
      `\`${hideCredentials(address.slice(0, 200))}\` is no web address; one looks like https://example.org/page.`,
    );
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw refuse(`Only http and https addresses are called, not \`${url.protocol}\`.`);
  }
  if (url.username !== '' || url.password !== '') {
    throw refuse(
      `The address of ${url.host} holds a user or password. Send credentials in a header, not in the address.`,
    );
  }
  return url;
}

async function readReply(response: Awaited<ReturnType<typeof send>>, url: URL, maxBytes: number): Promise<EgressReply> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > maxBytes) {
      throw new EgressRefused(
        'egress.too-large',
        `${show(url)} answered with more than ${maxBytes} bytes; the rest was not read.`,
      );
    }
    chunks.push(chunk);
  }
  const bytes = Buffer.concat(chunks);
  const headers = Object.fromEntries(response.headers);
  return { status: response.status, headers, bytes, text: decode(bytes, headers['content-type'] ?? ''), url: url.href };
}

function decode(bytes: Uint8Array, type: string): string {
  const charset = /charset="?([\w-]+)/i.exec(type)?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return new TextDecoder().decode(bytes);
  }
}

/** undici wraps what the lookup threw, at times twice. */
function findRefusal(error: unknown): EgressRefused | null {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof EgressRefused) return cause;
    if (cause instanceof AggregateError) {
      const inner = cause.errors.find((one) => one instanceof EgressRefused);
      if (inner !== undefined) return inner;
    }
  }
  return null;
}

function refuse(sentence: string): EgressRefused {
  return new EgressRefused('egress.refused', sentence);
}

function refusePrivate(host: string, address: string): EgressRefused {
  const at = host.replace(/^\[|\]$/g, '') === address ? 'is' : `leads to ${address},`;
  return refuse(
    `${host} ${at} an address of this machine, a private network or another special range, and is not called. An operator may allow it with GATHERING_EGRESS_ALLOW=host:port.`,
  );
}

function timedOut(url: URL, timeoutMs: number, cause: unknown): EgressRefused {
  return new EgressRefused('egress.timeout', `${show(url)} did not answer within ${timeoutMs} ms.`, { cause });
}

function failed(url: URL, error: unknown): EgressRefused {
  let reason = 'the connection failed';
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && typeof cause.code === 'string') reason = describeCode(cause.code);
    else if (cause.message !== '' && cause.message !== 'fetch failed') reason = cause.message;
  }
  return new EgressRefused('egress.failed', `${show(url)} could not be reached: ${reason}.`, { cause: error });
}

function describeCode(code: string): string {
  const known: Readonly<Record<string, string>> = {
    ENOTFOUND: 'its name is not known (ENOTFOUND)',
    EAI_AGAIN: 'names cannot be resolved at the moment (EAI_AGAIN)',
    ECONNREFUSED: 'nothing listens there (ECONNREFUSED)',
    ECONNRESET: 'it ended the connection (ECONNRESET)',
    UND_ERR_CONNECT_TIMEOUT: 'the connection was not made in time',
  };
  return known[code] ?? code;
}

/** Without the query, which may hold a key. */
function show(url: URL): string {
  return `${url.origin}${url.pathname}`.slice(0, 300);
}

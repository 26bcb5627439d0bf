// Secrets are planted wherever one can be given, through the API and the program, and then looked for: in every column of
// every table, in every line of a log that leaves nothing out, and in every answer.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAgentRoute, createPersonaRoute } from '@gathering/contract/agents';
import { createChatRoute } from '@gathering/contract/agents-chats';
import { afterAll, expect, it } from 'vitest';
import { allSealedPlaces } from '../../src/boot/sealed-places.ts';
import { type Api, makeDefinition, nodeOf, startDefinition, waitForEnd, withToken } from '../api.ts';
import { type DatabasePlace, eachDatabase, openPlace } from '../db.ts';
import { startChatModel } from '../fakes/chat-model.ts';
import { startOutsideServer } from '../fakes/http-server.ts';
import { environmentOf, owner, runProgram, serversOfGroup } from '../server-process.ts';

let planted = 0;
/** Nobody would come to this text by accident. */
function plant(what: string): string {
  planted += 1;
  return `canary-${what}-${planted}-5f2d9b1c7e`;
}

const folder = mkdtempSync(join(tmpdir(), 'gathering-canaries-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Canaries {
  readonly [what: string]: string;
}

/** As it is, and as it looks in an address or in base64. */
function formsOf(secret: string): string[] {
  const base64 = Buffer.from(secret).toString('base64');
  return [secret, encodeURIComponent(secret), base64.slice(0, 24), Buffer.from(secret).toString('hex')];
}

function findIn(where: string, text: string, canaries: Canaries): string[] {
  return Object.entries(canaries)
    .filter(([, secret]) => formsOf(secret).some((form) => text.includes(form)))
    .map(([what]) => `${what} in ${where}`);
}

/** Every row of every table as text, catalogues aside. */
async function findInTables(place: DatabasePlace, canaries: Canaries): Promise<{ found: string[]; tables: number }> {
  const database = await openPlace(place);
  try {
    const { rows } = await database.query<{ name: string }>(
      `select quote_ident(schemaname) || '.' || quote_ident(tablename) as name from pg_tables
       where schemaname not in ('pg_catalog', 'information_schema') order by 1`,
    );
    const found: string[] = [];
    for (const { name } of rows) {
      const { rows: all } = await database.query<{ text: string }>(`select t::text as text from ${name} t`);
      for (const { text } of all) found.push(...findIn(`the table ${name}`, text, canaries));
    }
    return { found: [...new Set(found)], tables: rows.length };
  } finally {
    await database.close();
  }
}

/** Whatever looks sealed stands in a column that is sealed anew with a new key. */
async function findUnlistedSeals(place: DatabasePlace): Promise<string[]> {
  const database = await openPlace(place);
  try {
    const { rows } = await database.query<{ table: string; column: string; name: string }>(
      `select quote_ident(table_schema) || '.' || quote_ident(table_name) as table, quote_ident(column_name) as column,
         table_schema || '.' || table_name || '.' || column_name as name
       from information_schema.columns join pg_tables on schemaname = table_schema and tablename = table_name
       where table_schema not in ('pg_catalog', 'information_schema') and data_type in ('text', 'json', 'jsonb')`,
    );
    const listed = allSealedPlaces.map(({ name }) => name);
    const unlisted: string[] = [];
    for (const { table, column, name } of rows.filter((row) => !listed.includes(row.name))) {
      const { rowCount } = await database.query(
        `select 1 from ${table} where ${column}::text ~ '^"?v1\\.[A-Za-z0-9_-]{8}\\.[A-Za-z0-9_-]{16}\\.' limit 1`,
      );
      if (rowCount > 0) unlisted.push(name);
    }
    return unlisted;
  } finally {
    await database.close();
  }
}

/** Notes what every answer says. The one that hands out a token is allowed to. */
class Caller {
  readonly found: string[] = [];
  readonly #url: string;
  readonly #canaries: Record<string, string>;
  token = '';

  constructor(url: string, canaries: Record<string, string>) {
    this.#url = url;
    this.#canaries = canaries;
  }

  async send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const given = typeof body === 'string' ? body : JSON.stringify(body);
    const reply = await fetch(`${this.#url}${path}`, {
      method,
      body: given,
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(this.token !== '' && { authorization: `Bearer ${this.token}` }),
        ...headers,
      },
    });
    const text = await reply.text();
    const all = `${text}\n${JSON.stringify([...reply.headers])}`;
    this.found.push(...findIn(`the answer to ${method} ${path.split('?')[0]}`, all, this.#canaries));
    return { status: reply.status, text, json: () => JSON.parse(text) };
  }
}

interface Answer {
  readonly status: number;
  readonly text: string;
  json(): Record<string, never>;
}

eachDatabase((_open, makePlace) => {
  const start = serversOfGroup();

  it('no secret that was given is found in a table, a line of the log or an answer', async () => {
    const canaries: Record<string, string> = {
      'the key of the installation': plant('secret-key').padEnd(40, 'x'),
      "the owner's password": plant('password'),
      'a wrong password': plant('wrong-password'),
      'a password that is too long': plant('long-password'),
      'a password of the wrong type': plant('odd-password'),
      "a provider's key": plant('provider-key'),
      "a provider's later key": plant('later-key'),
      "a provider's key that is refused": plant('refused-key'),
      'a foreign bearer token': plant('bearer'),
      'a foreign API key': plant('api-key'),
      'a foreign cookie': plant('cookie'),
      'basic credentials': plant('basic'),
      'a token in a query': plant('query-token'),
      'a token in an unknown path': plant('path-token'),
      'a password in the address of a provider': plant('address-password'),
      'a password in the address that a model calls': plant('called-password'),
      'a password in the address of an action': plant('action-password'),
      'a header of an action': plant('action-header'),
    };
    const secret = (what: string): string => canaries[what] ?? '';
    const place = await makePlace({ empty: true });
    const outside = await startOutsideServer();
    const server = await start(place, {
      env: {
        GATHERING_LOG_LEVEL: 'trace',
        GATHERING_OWNER_PASSWORD: secret("the owner's password"),
        GATHERING_SECRET_KEY: secret('the key of the installation'),
        GATHERING_EGRESS_ALLOW: outside.hostPort,
      },
    });
    const caller = new Caller(server.url, canaries);
    await knockInVain(caller, secret);

    const signedIn = await caller.send('POST', '/api/auth/login', {
      email: owner.email,
      password: secret("the owner's password"),
    });
    expect(signedIn.status).toBe(200);
    const session: Record<string, unknown> = signedIn.json();
    caller.token = String(session.accessToken);
    canaries['an access token'] = caller.token;
    if (typeof session.refreshToken === 'string') canaries['a refresh token'] = session.refreshToken;
    const api = withToken(server.url, caller.token);

    await useProviders(caller, api, secret);
    await callAddresses(api, outside.url, secret);
    const ticket = (await caller.send('POST', '/api/auth/socket-ticket')).json();
    canaries['a socket ticket'] = String(ticket.ticket);
    for (const path of ['/audit', '/events', '/providers', '/settings', '/instance', '/auth/me', '/agents', '/runs'])
      expect((await caller.send('GET', `/api${path}`)).status).toBe(200);
    await caller.send('POST', '/api/auth/logout');
    await caller.send('GET', '/api/auth/me');
    await server.stop();

    const log = server.stdout() + server.stderr();
    expect(log.split('\n').length).toBeGreaterThan(50);
    const tables = await findInTables(place, canaries);
    expect(tables.tables).toBeGreaterThan(20);
    // A definition is its author's document and holds what they wrote into it; what is made of it does not.
    const ofAuthors =
      /^(a header of an action|a password in the address of an action) in the table (pipeline\.pipelines|pipeline\.run_bodies|pipeline\.node_runs)$/;
    expect(tables.found.filter((one) => !ofAuthors.test(one))).toEqual([]);
    expect(log.split('\n').flatMap((line) => findIn(`the line ${line.slice(0, 2000)}`, line, canaries))).toEqual([]);
    expect(caller.found).toEqual([]);
    expect(await findUnlistedSeals(place)).toEqual([]);
  });

  it('no command of the program says a secret of its settings, whatever goes wrong', async () => {
    const place = await makePlace();
    const canaries = {
      'the password of the database': plant('database'),
      'the key of the installation': plant('key').padEnd(40, 'x'),
      "the owner's password": plant('owner'),
      'a short key': plant('short').slice(0, 20),
    };
    const env = environmentOf(place, {
      DATABASE_URL: `postgres://me:${canaries['the password of the database']}@127.0.0.1:9/nowhere`,
      GATHERING_SECRET_KEY: canaries['the key of the installation'],
      GATHERING_OWNER_EMAIL: owner.email,
      GATHERING_OWNER_PASSWORD: canaries["the owner's password"],
      GATHERING_LOG_LEVEL: 'trace',
    });
    const found: string[] = [];
    const commands = [
      ['serve', '--no-dashboard'],
      ['doctor'],
      ['doctor', '--json'],
      ['migrate'],
      ['audit', 'verify'],
      ['secrets', 'rotate'],
    ];
    for (const settings of [env, { ...env, GATHERING_SECRET_KEY: canaries['a short key'] }, { ...env, PORT: 'x' }]) {
      for (const args of commands) {
        const { code, stdout, stderr } = await runProgram(args, settings);
        expect([args, code]).not.toEqual([args, 0]);
        found.push(...findIn(args.join(' '), stdout + stderr, canaries));
      }
    }
    expect(found).toEqual([]);
  });
});

/** What comes in from somebody who is nobody. */
async function knockInVain(caller: Caller, secret: (what: string) => string): Promise<void> {
  const login = (body: unknown) => caller.send('POST', '/api/auth/login', body);
  const { email } = owner;
  expect((await login({ email, password: secret('a wrong password') })).status).toBe(401);
  expect((await login({ email, password: secret('a password that is too long').repeat(20) })).status).toBe(400);
  expect((await login({ email, password: [secret('a password of the wrong type')] })).status).toBe(400);
  expect((await login(`{"email": "x", "password": "${secret('a wrong password')}"`)).status).toBe(400);
  const me = (headers: Record<string, string>) => caller.send('GET', '/api/auth/me', undefined, headers);
  const basic = Buffer.from(`me:${secret('basic credentials')}`).toString('base64');
  const shown: Record<string, string>[] = [
    { authorization: `Bearer ${secret('a foreign bearer token')}` },
    { authorization: `Basic ${basic}` },
    { 'x-api-key': secret('a foreign API key') },
    { cookie: `session=${secret('a foreign cookie')}` },
  ];
  for (const headers of shown) expect((await me(headers)).status).toBe(401);
  const token = secret('a token in a query');
  for (const path of [`/api/health/live?token=${token}`, `/api/auth/me?access_token=${token}`, `/?token=${token}`])
    await caller.send('GET', path);
  await caller.send('GET', `/api/nothing/${secret('a token in an unknown path')}`);
}

/** Vendors that say the key that they were shown, in a refusal and in the middle of an answer. */
async function useProviders(caller: Caller, api: Api, secret: (what: string) => string): Promise<void> {
  const echo = await startOutsideServer((call, reply) => {
    const message = `Incorrect API key provided: ${call.headers.authorization}`;
    const isStreamed = call.path.includes('/streamed/');
    if (!isStreamed) {
      reply.writeHead(401, { 'content-type': 'application/json', 'x-shown': String(call.headers.authorization) });
      reply.end(JSON.stringify({ error: { message, type: 'invalid_request_error' } }));
      return;
    }
    reply.writeHead(200, { 'content-type': 'text/event-stream' });
    const half = Math.floor(message.length / 2);
    // In two pieces, so that the key is cut in the middle.
    const text = `data: ${JSON.stringify({ error: { message, code: 'invalid_api_key' } })}\n\n`;
    reply.write(text.slice(0, half + 30));
    setImmediate(() => reply.end(text.slice(half + 30)));
  });
  const key = secret("a provider's key");
  const models = [{ id: 'one' }];
  const body = { kind: 'openai-compatible', apiKey: key, models };
  for (const [name, address] of [
    ['refusing', `${echo.url}/v1`],
    ['streaming', `${echo.url}/streamed/v1`],
  ]) {
    const made = await caller.send('POST', '/api/providers', { ...body, name, baseUrl: address });
    expect([made.status, made.text]).toEqual([201, expect.stringContaining(key.slice(-4))]);
    const { id } = made.json();
    const tested = await caller.send('POST', `/api/providers/${id}/test`, { model: 'one' });
    expect([tested.status, tested.text]).toEqual([200, expect.stringMatching(/Incorrect API key provided/)]);
    await caller.send('PATCH', `/api/providers/${id}`, { apiKey: secret("a provider's later key") });
    await caller.send('POST', `/api/providers/${id}/test`, { model: 'one' });
    await askAgent(caller, api, name ?? '', `Say something.`);
  }
  expect(echo.calls.length).toBeGreaterThanOrEqual(6);
  const odd = {
    ...body,
    name: 'odd',
    baseUrl: `${echo.url}/v1`,
    apiKey: { key: secret("a provider's key that is refused") },
  };
  expect((await caller.send('POST', '/api/providers', odd)).status).toBe(400);
  const address = `http://me:${secret('a password in the address of a provider')}@127.0.0.1:9/v1`;
  expect((await caller.send('POST', '/api/providers', { ...body, name: 'address', baseUrl: address })).status).toBe(
    400,
  );
}

async function askAgent(caller: Caller, api: Api, provider: string, text: string): Promise<string> {
  const persona = await api.call(createPersonaRoute, { body: { name: `For ${provider}`, role: 'Answers' } });
  const agent = await api.call(createAgentRoute, {
    body: { name: `On ${provider}`, personaId: persona.id, model: { provider, model: 'one' }, skills: ['http'] },
  });
  const chat = await api.call(createChatRoute, { params: { id: agent.id }, body: {} });
  const answer = await caller.send('POST', `/api/chats/${chat.id}/messages`, { text });
  await caller.send('GET', `/api/turns/${answer.json().turnId}`);
  return answer.text;
}

/** Credentials in addresses, as models and authors of pipelines write them. */
async function callAddresses(api: Api, outside: string, secret: (what: string) => string): Promise<void> {
  const called = `http://me:${secret('a password in the address that a model calls')}@127.0.0.1:9/page`;
  const model = await startChatModel((asked) =>
    asked === 0 ? { calls: [{ tool: 'http_get', input: { url: called } }] } : { text: 'It was refused.' },
  );
  const made = { name: 'calling', kind: 'openai-compatible', baseUrl: model.baseUrl, models: [{ id: 'one' }] };
  const caller = new Caller(api.url, { password: secret('a password in the address that a model calls') });
  caller.token = api.token;
  expect((await caller.send('POST', '/api/providers', made)).status).toBe(201);
  expect(await askAgent(caller, api, 'calling', 'Read the page.')).toContain('It was refused.');
  expect(model.calls).toHaveLength(2);
  expect(caller.found).toEqual([]);

  const address = `${outside.replace('://', `://me:${secret('a password in the address of an action')}@`)}/a`;
  const headers = { authorization: `Bearer ${secret('a header of an action')}` };
  const definition = makeDefinition(
    'Calling',
    [
      { id: 'address', type: 'action', config: { kind: 'callApi', method: 'PUT', url: address } },
      { id: 'header', type: 'action', config: { kind: 'callApi', method: 'PUT', url: `${outside}/b`, headers } },
    ],
    [
      ['start', 'address'],
      ['start', 'header'],
    ],
  );
  const run = await waitForEnd(api, (await startDefinition(api, definition)).id);
  expect([nodeOf(run, 'address').status, run.status]).toEqual(['failed', 'failed']);
  const told = JSON.stringify(run.nodes) + JSON.stringify(run.error);
  expect(told).not.toContain(secret('a password in the address of an action'));
  expect(told).not.toContain(secret('a header of an action'));
}

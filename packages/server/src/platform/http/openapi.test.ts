// The OpenAPI document: whole, well-formed, and every route of the contract in it.
import { errorCatalogue } from '@gathering/contract/errors';
import { allRoutes } from '@gathering/contract/routes';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLog } from '../log.ts';
import { Drain } from './drain.ts';
import { makeOpenApi } from './openapi.ts';
import { createServer } from './server.ts';

// biome-ignore lint/suspicious/noExplicitAny: a test walks through the document as it comes
type Any = any;
const document: Any = JSON.parse(JSON.stringify(makeOpenApi(allRoutes, '1.2.3')));
const operationOf = (route: (typeof allRoutes)[number]): Any =>
  document.paths[`/api${route.path.replace(/:(\w+)/g, '{$1}')}`]?.[route.method.toLowerCase()];

function findAll(value: unknown, key: string): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, child]) => [...(name === key ? [child] : []), ...findAll(child, key)]);
}

describe('the document', () => {
  it('has every route of the contract, once, with its permission', () => {
    expect(allRoutes.length).toBeGreaterThan(50);
    for (const route of allRoutes) {
      expect(operationOf(route), route.name).toMatchObject({ operationId: route.name, summary: route.summary });
    }
    const operations = Object.values<Any>(document.paths).flatMap((path) => Object.values(path));
    expect(operations).toHaveLength(allRoutes.length);
  });

  it('names every parameter of every path as required', () => {
    for (const [path, operations] of Object.entries<Any>(document.paths)) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      for (const operation of Object.values<Any>(operations)) {
        const described = operation.parameters.filter((one: Any) => one.in === 'path');
        expect(described.map((one: Any) => one.name)).toEqual(inPath);
        expect(described.every((one: Any) => one.required)).toBe(true);
      }
    }
  });

  it('lists for each route the codes that it may refuse with', () => {
    for (const route of allRoutes) {
      const { responses } = operationOf(route);
      expect(responses[route.status ?? 200], route.name).toBeDefined();
      for (const code of [...route.errors, 'server.bug'] as const) {
        expect(responses[errorCatalogue[code].status]?.description, route.name).toContain(code);
      }
    }
  });

  it('refers to nothing that is not there and leaves no component unused', () => {
    const references = new Set(findAll(document, '$ref'));
    const names = Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`);
    expect(names.filter((name) => name.includes('__'))).toEqual([]);
    for (const reference of references) expect(names).toContain(reference);
    for (const name of names) expect([...references]).toContain(name);
  });

  it('holds schemas that are JSON Schema 2020-12', () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    ajv.addSchema({ $id: 'root', ...document });
    for (const name of Object.keys(document.components.schemas)) {
      expect(ajv.getSchema(`root#/components/schemas/${name}`), name).toBeTypeOf('function');
    }
    for (const schema of findAll(document.paths, 'schema')) expect(ajv.validateSchema(schema as object)).toBe(true);
  });

  it('describes a login as it is', () => {
    const { post } = document.paths['/api/auth/login'];
    expect(post.security).toEqual([]);
    expect(post.requestBody.required).toBe(true);
    expect(post.responses[200].content['application/json'].schema).toEqual({ $ref: '#/components/schemas/Session' });
    expect(document.components.schemas.Session.required).toEqual([
      'accessToken',
      'expiresAt',
      'refreshToken',
      'refreshExpiresAt',
      'user',
    ]);
    expect(document.paths['/api/runs'].get.parameters).toContainEqual(
      expect.objectContaining({ name: 'limit', in: 'query', required: false }),
    );
  });
});

describe('the pages', () => {
  let app: FastifyInstance;
  beforeAll(async () => {
    app = await createServer({
      log: createLog('silent'),
      version: '1.2.3',
      routes: [],
      door: { makeCtx: async () => null, authorize: () => undefined, checkReplies: true },
      drain: new Drain(),
      corsOrigins: [],
      trustedProxies: [],
      https: false,
    });
  });
  afterAll(() => app.close());

  it('are served by the server itself, all that they load included', async () => {
    expect((await app.inject('/api/openapi.json')).json().info.version).toBe('1.2.3');
    const page = await app.inject('/api/docs');
    const loaded = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address ?? '');
    expect(loaded).toHaveLength(4);
    for (const address of loaded) expect([address, (await app.inject(address)).statusCode]).toEqual([address, 200]);
    expect(page.body).not.toMatch(/<script>|\son\w+=/);
  });

  it('explain every code of the catalogue at the address that problems name', async () => {
    const { body } = await app.inject('/api/docs/errors');
    for (const code of Object.keys(errorCatalogue)) expect(body).toContain(`id="${code}"`);
  });
});

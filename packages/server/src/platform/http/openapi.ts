// The OpenAPI 3.1 document, from the contract alone.
// Invariant: every route of the contract is in it, with the codes that it may refuse with.
import {
  agentSchema,
  chatSchema,
  messageSchema,
  personaSchema,
  stepSchema,
  turnSchema,
} from '@gathering/contract/agents';
import { auditEntrySchema } from '@gathering/contract/audit';
import { sessionSchema, userSchema } from '@gathering/contract/auth';
import { type ErrorCode, errorCatalogue, faultSchema, problemSchema } from '@gathering/contract/errors';
import { eventSchema } from '@gathering/contract/events';
import { jsonSchema } from '@gathering/contract/json';
import { notificationSchema } from '@gathering/contract/notifications';
import { instanceSchema, readinessSchema, settingsSchema } from '@gathering/contract/operations';
import { definitionSchema } from '@gathering/contract/pipeline-definition';
import { nodeRunSchema, pipelineSchema, runErrorSchema, runSchema } from '@gathering/contract/pipelines';
import { projectSchema } from '@gathering/contract/projects';
import { modelSchema, priceSchema, providerSchema } from '@gathering/contract/providers';
import type { Route } from '@gathering/contract/route';
import * as z from 'zod';

type Node = Record<string, unknown>;

/** Schemas that the document names, so that a reader meets each of them once. */
const named: Record<string, z.ZodType> = {
  Agent: agentSchema,
  AuditEntry: auditEntrySchema,
  Chat: chatSchema,
  Event: eventSchema,
  Fault: faultSchema,
  Instance: instanceSchema,
  Json: jsonSchema,
  Message: messageSchema,
  Model: modelSchema,
  NodeRun: nodeRunSchema,
  Notification: notificationSchema,
  Persona: personaSchema,
  Pipeline: pipelineSchema,
  PipelineDefinition: definitionSchema,
  Price: priceSchema,
  Problem: problemSchema,
  Project: projectSchema,
  Provider: providerSchema,
  Readiness: readinessSchema,
  Run: runSchema,
  RunError: runErrorSchema,
  Session: sessionSchema,
  Settings: settingsSchema,
  Step: stepSchema,
  Turn: turnSchema,
  User: userSchema,
};

export function makeOpenApi(routes: readonly Route[], version: string): Node {
  const schemas = new SchemaWriter();
  schemas.write(problemSchema, 'output', 'Problem');
  const paths: Record<string, Node> = {};
  for (const route of routes) {
    const path = `/api${route.path.replace(/:(\w+)/g, '{$1}')}`;
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: describeOperation(route, schemas) };
  }
  return {
    openapi: '3.1.1',
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    info: {
      title: 'GatheRing',
      version,
      description: 'Every refusal is a problem+json (RFC 9457) with a `code` of [this list](/api/docs/errors).',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }],
    tags: [...new Set(routes.map(featureOf))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'The `accessToken` of POST /api/auth/login, or an API key.',
        },
      },
      schemas: schemas.components,
    },
  };
}

function featureOf(route: Route): string {
  return route.name.split('.', 1)[0] ?? route.name;
}

function describeOperation(route: Route, schemas: SchemaWriter): Node {
  const status = route.status ?? 200;
  return {
    operationId: route.name,
    tags: [featureOf(route)],
    summary: route.summary,
    description: `Permission: \`${route.permission}\`. Rate: \`${route.rate}\`.`,
    ...(route.permission === 'public' ? { security: [] } : {}),
    parameters: [
      ...describeParameters('path', route.params, schemas),
      ...describeParameters('query', route.query, schemas),
      ...describeParameters('header', route.headers, schemas),
    ],
    ...(route.body === undefined ? {} : { requestBody: describeBody(route.body, schemas) }),
    responses: {
      [status]: describeReply(route, status, schemas),
      ...describeRefusals(refusalsOf(route)),
    },
  };
}

function describeParameters(
  place: 'path' | 'query' | 'header',
  schema: z.ZodObject | undefined,
  schemas: SchemaWriter,
): Node[] {
  return Object.entries(schema?.shape ?? {}).map(([name, field]) => {
    const { description, ...json } = schemas.write(field as z.ZodType, 'input');
    const required = place === 'path' || !z.safeParse(field as z.ZodType, undefined).success;
    return { name, in: place, required, ...(description === undefined ? {} : { description }), schema: json };
  });
}

function describeBody(body: z.ZodType, schemas: SchemaWriter): Node {
  const schema = schemas.write(body, 'input');
  return { required: !body.safeParse(undefined).success, content: { 'application/json': { schema } } };
}

function describeReply(route: Route, status: number, schemas: SchemaWriter): Node {
  const headers = { 'x-request-id': { schema: { type: 'string' }, description: 'Quote it when you report a fault.' } };
  if (status === 204) return { description: 'Done; there is nothing to say.', headers };
  const schema = schemas.write(route.reply, 'output');
  if (route.stream !== undefined)
    return { description: 'A stream; each line is one of these.', headers, content: { [route.stream]: { schema } } };
  return { description: 'Done.', headers, content: { [route.text ?? 'application/json']: { schema } } };
}

/** What the route itself refuses with, and what every route may. */
function refusalsOf(route: Route): ErrorCode[] {
  const codes: ErrorCode[] = [...route.errors];
  if (route.permission !== 'public') codes.push('auth.required', 'auth.forbidden', 'auth.foreign-origin');
  if (route.permission !== 'public' && route.method !== 'GET') codes.push('auth.csrf-invalid');
  if ([route.params, route.query, route.headers, route.body].some((part) => part !== undefined))
    codes.push('request.invalid');
  codes.push('request.malformed');
  if (route.method !== 'GET') {
    codes.push('request.too-deep', 'request.too-large', 'request.unsupported-type', 'server.draining');
  }
  if (route.rate !== 'unlimited') codes.push('request.too-many');
  codes.push('server.bug', 'server.overloaded', 'database.unavailable');
  return [...new Set(codes)];
}

function describeRefusals(codes: readonly ErrorCode[]): Record<string, Node> {
  const byStatus = Map.groupBy(codes, (code) => errorCatalogue[code].status);
  return Object.fromEntries(
    [...byStatus].map(([status, ofStatus]) => [
      status,
      {
        description: ofStatus.map((code) => `\`${code}\`: ${errorCatalogue[code].title}`).join('\n\n'),
        content: {
          'application/problem+json': {
            schema: {
              allOf: [{ $ref: '#/components/schemas/Problem' }, { properties: { code: { enum: ofStatus } } }],
            },
          },
        },
      },
    ]),
  );
}

/** Writes zod schemas as JSON Schema; what has a name goes to the components and is referred to. */
class SchemaWriter {
  readonly components: Record<string, Node> = {};
  readonly #names = z.registry<{ id: string }>();

  constructor() {
    for (const [id, schema] of Object.entries(named)) this.#names.add(schema, { id });
  }

  write(schema: z.ZodType, io: 'input' | 'output', name?: string): Node {
    const json: Node = z.toJSONSchema(schema, {
      io,
      unrepresentable: 'any',
      metadata: this.#names,
      override: ({ zodSchema, jsonSchema: written }) => {
        const description = z.globalRegistry.get(zodSchema)?.description;
        if (description !== undefined && written.$ref === undefined) written.description = description;
      },
    });
    const { $schema: _, $defs: definitions, id: ownName, ...rest } = json;
    for (const [key, definition] of Object.entries(unwrap((definitions ?? {}) as Record<string, Node>))) {
      this.#keep(key, definition, io);
    }
    const topName = name ?? (typeof ownName === 'string' ? ownName : undefined);
    const linked = this.#link(rest, io) as Node;
    if (topName === undefined) return linked;
    this.components[topName] ??= linked;
    return { $ref: `#/components/schemas/${topName}` };
  }

  #keep(name: string, definition: Node, io: 'input' | 'output'): void {
    const { id: _, ...rest } = definition;
    this.components[componentName(name, io)] ??= this.#link(rest, io) as Node;
  }

  #link(value: unknown, io: 'input' | 'output'): unknown {
    if (Array.isArray(value)) return value.map((item) => this.#link(item, io));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, child]) => [
        key,
        key === '$ref' && typeof child === 'string' ? refer(child, io) : this.#link(child, io),
      ]),
    );
  }
}

// A schema that contains itself is named on a wrapper, and what is inside of it gets a name that nobody chose.
function unwrap(definitions: Record<string, Node>): Record<string, Node> {
  const plain = { ...definitions };
  for (const [name, { $ref: reference }] of Object.entries(definitions)) {
    const inside = typeof reference === 'string' ? reference.replace('#/$defs/', '') : '';
    if (!inside.startsWith('__') || definitions[inside] === undefined) continue;
    plain[name] = definitions[inside];
    delete plain[inside];
  }
  return plain;
}

// A definition is read with defaults and answered without: two schemas of one name.
function componentName(name: string, io: 'input' | 'output'): string {
  return io === 'input' && name !== 'Json' ? `${name}Input` : name;
}

function refer(reference: string, io: 'input' | 'output'): string {
  return reference.replace(/^#\/\$defs\/(.+)$/, (_, name: string) => `#/components/schemas/${componentName(name, io)}`);
}

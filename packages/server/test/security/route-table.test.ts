// Every route of the contract for every role, for nobody, for an API key that is for something else, on own things and on
// those of others: refused or let in as the contract declares. Nothing here knows a route by its name, so a new one is
// covered on the day on which it is written.
import { createApiKeyRoute, loginRoute } from '@gathering/contract/auth';
import {
  type keyScopes,
  type Role,
  roleGrants,
  roles,
  rolesOverAllProjects,
  rolesThatOperate,
} from '@gathering/contract/permissions';
import { type GuardedKind, guardedKinds, type Route } from '@gathering/contract/route';
import { allRoutes } from '@gathering/contract/routes';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { allBoundRoutes } from '../../src/boot/routes.ts';
import { makeExample, toJsonSchema } from '../../src/platform/http/example-of.ts';
import { newId } from '../../src/platform/ids.ts';
import { withToken } from '../api.ts';
import { eachDatabase } from '../db.ts';
import { makeThing, type Person } from '../guarded-things.ts';
import { type InProcessServer, startInProcess } from '../in-process-server.ts';
import { hashOnce, insertUser } from '../make-user.ts';
import { pathOf } from '../requests.ts';

const password = 'a long sentence for everybody';

/** To others they do not exist, and with what code they are told so. */
const notFound: Readonly<Record<GuardedKind, string>> = {
  chats: 'agents.chat-not-found',
  projects: 'projects.not-found',
  runs: 'pipelines.run-not-found',
  tasks: 'tasks.not-found',
  turns: 'agents.turn-not-found',
  approvals: 'approvals.not-found',
  schedules: 'schedules.not-found',
  notifications: 'notifications.not-found',
  sessions: 'auth.session-not-found',
  'api-keys': 'auth.api-key-not-found',
};
/** Roles that see what others own; the rest is its owner's alone. */
const seenBy: Partial<Record<GuardedKind, readonly Role[]>> = {
  projects: rolesOverAllProjects,
  runs: rolesThatOperate,
  approvals: rolesThatOperate,
  tasks: rolesThatOperate,
  schedules: rolesThatOperate,
};

/** What a refusal must be; null: let in, whatever comes then. */
type Expected = string | null;

const isBound = (route: Route) => allBoundRoutes.some((bound) => bound.route.name === route.name);
const routes = allRoutes.filter(isBound);
/** Ends its own caller's session, or is part of how one comes in. */
const needsOwnCaller = ({ name, method }: Route) => name.startsWith('auth.') && method !== 'GET';

function bodyOf(route: Route): string | undefined {
  if (route.body === undefined) return undefined;
  const schema = toJsonSchema(route.body);
  return makeExample(schema, schema) ?? '{}';
}

function expectedOf(route: Route, role: Role, isForeign: boolean): Expected {
  if (!roleGrants(role, route.permission)) return 'auth.forbidden';
  if (!isForeign || route.object === undefined) return null;
  return (seenBy[route.object.kind] ?? []).includes(role) ? null : notFound[route.object.kind];
}

it('every guarded kind can be made, so that no route of it escapes', () => {
  expect(guardedKinds.filter((kind) => makeThing[kind] === undefined)).toEqual([]);
  const wrong = allRoutes.filter(({ object, path }) => object !== undefined && !path.includes(`:${object.param}`));
  expect(wrong.map(({ name }) => name)).toEqual([]);
  // A thing that is guarded in one route is guarded in all: the first parameter of its address names it.
  const kindAt = new Map(allRoutes.flatMap(({ object, path }) => (object ? [[path.split('/:')[0], object.kind]] : [])));
  const open = allRoutes.filter(
    ({ object, path }) => path.includes('/:') && !object && kindAt.has(path.split('/:')[0]),
  );
  expect(open.map(({ name }) => name)).toEqual([]);
});

eachDatabase(
  (_open, makePlace) => {
    let server: InProcessServer;
    let passwordHash: string;
    beforeAll(async () => {
      server = await startInProcess(await makePlace());
      passwordHash = await hashOnce(password);
    });
    afterAll(() => server?.stop());

    const anonymous = () => withToken(server.url, '');
    async function makePerson(role: Role): Promise<Person> {
      const { id, email } = await insertUser(server.database, { role, passwordHash });
      const { accessToken } = await anonymous().call(loginRoute, { body: { email, password } });
      return { id, email, password, api: withToken(server.url, accessToken) };
    }

    /** The code of a refusal that this test is about, else null. */
    async function outcomeOf(api: Person['api'], route: Route, id: string): Promise<string | null> {
      const names = [...route.path.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
      const own = route.object?.param ?? 'id';
      const known: Record<string, string> = { index: '0', nodeId: 'tell', [own]: id };
      const params = Object.fromEntries(names.map((name) => [name, known[name] ?? newId()]));
      const body = bodyOf(route);
      const headers = body === undefined ? {} : { 'content-type': 'application/json' };
      const reply = await api.request(route.method, pathOf(route, params), { headers, body });
      if (reply.status < 400) {
        await reply.body?.cancel();
        return null;
      }
      const { code = null } = (await reply.json()) as { code?: string };
      const judged = ['auth.required', 'auth.forbidden', 'server.bug', route.object && notFound[route.object.kind]];
      return judged.includes(code ?? undefined) ? code : null;
    }

    /** Who asks for this route in this role: one for all routes, but for those that end or change who asks. */
    const callers = new Map<string, Person>();
    const keyOf = (route: Route, role: Role) => (needsOwnCaller(route) ? `${route.name} ${role}` : role);

    async function callerOf(route: Route, role: Role): Promise<Person> {
      const key = keyOf(route, role);
      const known = callers.get(key) ?? (await makePerson(role));
      callers.set(key, known);
      return known;
    }

    interface Step {
      readonly route: Route;
      readonly who: string;
      readonly api: Person['api'];
      readonly id: string;
      readonly expected: Expected;
    }

    /** Made before the walk: it spoils sign-in from here for a while. */
    async function planSteps(route: Route, stranger: Person): Promise<Step[]> {
      const steps: Step[] = [];
      const make = route.object === undefined ? undefined : makeThing[route.object.kind];
      for (const role of roles) {
        const person = await callerOf(route, role);
        for (const way of make === undefined ? (['own'] as const) : (['foreign', 'own'] as const)) {
          const isForeign = way === 'foreign';
          const id = (await make?.(server.database, isForeign ? stranger : person)) ?? newId();
          const expected = expectedOf(route, role, isForeign);
          steps.push({ route, who: `${role}, ${way}`, api: person.api, id, expected });
        }
      }
      const expected = route.permission === 'public' ? null : 'auth.required';
      return [{ route, who: 'nobody', api: anonymous(), id: newId(), expected }, ...steps];
    }

    async function walk({ route, who, api, id, expected }: Step): Promise<string[]> {
      const got = await outcomeOf(api, route, id);
      return got === expected ? [] : [`${route.name} as ${who}: expected ${expected}, got ${got}`];
    }

    it('walks every route x every role x own and foreign things', async () => {
      const stranger = await makePerson('member');
      const plans: Step[][] = [];
      for (const route of routes) plans.push(await planSteps(route, stranger));
      const mismatches: string[] = [];
      for (const plan of plans) mismatches.push(...(await Promise.all(plan.map(walk))).flat());
      expect(mismatches).toEqual([]);
      expect(plans.flat().length).toBeGreaterThan(routes.length * roles.length);
    });

    it.runIf(isBound(createApiKeyRoute))(
      'an API key does nothing that it is not for, whatever its user may',
      async () => {
        const person = await makePerson('owner');
        const makeKey = async (scope: (typeof keyScopes)[number]) => {
          const body = { name: scope, scopes: [scope], expiresAt: null };
          return withToken(server.url, (await person.api.call(createApiKeyRoute, { body })).key);
        };
        const [first, second] = [await makeKey('operations.read'), await makeKey('audit.read')];
        const mismatches: string[] = [];
        for (const route of routes) {
          const isOpen = route.permission === 'public' || route.permission === 'signed-in';
          const unrelated = route.permission === 'operations.read' ? second : first;
          const got = await outcomeOf(unrelated, route, newId());
          const expected = isOpen ? null : 'auth.forbidden';
          if (got !== expected) mismatches.push(`${route.name}: expected ${expected}, got ${got}`);
        }
        expect(mismatches).toEqual([]);
      },
    );
  },
  ['server'],
);

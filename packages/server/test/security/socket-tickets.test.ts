// Tickets of sockets: they work once, within 30 s, and only for the one who asked.
import { createApiKeyRoute, deleteApiKeyRoute, logoutRoute, socketTicketRoute } from '@gathering/contract/auth';
import { expect, it } from 'vitest';
import { redeemTicket, removeExpired } from '../../src/features/auth/index.ts';
import { makeSocketTicket } from '../../src/features/auth/socket-tickets.ts';
import { actingAs, makeAccount, outcomeOf } from '../accounts.ts';
import { localToken, outcome, startAuth } from '../auth-world.ts';
import { eachDatabase } from '../db.ts';
import { makeTestCtx } from '../make-ctx.ts';

eachDatabase((open) => {
  it('of many that come with one ticket at once, on two instances, one gets in', async () => {
    const database = await open();
    const [one, two] = [await startAuth(database), await startAuth(database)];
    const { accessToken } = await one.login();
    const { ticket } = await one.as(accessToken)(socketTicketRoute, {});
    const redeemed = await Promise.all(
      Array.from({ length: 10 }, (_, at) => redeemTicket((at % 2 === 0 ? one : two).startCtx, ticket, null)),
    );
    expect(redeemed.filter((actor) => actor !== null)).toHaveLength(1);
    expect(await redeemTicket(two.startCtx, ticket, null)).toBeNull();
  });

  it('carry who asked for them: scopes of a key, the rights of now', async () => {
    const world = await startAuth(await open());
    const { accessToken } = await world.login();
    const { key } = await world.as(accessToken)(createApiKeyRoute, { body: { name: 'A', scopes: ['events.read'] } });
    const { ticket } = await world.as(key)(socketTicketRoute, {});
    expect(await redeemTicket(world.startCtx, ticket, '192.0.2.1')).toMatchObject({
      credential: 'api-key',
      scopes: ['events.read'],
      sessionId: null,
      address: '192.0.2.1',
    });
    const { ticket: later } = await world.as(accessToken)(socketTicketRoute, {});
    await world.database.query(`update auth.users set role = 'viewer'`);
    expect(await redeemTicket(world.startCtx, later, null)).toMatchObject({
      role: 'viewer',
      credential: 'access-token',
    });
  });

  it('end with the session or the key, and by time', async () => {
    const world = await startAuth(await open());
    const [first, second] = [await world.login(), await world.login()];
    const { key, apiKey } = await world.as(second.accessToken)(createApiKeyRoute, { body: { name: 'A' } });
    const make = async (token: string) => (await world.as(token)(socketTicketRoute, {})).ticket;
    const tickets = [
      await make(first.accessToken),
      await make(key),
      await make(second.accessToken),
      await make(localToken),
    ];
    await world.as(first.accessToken)(logoutRoute, {});
    await world.as(second.accessToken)(deleteApiKeyRoute, { params: { id: apiKey.id } });
    for (const ticket of tickets.slice(0, 2)) expect(await redeemTicket(world.startCtx, ticket, null)).toBeNull();
    world.clock.advance(30_000);
    for (const ticket of tickets.slice(2)) expect(await redeemTicket(world.startCtx, ticket, null)).toBeNull();
    await make(second.accessToken);
    world.clock.advance(30_000);
    await removeExpired(world.startCtx);
    expect((await world.database.query('select 1 from auth.socket_tickets')).rows).toEqual([]);
  });

  it('are no token for anything else, and tokens are no tickets', async () => {
    const world = await startAuth(await open());
    const { accessToken, refreshToken } = await world.login();
    const { ticket } = await world.as(accessToken)(socketTicketRoute, {});
    expect(await outcome(world.as(ticket)(socketTicketRoute, {}))).toBe('auth.required');
    for (const token of [accessToken, refreshToken, '', 'a'.repeat(500)]) {
      expect(await redeemTicket(world.startCtx, token, null)).toBeNull();
    }
  });

  it('are given to nobody whose session or key ended while they asked', async () => {
    const database = await open();
    const ctx = makeTestCtx(database);
    const gone = ctx.ids.next();
    const { actor } = actingAs(ctx, await makeAccount(database, 'member'));
    for (const ended of [{ sessionId: gone }, { sessionId: null, apiKeyId: gone }]) {
      expect(await outcomeOf(makeSocketTicket({ ...ctx, actor: { ...actor, ...ended } }))).toBe('auth.required');
    }
  });
});

// Sealing: every entry exactly once, in the order of commits, however many seal and whatever runs meanwhile.
import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { eachDatabase, openPlace } from '../../../test/db.ts';
import { makeTestCtx } from '../../../test/make-ctx.ts';
import { waitFor } from '../../../test/wait-for.ts';
import type { Ctx } from '../../ctx.ts';
import { systemClock } from '../../platform/clock.ts';
import type { Database } from '../../platform/db/database.ts';
import { exportEntries } from './export-entries.ts';
import { recordAudit } from './record-audit.ts';
import { sealBatch, startSealer } from './seal-entries.ts';
import { verifyAudit } from './verify-audit.ts';

const never = new AbortController().signal;
const verify = (database: Database) => verifyAudit({ database, signal: never }, { withinMs: 60_000 });

async function record(ctx: Ctx, count: number): Promise<void> {
  await ctx.tx(async (tx) => {
    for (let i = 0; i < count; i++) void recordAudit(ctx, tx, { action: 'projects.change', object: `projects/${i}` });
  });
}

async function sealAll(ctx: Ctx): Promise<number> {
  let sealed = 0;
  for (let count = -1; count !== 0; sealed += count) count = await sealBatch(ctx);
  return sealed;
}

async function readChain(database: Database): Promise<{ position: number; object: string | null }[]> {
  const { rows } = await database.query<{ position: number; object: string | null }>(
    `select position, object from audit.chain join audit.entries on id = entry_id order by position`,
  );
  return rows;
}

eachDatabase((open, makePlace, kind) => {
  it('chains what was recorded in its order, and seals nothing twice', async () => {
    const ctx = makeTestCtx(await open());
    await record(ctx, 3);
    expect(await sealAll(ctx)).toBe(3);
    await record(ctx, 2);
    expect(await sealAll(ctx)).toBe(2);
    expect(await sealAll(ctx)).toBe(0);
    expect(await readChain(ctx.database)).toEqual(
      [0, 1, 2, 0, 1].map((object, at) => ({ position: at + 1, object: `projects/${object}` })),
    );
    expect(await verify(ctx.database)).toMatchObject({
      status: 'whole',
      checked: 5,
      position: 5,
      unsealed: { count: 0 },
    });
  });

  it('refuses to change, remove or replace a link, whoever asks', async () => {
    const ctx = makeTestCtx(await open());
    await record(ctx, 1);
    await sealAll(ctx);
    for (const statement of [
      'update audit.chain set sealed_at = now()',
      'delete from audit.chain',
      'truncate audit.chain',
    ])
      await expect(ctx.database.query(statement)).rejects.toThrow('never changed or removed');
  });

  it('takes ten thousand entries at once in bounded batches', async () => {
    const ctx = makeTestCtx(await open());
    await ctx.database.query(
      `insert into audit.entries (id, at, action, actor, result, details)
       select gen_random_uuid(), now(), 'projects.change', 'users/1', 'done', '{}' from generate_series(1, 10000)`,
    );
    expect(await sealBatch(ctx, 500)).toBe(500);
    expect(await sealAll(ctx)).toBe(9_500);
    expect(await verify(ctx.database)).toMatchObject({ status: 'whole', checked: 10_000, position: 10_000 });
  });

  it('leaves nothing behind when it dies inside of a batch, and goes on afterwards', async () => {
    const ctx = makeTestCtx(await open());
    await record(ctx, 4);
    const dying: Ctx = {
      ...ctx,
      tx: (run) =>
        ctx.tx(async (tx) => {
          await run(tx);
          throw new Error('cut off');
        }),
    };
    await expect(sealBatch(dying)).rejects.toThrow('cut off');
    expect(await readChain(ctx.database)).toEqual([]);
    expect(await sealAll(ctx)).toBe(4);
    expect(await verify(ctx.database)).toMatchObject({ status: 'whole', position: 4 });
  });

  it('is woken by what is recorded, and several sealers seal every entry once', async () => {
    const place = await makePlace();
    const databases = [await openPlace(place)];
    if (kind === 'server') databases.push(await openPlace(place), await openPlace(place));
    const all = databases.map((database) => ({ ...makeTestCtx(database), clock: systemClock }));
    const stops = all.map((ctx) => startSealer(ctx, { gapMs: 1, pollMs: 20, batchSize: 7 }));
    try {
      for (let i = 0; i < 20; i++) await Promise.all(all.map((ctx) => record(ctx, 5)));
      const [first] = databases as [Database];
      let verdict = await verify(first);
      while (verdict.position < 100 * all.length) verdict = await verify(first);
      expect(verdict).toMatchObject({ status: 'whole', position: 100 * all.length, unsealed: { count: 0 } });
    } finally {
      await Promise.all(stops.map((stop) => stop()));
      await Promise.all(databases.map((database) => database.close()));
    }
  });

  it('a sealer at work seals by itself what nobody told it of, as another process records it', async () => {
    const ctx = makeTestCtx(await open());
    const stop = startSealer(ctx);
    try {
      for (let count = 1; count <= 3; count += 1) {
        await ctx.database.query(
          `insert into audit.entries (id, at, action, actor, result, details)
           values (gen_random_uuid(), now(), 'projects.change', 'users/1', 'done', '{}')`,
        );
        await waitFor('the entry to be sealed', async () => (await readChain(ctx.database)).length === count);
      }
      expect(await verify(ctx.database)).toMatchObject({ status: 'whole', position: 3, unsealed: { count: 0 } });
    } finally {
      await stop();
    }
  });

  it('is exported as lines from which anybody can compute the chain anew', async () => {
    const ctx = makeTestCtx(await open());
    await ctx.tx((tx) => recordAudit(ctx, tx, { action: 'projects.change', details: { text: 'ö "quoted"', n: 1.5 } }));
    await record(ctx, 2);
    await sealAll(ctx);
    let text = '';
    for await (const piece of await exportEntries(ctx, {})) text += piece;
    const lines = text.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line)).map(({ position, action }) => [position, action])).toEqual([
      [1, 'projects.change'],
      [2, 'projects.change'],
      [3, 'projects.change'],
      [null, 'audit.export'],
    ]);
    let before: Buffer = Buffer.alloc(32);
    for (const line of lines.slice(0, 3)) {
      before = recompute(before, line);
      expect(before.toString('hex')).toBe(JSON.parse(line).hash);
    }
    const filtered: string[] = [];
    for await (const piece of await exportEntries(ctx, { action: 'audit.export' })) filtered.push(piece);
    expect(filtered.join('').trimEnd().split('\n')).toHaveLength(2);
  });

  // The embedded database has one connection: its transactions never overlap.
  if (kind === 'server') {
    it('waits for one that began earlier and commits later, and passes over nothing', async () => {
      const ctx = makeTestCtx(await open());
      const written = Promise.withResolvers<void>();
      const release = Promise.withResolvers<void>();
      const slow = ctx.database.transaction(async (tx) => {
        await recordAudit(ctx, tx, { action: 'projects.change', object: 'projects/slow' });
        written.resolve();
        await release.promise;
      });
      await written.promise;
      await ctx.tx((tx) => recordAudit(ctx, tx, { action: 'projects.change', object: 'projects/fast' }));
      expect(await sealAll(ctx)).toBe(0);
      expect(await verify(ctx.database)).toMatchObject({ status: 'whole', position: 0, unsealed: { count: 1 } });
      release.resolve();
      await slow;
      expect(await sealAll(ctx)).toBe(2);
      expect((await readChain(ctx.database)).map(({ object }) => object)).toEqual(['projects/slow', 'projects/fast']);
    });
  }
});

/** As docs/guides/audit.md tells it, from nothing but the line. */
function recompute(before: Buffer, line: string): Buffer {
  const entry = JSON.parse(line) as Record<string, string | null>;
  const details = line.slice(line.indexOf('"details":') + '"details":'.length, -1);
  const micros = (at: string | null) => `${at?.slice(0, -1)}000Z`;
  const fields = [
    String(entry.position),
    micros(entry.sealedAt ?? null),
    entry.id,
    micros(entry.at ?? null),
    ...[entry.action, entry.actor, entry.address, entry.object, entry.result, details],
    ...[entry.requestId, entry.xid, entry.number],
  ];
  const text = fields.map((field) => (typeof field === 'string' ? `${Buffer.byteLength(field)}:${field};` : '-;'));
  return createHash('sha256').update(before).update(text.join('')).digest();
}

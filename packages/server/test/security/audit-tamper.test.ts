// Whoever owns the database can change the record; nobody can do so unnoticed. Each kind of change is made behind the
// triggers' back, and the program names the first entry that is not as it was sealed.
import { expect, it } from 'vitest';
import { recordAudit, verifyAudit } from '../../src/features/audit/index.ts';
import { sealBatch } from '../../src/features/audit/seal-entries.ts';
import type { Database } from '../../src/platform/db/database.ts';
import { eachDatabase, openPlace } from '../db.ts';
import { makeTestCtx } from '../make-ctx.ts';
import { environmentOf, runProgram } from '../server-process.ts';

const count = 1_200;

/** More than two pages of the verifier, so that what is wrong lies in any of them. */
async function fill(database: Database): Promise<string[]> {
  const ctx = makeTestCtx(database);
  for (let at = 0; at < count; at += 100) {
    await ctx.tx(async (tx) => {
      for (let i = 0; i < 100; i++)
        void recordAudit(ctx, tx, { action: 'projects.change', object: `projects/${at + i}`, details: { at: at + i } });
    });
  }
  for (let sealed = -1; sealed !== 0; ) sealed = await sealBatch(ctx);
  const { rows } = await database.query<{ entry_id: string }>('select entry_id from audit.chain order by position');
  return rows.map(({ entry_id }) => entry_id);
}

/** As the owner of the tables can, who switches the triggers off. */
async function tamper(database: Database, statement: string, values: readonly unknown[] = []): Promise<void> {
  await database.transaction(async (tx) => {
    await tx.query('alter table audit.entries disable trigger all');
    await tx.query('alter table audit.chain disable trigger all');
    const { rowCount } = await tx.query(statement, values);
    expect(rowCount).toBeGreaterThan(0);
    await tx.query('alter table audit.entries enable trigger all');
    await tx.query('alter table audit.chain enable trigger all');
  });
}

const verify = (database: Database) =>
  verifyAudit({ database, signal: new AbortController().signal }, { withinMs: 60_000 });

eachDatabase((open, makePlace) => {
  const changes: [what: string, statement: string][] = [
    ['its time', `update audit.entries set at = at + interval '1 microsecond' where id = $1`],
    ['its action', `update audit.entries set action = 'projects.changf' where id = $1`],
    ['who did it', `update audit.entries set actor = 'users/u2' where id = $1`],
    ['its address', 'update audit.entries set address = null where id = $1'],
    ['its object', `update audit.entries set object = object || ' ' where id = $1`],
    ['its result', `update audit.entries set result = 'failed' where id = $1`],
    ['its details', `update audit.entries set details = '{"at": 7.0}' where id = $1`],
    ['its request', `update audit.entries set request_id = 'request-2' where id = $1`],
    ['its transaction', `update audit.entries set xid = '1' where id = $1`],
    ['its seal', `update audit.chain set hash = set_byte(hash, 31, get_byte(hash, 31) # 1) where entry_id = $1`],
    ['when it was sealed', `update audit.chain set sealed_at = sealed_at + interval '1 day' where entry_id = $1`],
    ['where its seal says that it stands', 'update audit.chain set number = number + 1 where entry_id = $1'],
  ];

  it('one changed byte is found, whichever column it is in', async () => {
    const database = await open();
    const ids = await fill(database);
    expect(await verify(database)).toMatchObject({ status: 'whole', checked: count, position: count, fault: null });
    // From the end on, so that each change is the first one in its turn.
    for (const [step, [what, statement]] of changes.entries()) {
      const position = count - 90 * (step + 1);
      const entryId = ids[position - 1];
      await tamper(database, statement, [entryId]);
      const { status, fault, position: upTo } = await verify(database);
      expect([what, status, fault, upTo]).toMatchObject([
        what,
        'broken',
        { what: 'altered', position, entryId },
        position - 1,
      ]);
    }
  });

  it('an entry that was removed is missed, and so is one that was removed with its link', async () => {
    const database = await open();
    const ids = await fill(database);
    await tamper(database, 'delete from audit.entries where id = $1', [ids[799]]);
    expect(await verify(database)).toMatchObject({
      status: 'broken',
      fault: { what: 'missing', position: 800, entryId: ids[799] },
    });
    await tamper(database, 'delete from audit.chain where position = 700');
    expect(await verify(database)).toMatchObject({
      status: 'broken',
      position: 699,
      fault: { what: 'unlinked', position: 700, entryId: ids[699] },
    });
    await tamper(database, 'delete from audit.entries where id = $1', [ids[699]]);
    expect(await verify(database)).toMatchObject({
      status: 'broken',
      position: 699,
      fault: { what: 'unlinked', position: 700, entryId: null },
    });
  });

  it('an entry that was put into the past is named, and is not sealed afterwards', async () => {
    const database = await open();
    await fill(database);
    const id = '01990000-0000-7000-8000-0000000000ff';
    await tamper(
      database,
      `insert into audit.entries (id, at, action, actor, result, details, xid, number) overriding system value
       select $1, at, action, 'users/other', result, details, xid, 1000000 from audit.entries
       where id = (select entry_id from audit.chain where position = 900)`,
      [id],
    );
    const inserted = { status: 'broken', fault: { what: 'inserted', position: 901, entryId: id } };
    expect(await verify(database)).toMatchObject(inserted);
    await sealBatch(makeTestCtx(database));
    expect(await verify(database)).toMatchObject(inserted);
  });

  it('the program says what is wrong and where, and knows a cut end by a head that was kept', async () => {
    const place = await makePlace();
    const database = await openPlace(place);
    const ids = await fill(database).finally(() => database.close());
    const audit = (...args: string[]) => runProgram(['audit', 'verify', ...args], environmentOf(place));
    const whole = await audit();
    expect([whole.code, whole.stderr]).toEqual([0, '']);
    expect(whole.stdout).toContain(`The audit is whole: ${count} entries`);
    const head = /Head, to be kept elsewhere: (\S+)/.exec(whole.stdout)?.[1] ?? '';
    expect((await audit('--expect', head)).code).toBe(0);

    const change = async (statement: string, values: readonly unknown[] = []) => {
      const again = await openPlace(place);
      await tamper(again, statement, values).finally(() => again.close());
    };
    await change('delete from audit.chain where position > 1100');
    // The entries are still there: only unsealed, as after a crash.
    const unsealed = await audit();
    expect([unsealed.code, unsealed.stdout]).toEqual([0, expect.stringContaining('Not sealed yet: 100 entries')]);
    await change('delete from audit.entries where id = any($1::uuid[])', [ids.slice(1100)]);
    expect((await audit()).code).toBe(0);
    const cut = await audit('--expect', head);
    expect([cut.code, cut.stdout]).toEqual([1, expect.stringContaining(`broken at position ${count}`)]);
    expect(cut.stdout).toContain('what: cut');

    await change(`update audit.entries set actor = 'users/other' where id = $1`, [ids[499]]);
    const altered = await audit();
    expect([altered.code, altered.stdout]).toEqual([1, expect.stringContaining('broken at position 500')]);
    expect(altered.stdout).toContain(`what: altered\n  entry: ${ids[499]}`);
    const verdict = JSON.parse((await audit('--json')).stdout);
    expect(verdict).toMatchObject({ status: 'broken', position: 499, fault: { what: 'altered', entryId: ids[499] } });
  });
});

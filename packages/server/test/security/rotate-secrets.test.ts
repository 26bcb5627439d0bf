// The key of stored secrets is replaced by the program: everything opens afterwards, at every moment in between, and
// wherever the program was killed. Whether a key opens is asked of a vendor, who notes what it is shown.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { listAuditRoute } from '@gathering/contract/audit';
import { createProviderRoute, testProviderRoute } from '@gathering/contract/providers';
import { expect, it } from 'vitest';
import { allSealedPlaces } from '../../src/boot/sealed-places.ts';
import { beginKeyChange } from '../../src/platform/secret-key-file.ts';
import { type Api, signIn } from '../api.ts';
import { type DatabasePlace, eachDatabase, openPlace } from '../db.ts';
import { startChatModel } from '../fakes/chat-model.ts';
import { type Environment, environmentOf, runProgram, serversOfGroup, startProgram } from '../server-process.ts';

const key = 'sk-rotated-0123456789';

async function addProvider(api: Api): Promise<{ id: string; expectKey(api: Api): Promise<void> }> {
  const model = await startChatModel(() => ({ text: 'ready' }));
  const { id } = await api.call(createProviderRoute, {
    body: { name: 'vendor', kind: 'openai-compatible', baseUrl: model.baseUrl, apiKey: key, models: [{ id: 'one' }] },
  });
  return {
    id,
    expectKey: async (later) => {
      const asked = model.calls.length;
      const tested = await later.call(testProviderRoute, { params: { id }, body: { model: 'one' } });
      expect([tested.ok, tested.message]).toEqual([true, 'It answered.']);
      expect(model.calls.at(-1)?.headers.authorization).toBe(`Bearer ${key}`);
      expect(model.calls.length).toBe(asked + 1);
    },
  };
}

const turnOfLoop = () => new Promise((resolve) => setImmediate(resolve));
const keysOf = (place: DatabasePlace) => readFileSync(join(place.dataDir, 'secret.key'), 'utf8').trim().split('\n');

async function readSealed(place: DatabasePlace): Promise<string[]> {
  const database = await openPlace(place);
  try {
    const found = await database.transaction((tx) =>
      Promise.all(allSealedPlaces.map((one) => one.select(tx, null, 100))),
    );
    return found.flat().map(({ sealed }) => sealed);
  } finally {
    await database.close();
  }
}

eachDatabase((open, makePlace, kind) => {
  const start = serversOfGroup();
  const rotate = (place: DatabasePlace, env: Environment = {}) =>
    runProgram(['secrets', 'rotate'], environmentOf(place, env));

  it('every column that is named as sealed is one of the places that are sealed anew', async () => {
    const database = await open();
    const { rows } = await database.query<{ name: string }>(
      `select table_schema || '.' || table_name || '.' || column_name as name from information_schema.columns
       where column_name like '%sealed%' and data_type = 'text' order by 1`,
    );
    const listed = allSealedPlaces.map(({ name }) => name);
    expect(rows.map(({ name }) => name).filter((name) => !listed.includes(name))).toEqual([]);
    // Each can be read and written as it says, also while it is empty.
    await database.transaction(async (tx) => {
      for (const place of allSealedPlaces) await place.update(tx, await place.select(tx, null, 1));
    });
  });

  it('is refused while a server works with the key, and changes nothing then', async () => {
    const place = await makePlace();
    const server = await start(place);
    const before = keysOf(place);
    const refused = await rotate(place);
    expect([refused.code, refused.stdout]).toEqual([1, '']);
    expect(refused.stderr).toMatch(/work(s)? with the present key\. Stop (it|them) first/);
    expect(keysOf(place)).toEqual(before);
    await server.stop();
  });

  it('makes a new key, under which everything opens, and the old key is gone', async () => {
    const place = await makePlace();
    const server = await start(place);
    const provider = await addProvider(await signIn(server.url));
    await server.stop();
    const [[oldKey], [oldSealed]] = [keysOf(place), await readSealed(place)];
    const done = await rotate(place);
    expect([done.code, done.stderr]).toEqual([0, '']);
    expect(done.stdout).toContain('provider.providers.sealed_key: 1 sealed anew.');
    expect(keysOf(place)).toHaveLength(1);
    expect(keysOf(place)[0]).not.toBe(oldKey);
    expect((await readSealed(place))[0]?.split('.')[1]).not.toBe(oldSealed?.split('.')[1]);
    const api = await signIn((await start(place)).url);
    await provider.expectKey(api);
    const audit = await api.call(listAuditRoute, { query: { action: 'operations.rotate-secrets' } });
    expect(audit.items).toMatchObject([{ actor: 'system/command-line', result: 'done' }]);
    expect(JSON.stringify(audit)).not.toContain(oldKey);
  });

  it('killed at any moment it leaves everything readable, and goes on when it is run again', async () => {
    const place = await makePlace();
    const first = await start(place);
    const provider = await addProvider(await signIn(first.url));
    await first.stop();
    const [oldKey] = keysOf(place);
    for (let kill = 0; kill < 3; kill++) {
      const cut = startProgram(['secrets', 'rotate'], environmentOf(place));
      let hasEnded = false;
      void cut.ended.then(() => {
        hasEnded = true;
      });
      // From here on it writes the file, seals anew and drops the old key, within some turns of this loop.
      while (!hasEnded && keysOf(place).length === 1) await turnOfLoop();
      for (let turns = Math.random() * 400; turns > 0; turns--) await turnOfLoop();
      await cut.kill();
      const server = await start(place);
      await provider.expectKey(await signIn(server.url));
      await server.stop();
      const ended = await rotate(place);
      expect([ended.code, ended.stderr, keysOf(place).length]).toEqual([0, '', 1]);
    }
    // In the middle, for certain: the file holds both keys and nothing is sealed anew yet.
    const interrupted = interrupt(place);
    const server = await start(place);
    await provider.expectKey(await signIn(server.url));
    await server.stop();
    const done = await rotate(place);
    expect([done.code, done.stderr]).toEqual([0, '']);
    expect(keysOf(place)).toEqual([interrupted]);
    expect(keysOf(place)).not.toContain(oldKey);
    expect(readdirSync(place.dataDir).filter((name) => name.startsWith('secret.key'))).toEqual(['secret.key']);
    await provider.expectKey(await signIn((await start(place)).url));
  });

  it('with the key in the environment, what the former one sealed is sealed anew with the new one', async () => {
    const place = await makePlace();
    const [old, fresh] = ['a'.repeat(64), 'b'.repeat(64)];
    const server = await start(place, { env: { GATHERING_SECRET_KEY: old } });
    const provider = await addProvider(await signIn(server.url));
    await server.stop();
    const alone = await rotate(place, { GATHERING_SECRET_KEY: fresh });
    expect([alone.code, alone.stderr]).toEqual([2, expect.stringContaining('GATHERING_SECRET_KEY_PREVIOUS')]);
    const wrong = await rotate(place, { GATHERING_SECRET_KEY: fresh, GATHERING_SECRET_KEY_PREVIOUS: 'c'.repeat(64) });
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('was sealed with another key')]);
    const both = { GATHERING_SECRET_KEY: fresh, GATHERING_SECRET_KEY_PREVIOUS: old };
    if (kind === 'server') {
      // Instances that know both keys may work meanwhile.
      const running = await start(place, { env: both });
      expect((await rotate(place, both)).code).toBe(0);
      await provider.expectKey(await signIn(running.url));
      await running.stop();
    } else expect((await rotate(place, both)).code).toBe(0);
    const later = await start(place, { env: { GATHERING_SECRET_KEY: fresh } });
    await provider.expectKey(await signIn(later.url));
  });
});

/** As killed right after the file was exchanged. Answers the new key. */
function interrupt(place: DatabasePlace): string {
  beginKeyChange(place.dataDir);
  expect(keysOf(place)).toHaveLength(2);
  return keysOf(place)[0] ?? '';
}

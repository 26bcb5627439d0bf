// The program that docs/guides/api.md shows works as it stands there, against the real server.
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { eachDatabase } from '../db.ts';
import { listBlocks, readPages } from '../read-markdown.ts';
import { owner, serversOfGroup } from '../server-process.ts';

const example = readPages()
  .flatMap(listBlocks)
  .find((block) => block.info === 'js example');

eachDatabase((_open, makePlace) => {
  const startServer = serversOfGroup();

  test('the example of the API guide signs in, runs a pipeline and follows it to its end', async () => {
    const place = await makePlace();
    const { url } = await startServer(place);
    const file = join(place.dataDir, 'example.mjs');
    await writeFile(file, example?.text ?? 'throw new Error("The guide shows no example.")');
    const env = { ...process.env, SERVER: url, EMAIL: owner.email, PASSWORD: owner.password };
    const { stdout } = await promisify(execFile)(process.execPath, [file], { env });
    expect(stdout).toContain('The run ended: completed');
    expect(stdout).toContain("hello: { body: '', title: 'Hello world' }");
    const told = stdout.match(/^(agents|pipelines)\.[a-z-]+/gm);
    expect(told?.at(0)).toBe('pipelines.run-started');
    expect(told?.at(-1)).toBe('pipelines.run-ended');
  });
});

// Writes the pages of docs/ that are made from code: `npm run docs`.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { generatedPages } from './generated-docs.ts';

for (const page of generatedPages) {
  const file = fileURLToPath(new URL(`../../../${page.path}`, import.meta.url));
  const text = page.write();
  const isCurrent = (await readFile(file, 'utf8').catch(() => null)) === text;
  if (!isCurrent) await writeFile(file, text);
  process.stdout.write(`${page.path}: ${isCurrent ? 'was current' : 'written'}\n`);
}

// Pages that are made from code say what the code says, and name everything that it knows.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorCatalogue } from '@gathering/contract/errors';
import { describe, expect, test } from 'vitest';
import { describeConfig } from '../src/platform/config.ts';
import { describeErrors } from '../src/platform/describe-errors.ts';
import { describeSettings } from '../src/platform/describe-settings.ts';
import { generatedPages } from './generated-docs.ts';
import { root } from './house-sources.ts';

describe('a page that is made from code', () => {
  test.each(generatedPages)('is current: $path', ({ path, write }) => {
    expect(readFileSync(join(root, path), 'utf8'), `${path} is not current: run \`npm run docs\``).toBe(write());
  });
});

test('every error is described by its code, status, sentence and mend', () => {
  const rows = describeErrors().split('\n');
  const missing = Object.entries(errorCatalogue).filter(([code, { status, title, mend }]) => {
    const row = rows.find((line) => line.startsWith(`| \`${code}\` |`)) ?? '';
    return ![` ${status} |`, title, mend].every((part) => row.includes(part));
  });
  expect(missing).toEqual([]);
});

test('every setting is described with its default and an example, and no secret has a default', () => {
  const page = describeSettings();
  for (const { name, description, example, defaultValue, secret } of describeConfig()) {
    const section = page.split(`\n## ${name}\n`)[1]?.split('\n## ')[0] ?? '';
    expect(section, name).toContain(description);
    expect(section, name).toContain(`- Example: \`${example}\``);
    expect(section, name).toContain(`- Default: ${defaultValue === undefined ? 'not set' : `\`${defaultValue}\``}.`);
    if (secret) expect(defaultValue, name).toBeUndefined();
  }
});

// The examples that ship, run as a newcomer runs them: by the program, with the model that needs no key. Each
// planted fact must stand in the report at its place, and nothing that is not so.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { OFFLINE_NOTICE } from '../../src/llm/offline/identify.ts';
import { startOutsideServer } from '../fakes/http-server.ts';
import { makeProject } from '../make-repository.ts';
import {
  makeReviewRepository,
  makeTidyRepository,
  plantedDecoys,
  plantedFacts,
  plantedSecrets,
} from '../review-repository.ts';
import { environmentOf, runProgram } from '../server-process.ts';

const exampleOf = (name: string) => fileURLToPath(new URL(`../../../../examples/${name}`, import.meta.url));

async function review(root: string, input: readonly string[] = []): Promise<string> {
  const folder = makeProject();
  const output = join(folder, 'review.md');
  const environment = environmentOf({ dataDir: join(folder, 'data'), databaseUrl: undefined });
  const args = ['run', exampleOf('repository-review.yaml'), '--project', root, '--output', output, '--quiet'];
  const ended = await runProgram([...args, ...input.flatMap((pair) => ['--input', pair])], environment);
  expect(ended.code, ended.stderr).toBe(0);
  return readFileSync(output, 'utf8');
}

interface Cited {
  readonly path: string;
  readonly line: number;
  readonly rest: string;
  readonly section: string;
}

/** Every line of the report that begins with a place, with the heading that it stands under. */
function citedLines(report: string): Cited[] {
  let section = '';
  return report.split('\n').flatMap((text) => {
    section = /^#{2,3} (.+)$/.exec(text)?.[1] ?? section;
    const cited = /^- ([^\s:][^:]*):(\d+): (.*)$/.exec(text);
    return cited ? [{ path: cited[1] ?? '', line: Number(cited[2]), rest: cited[3] ?? '', section }] : [];
  });
}

function linesOf(root: string, path: string): string[] {
  const bytes = readFileSync(join(root, path));
  return bytes.subarray(0, 8000).includes(0) ? [''] : bytes.toString('utf8').split('\n');
}

/** Whether the end of a finding is the line that it speaks of, as far as it is shown: secrets are masked, long lines cut. */
function quotesLine({ rest }: Cited, line: string): boolean {
  const ends = rest.split(': ').map((_part, index, parts) => parts.slice(index).join(': '));
  return ends.some((end) => {
    const shown = end.replace(/ \.\.\. \(\d+ characters\)$/, '');
    const pattern = shown.split('****').map((piece) => piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    return shown.length > 5 && new RegExp(`^${pattern.join('.+')}`).test(line.trim());
  });
}

const quoting =
  /secrets|conflicts|Dangerous|Notes|Swallowed|skipped|debugging|Unencrypted|lead nowhere|Commented|long lines/i;

describe('the review', () => {
  // One run serves both tests of it.
  let planted: Promise<string> | undefined;

  it('tells every planted fact at its file and line, cites no decoy, quotes exactly and hides every secret', async () => {
    const root = makeReviewRepository();
    planted = review(root, ['focus=leaked keys']);
    const report = await planted;
    const lines = report.split('\n');
    const told = plantedFacts.filter(({ place, says }) =>
      lines.some((line) => line.startsWith(`- ${place}: `) && says.test(line)),
    );
    expect(told.map(({ what }) => what)).toEqual(plantedFacts.map(({ what }) => what));
    for (const { place, says } of plantedDecoys) {
      expect(lines.filter((line) => place.test(line.split(': ')[0] ?? '') && (says?.test(line) ?? true))).toEqual([]);
    }
    const cited = citedLines(report);
    expect(cited.length).toBeGreaterThanOrEqual(plantedFacts.length - 1);
    for (const one of cited) {
      expect(existsSync(join(root, one.path)) || one.section.startsWith('Symbolic links'), one.path).toBe(true);
      if (one.section.startsWith('Symbolic links')) continue;
      const ofFile = linesOf(root, one.path);
      expect(one.line, one.path).toBeLessThanOrEqual(ofFile.length);
      if (quoting.test(one.section))
        expect(quotesLine(one, ofFile[one.line - 1] ?? ''), JSON.stringify(one)).toBe(true);
    }
    for (const secret of plantedSecrets) expect(report).not.toContain(secret);
  });

  it('reads well: the sections in their order, nothing twice, no noise, the model named once', async () => {
    planted ??= review(makeReviewRepository(), ['focus=leaked keys']);
    const report = await planted;
    expect(report.match(/^## .+$/gm)).toEqual([
      '## Summary',
      '## Hygiene',
      '## Structure',
      '## History',
      '## Deeper look',
    ]);
    expect(report).toMatch(/^# Review of /);
    expect(report).toMatch(/^- Hygiene: \d+ \(Strings that look like secrets: 5; /m);
    const items = report.split('\n').filter((line) => line.startsWith('- '));
    expect(new Set(items).size).toBe(items.length);
    expect(report).not.toMatch(/Nothing in the material|_From |hottestFile|undefined|\[object/);
    expect(report.split(OFFLINE_NOTICE)).toHaveLength(2);
    expect(report.trimEnd().endsWith(`_${OFFLINE_NOTICE}_`)).toBe(true);
    expect(report).toMatch(/25 commits touching `src\/cart\.ts`/);
    expect(report.length).toBeLessThan(16_000);
  });

  it('says of a tidy repository that little was found', async () => {
    const report = await review(makeTidyRepository());
    expect(report).toMatch(/No problems found in \d+ files\./);
    expect(report).toContain('Looked for and not found: strings that look like secrets');
    expect(report).toContain('No file stands out in the history.');
    const outside = citedLines(report).filter(({ section }) => !/largest|Hot spots/.test(section));
    expect(outside).toEqual([]);
  });
});

describe('the example that waits and calls', () => {
  it('waits, calls the address that it was given and completes', async () => {
    const outside = await startOutsideServer();
    const folder = makeProject();
    const environment = environmentOf(
      { dataDir: join(folder, 'data'), databaseUrl: undefined },
      { GATHERING_EGRESS_ALLOW: outside.hostPort },
    );
    const args = ['run', exampleOf('wait-and-call.yaml'), '--input', `url=${outside.url}/ready`, '--json', '--quiet'];
    const ended = await runProgram(args, environment);
    expect(ended.code, ended.stderr).toBe(0);
    expect(outside.callsOf('/ready')).toHaveLength(1);
    const run = JSON.parse(ended.stdout);
    expect(run.nodes.map((node: { id: string; status: string }) => [node.id, node.status])).toEqual([
      ['start', 'completed'],
      ['pause', 'completed'],
      ['call', 'completed'],
      ['tell', 'completed'],
    ]);
  });
});

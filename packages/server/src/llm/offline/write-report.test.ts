import { describe, expect, test } from 'vitest';
import { OFFLINE_NOTICE } from './identify.ts';
import { separateData } from './separate-data.ts';
import { findAskedHeadings, writeReport } from './write-report.ts';

function report(task: string): string {
  const { request, headings, materials } = separateData(task);
  return writeReport(request, headings, materials);
}

const earlier = `## Largest notes\n\n_From \`notes_list\` with sort "size"._\n\n- notes/a.md:1: 40 pages\n- notes/b.md:1: 12 pages\n\n_${OFFLINE_NOTICE}_`;

describe('a report from material', () => {
  test('groups findings under the headings that the task names', () => {
    const text = report(
      `Write the report in Markdown. Use the sections Summary, Sizes and Style.\n\nSizes:\n${earlier}\n\nStyle:\n## Typos\n- notes/b.md:7: "teh"\n- notes/b.md:7: "teh"`,
    );
    const parts = text.split(/^## /m).map((part) => part.split('\n')[0]);
    expect(parts).toEqual(['# Report', 'Summary', 'Sizes', 'Style']);
    expect(text).toContain('3 findings with a source in 2 files');
    expect(text.match(/"teh"/g)).toHaveLength(1);
    expect(text).not.toContain(OFFLINE_NOTICE);
  });

  test('follows a form of headings', () => {
    const text = report('Fill in this form.\n\n# Audit\n## Findings\n\nMaterial:\n- notes/a.md:2: findings of money');
    expect(text.startsWith('# Audit\n\n## Findings')).toBe(true);
    expect(text).toContain('- notes/a.md:2: findings of money');
  });

  test('keeps every citation as it was, in order', () => {
    const lines = Array.from({ length: 120 }, (_, index) => `- dir/file ${index}.txt:${index + 1}: fact ${index}`);
    const text = report(`Merge the findings.\n\nFindings:\n${lines.join('\n')}`);
    expect(text.split('\n').filter((line) => line.startsWith('- '))).toEqual(lines);
  });

  test('says so when the material does not speak of a heading', () => {
    const text = report('Use the sections Summary, Costs and Risks.\n\nFacts:\n- a.md:1: the cost is 5');
    expect(text).toContain('## Risks\n\nNothing in the material speaks of this.');
  });

  test('reads JSON of earlier work as findings', () => {
    const data = JSON.stringify({ findings: [{ path: 'a/b.py', line: 3, text: 'unused' }] });
    expect(report(`Merge: ${data}`)).toContain('- a/b.py:3: unused');
  });
});

test('headings are found in the ways people ask for them', () => {
  expect(findAskedHeadings('with sections "Past", "Future"')).toEqual(['Past', 'Future']);
  expect(findAskedHeadings('Use the headings: Past, Now and Future.')).toEqual(['Past', 'Now', 'Future']);
  expect(findAskedHeadings('Use these headings in this order: Past, Now.')).toEqual(['Past', 'Now']);
  expect(findAskedHeadings('Read the sections about money.')).toEqual([]);
});

describe('requests and material are told apart', () => {
  test('fences, tags, quotes, JSON and cited lines are material', () => {
    const { request, materials } = separateData(
      'Sum this up.\n\n<notes>\nDelete all\n</notes>\n```\nRun it\n```\n> Send it\n{"path":"a.md","line":1,"text":"Pay"}\n- b.md:2: Open it\nKeep it short.',
    );
    expect(request.filter((line) => line.trim() !== '')).toEqual(['Sum this up.', 'Keep it short.']);
    expect(materials.flatMap((material) => material.lines).filter((line) => line.trim() !== '')).toHaveLength(5);
  });

  test('text under a label is material when it tells and a request when it asks', () => {
    const task = 'Context:\nThe shop sells tea and was founded long ago.\n\nTask:\nFind the price of tea.';
    const { request, materials } = separateData(task);
    expect(request.join('\n')).toContain('Find the price of tea.');
    expect(materials).toHaveLength(1);
    expect(materials[0]?.label).toBe('Context');
  });

  test('a text full of open brackets and tags costs no more than its length', () => {
    const task = `Sum up. ${'<b class="x"> { "a [ '.repeat(8_000)}`;
    expect(separateData(task).request.length).toBeGreaterThan(0);
  });
});

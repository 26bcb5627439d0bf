import { describe, expect, it } from 'vitest';
import { type Block, type Inline, isSafeLink, parseInline, parseMarkdown } from './markdown.ts';

function textOf(inlines: readonly Inline[]): string {
  return inlines.map((one) => ('text' in one ? one.text : textOf(one.children))).join('');
}
const kinds = (blocks: readonly Block[]): string[] => blocks.map((block) => block.kind);

describe('blocks', () => {
  it('reads the blocks of a report in their order', () => {
    const blocks = parseMarkdown(
      '# Title\n\nA line\nand its end.\n\n- one\n- two\n\n> said\n\n```ts\nconst a = 1;\n```\n\n---\n\n| a | b |\n|---|---|\n| 1 | 2 |\n',
    );
    expect(kinds(blocks)).toEqual(['heading', 'paragraph', 'list', 'quote', 'code', 'line', 'table']);
    expect(blocks[4]).toEqual({ kind: 'code', language: 'ts', text: 'const a = 1;' });
  });
  it('nests lists and keeps the number an ordered list begins with', () => {
    const [list] = parseMarkdown('3. three\n   - inner\n   - second\n4. four');
    expect(list?.kind === 'list' && [list.ordered, list.start, list.items.length]).toEqual([true, 3, 2]);
    expect(list?.kind === 'list' && kinds(list.items[0]?.blocks ?? [])).toEqual(['paragraph', 'list']);
  });
  it('reads tasks as done or open', () => {
    const [list] = parseMarkdown('- [x] done\n- [ ] open\n- neither');
    expect(list?.kind === 'list' && list.items.map((item) => item.checked)).toEqual([true, false, null]);
  });
  it('keeps a code block that is still being written', () => {
    expect(parseMarkdown('```\nhalf')).toEqual([{ kind: 'code', language: '', text: 'half' }]);
  });
  it('takes a pipe in a line for text when no table follows', () => {
    expect(kinds(parseMarkdown('a | b\nc | d'))).toEqual(['paragraph']);
  });
  it('ends on any text, however deep or broken', () => {
    for (const text of [
      '',
      '>'.repeat(5000),
      '- '.repeat(3000),
      '*'.repeat(4000),
      '[a](',
      '|-\n|-',
      '`'.repeat(999),
      '_a_'.repeat(2000),
    ]) {
      expect(Array.isArray(parseMarkdown(text))).toBe(true);
    }
  });
});

describe('inline marks', () => {
  it('reads strong, emphasis, code, struck and links', () => {
    expect(parseInline('**a** *b* `c` ~~d~~ [e](https://x.org/e)').map((one) => one.kind)).toEqual([
      'strong',
      'text',
      'emphasis',
      'text',
      'code',
      'text',
      'struck',
      'text',
      'link',
    ]);
  });
  it('leaves names with underscores and lone stars as they are', () => {
    expect(parseInline('snake_case_name and 2 * 3 * 4')).toEqual([
      { kind: 'text', text: 'snake_case_name and 2 * 3 * 4' },
    ]);
  });
  it('never makes a link to anything but the web', () => {
    for (const href of ['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', '//x.org', '/relative']) {
      expect(isSafeLink(href)).toBe(false);
      expect(parseInline(`[a](${href})`).some((one) => one.kind === 'link')).toBe(false);
    }
  });
  it('shows markup of HTML as the text it is', () => {
    expect(textOf(parseInline('<img src=x onerror=alert(1)>'))).toBe('<img src=x onerror=alert(1)>');
  });
  it('links a bare address without the full stop behind it', () => {
    expect(parseInline('see https://x.org/a.')).toEqual([
      { kind: 'text', text: 'see ' },
      { kind: 'link', href: 'https://x.org/a', children: [{ kind: 'text', text: 'https://x.org/a' }] },
      { kind: 'text', text: '.' },
    ]);
  });
});

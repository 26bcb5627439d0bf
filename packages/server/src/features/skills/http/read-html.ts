// The readable text of a web page: no scripts, no styles, blocks on lines of their own. Not a parser; the
// result is only read, never shown as HTML.

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  hellip: '...',
  ndash: '-',
  mdash: '-',
  copy: '(c)',
};

export function readHtml(html: string): string {
  return html
    .replace(/<!--[\s\S]*?(?:-->|$)/g, ' ')
    .replace(/<(script|style|noscript|template|svg|head)\b[\s\S]*?(?:<\/\1\s*>|$)/gi, (whole) => titleOf(whole))
    .replace(/<li\b[^>]*>/gi, '\n- ')
    .replace(/<h([1-6])\b[^>]*>/gi, (_, level: string) => `\n\n${'#'.repeat(Number(level))} `)
    .replace(/<a\b[^>]*?\bhref\s*=\s*["']?(https?:[^"'\s>]+)[^>]*>([^<]{1,300})<\/a\s*>/gi, '$2 ($1)')
    .replace(
      /<(?:br|\/?(?:p|div|section|article|header|footer|main|table|tr|ul|ol|pre|blockquote|h[1-6]|title))\b[^>]*>/gi,
      '\n',
    )
    .replace(/<\/?[a-z][^<>]*>/gi, ' ')
    .replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(\w{2,8}));/gi, decodeEntity)
    .replace(/[ \t\f\r]+/g, ' ')
    .replace(/ ?\n ?/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

/** The head of a page is left out, but for its title. */
function titleOf(block: string): string {
  const title = /^<head\b/i.test(block) ? /<title[^>]*>([^<]{1,300})/i.exec(block)?.[1] : undefined;
  return title === undefined ? ' ' : `\n${title}\n`;
}

function decodeEntity(whole: string, decimal?: string, hex?: string, name?: string): string {
  if (name !== undefined) return ENTITIES[name.toLowerCase()] ?? whole;
  const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal);
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
}

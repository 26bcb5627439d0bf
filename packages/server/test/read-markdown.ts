// Reads the repository's Markdown for the tests that judge it: its pages, links, headings and blocks of code.
import { readSources } from './house-sources.ts';

export interface MarkdownPage {
  /** From the repository's root, with `/`. */
  readonly path: string;
  readonly text: string;
}

/** A fenced block; `info` is what stands behind the fence, such as `yaml pipeline`. */
export interface CodeBlock {
  readonly place: string;
  readonly info: string;
  readonly text: string;
}

export function readPages(): MarkdownPage[] {
  return readSources([''], ['.md']).map(({ path, text }) => ({ path, text }));
}

const fence = /^(```+)([^\n]*)\n([\s\S]*?)^\1\s*$/gm;

export function listBlocks({ path, text }: MarkdownPage): CodeBlock[] {
  return [...text.matchAll(fence)].map(({ index, 2: info = '', 3: body = '' }) => ({
    place: `${path}:${text.slice(0, index).split('\n').length}`,
    info: info.trim(),
    text: body,
  }));
}

/** What a reader reads as prose: without blocks of code. */
export function proseOf({ text }: MarkdownPage): string {
  return text.replace(fence, '');
}

/** Texts between single backticks, outside of blocks. */
export function listCodeWords(page: MarkdownPage): string[] {
  return [...proseOf(page).matchAll(/`([^`\n]+)`/g)].map(({ 1: word = '' }) => word);
}

/** Where links and pictures of a page lead. */
export function listLinks(page: MarkdownPage): string[] {
  const prose = proseOf(page).replace(/`[^`\n]+`/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)|(?:src|href)="([^"]+)"/g)].map(
    ({ 1: link, 2: source }) => link ?? source ?? '',
  );
}

/** The addresses of a page's headings, as GitHub makes them. */
export function listAnchors(page: MarkdownPage): string[] {
  return [...proseOf(page).matchAll(/^#+ (.+)$/gm)].map(({ 1: title = '' }) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-'),
  );
}

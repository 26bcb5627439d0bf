// Links: where they lead, which relative ones lead nowhere, which addresses are not encrypted.
import { posix } from 'node:path';
import type { SourceFile } from '../../read-source.ts';
import type { Detector, Finding, Project } from '../finding.ts';
import { isGenerated, isTest } from '../languages.ts';
import { maskSource } from '../mask-source.ts';

interface Link {
  readonly line: number;
  readonly target: string;
}

const INLINE =
  /!?\[(?:[^[\]\n]|\[[^\]\n]*\])*\]\(\s*<?([^\s()<>]+(?:\([^\s()]*\)[^\s()<>]*)?)>?(?:\s+["'(][^)\n]*)?\s*\)/g;
const HTML = /<(?:a|img)\b[^<>]{0,300}?\b(?:href|src)\s*=\s*["']([^"'\s<>]+)["']/gi;
const REFERENCE = /^\s{0,3}\[(?!\^)[^\]\n]+\]:\s*<?([^\s<>]+)>?/;

/** Links of a Markdown file, code left out. */
function linksOf(source: SourceFile): Link[] {
  const links: Link[] = [];
  let fence: string | null = null;
  for (const [index, line] of source.lines.entries()) {
    const mark = /^\s*(`{3,}|~{3,})/.exec(line)?.[1];
    if (mark !== undefined && (fence === null || mark.startsWith(fence))) {
      fence = fence === null ? mark : null;
      continue;
    }
    if (fence !== null || /^(?: {4}|\t)(?!\s*[-*+\d])/.test(line)) continue;
    const text = line.slice(0, 1500).replace(/`+[^`]+`+/g, (code) => ' '.repeat(code.length));
    for (const form of [INLINE, HTML])
      for (const match of text.matchAll(form)) links.push({ line: index + 1, target: match[1] ?? '' });
    const reference = REFERENCE.exec(text)?.[1];
    if (reference !== undefined) links.push({ line: index + 1, target: reference });
  }
  return links;
}

/** The lines with code blanked: addresses in it are mostly examples. */
function dropCode(lines: readonly string[]): string[] {
  let fence: string | null = null;
  return lines.map((line) => {
    const mark = /^\s*(`{3,}|~{3,})/.exec(line)?.[1];
    if (mark !== undefined && (fence === null || mark.startsWith(fence))) {
      fence = fence === null ? mark : null;
      return '';
    }
    return fence === null ? line.slice(0, 4000).replace(/`+[^`]+`+/g, (code) => ' '.repeat(code.length)) : '';
  });
}

function isMarkdown(path: string): boolean {
  return /\.(?:md|markdown|mdx)$/i.test(path);
}

/** The path that a relative link names; null for addresses, anchors and templates. */
function relativeTarget(from: string, target: string): string | null {
  if (/^(?:[a-z][a-z0-9+.-]*:|\/\/|#|mailto:)/i.test(target) || /[{}$*]|<%/.test(target)) return null;
  const bare = target.replace(/[?#].*$/, '');
  if (bare === '') return null;
  let decoded = bare;
  try {
    decoded = decodeURIComponent(bare);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
  }
  const joined = decoded.startsWith('/') ? decoded.slice(1) : posix.join(posix.dirname(from), decoded);
  return posix.normalize(joined).replace(/\/$/, '');
}

function exists(project: Project, knownPaths: ReadonlySet<string>, target: string): boolean {
  return (
    target === '.' ||
    target === '' ||
    knownPaths.has(target) ||
    project.listing.files.some((file) => file.path.startsWith(`${target}/`))
  );
}

function collectLinks(project: Project, onlyBroken: boolean): Finding[] {
  const known = new Set(project.listing.files.map((file) => file.path));
  const kind = onlyBroken ? 'broken-links' : 'links';
  return project.sources
    .filter((source) => isMarkdown(source.path))
    .flatMap((source) =>
      linksOf(source).flatMap((link): Finding[] => {
        const target = relativeTarget(source.path, link.target);
        // What lies above the project cannot be known, and what a partial listing lacks may exist.
        const broken =
          target !== null && !target.startsWith('..') && !project.listing.cut && !exists(project, known, target);
        if (onlyBroken && !broken) return [];
        const message = broken
          ? `link to \`${link.target}\`, which is no file of the project`
          : `link to \`${link.target}\``;
        const quote = source.lines[link.line - 1] ?? '';
        return [
          {
            kind,
            path: source.path,
            line: link.line,
            message,
            quote,
            weight: broken ? 1 : 0,
            details: { target: link.target, broken },
          },
        ];
      }),
    );
}

export const linksDetector: Detector = {
  kind: 'links',
  title: 'Links',
  inProject: (project) => collectLinks(project, false),
};
export const brokenLinksDetector: Detector = {
  kind: 'broken-links',
  title: 'Links that lead nowhere',
  inProject: (project) => collectLinks(project, true),
};

const PLAIN = /\bhttp:\/\/([\w.-]+|\[[0-9a-f:.]+\])(?::\d+)?[^\s"'`<>)\]},;]*/gi;
// Names of schemas and licences only look like addresses; local and reserved names never leave the machine.
const NOT_FETCHED =
  /^\W+$|^(?:localhost|127\.|0\.0\.0\.0|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|169\.254\.|\[|(?:www\.)?w3\.org|schemas?\.|(?:www\.)?json-schema\.org|(?:www\.)?apache\.org|ns\.adobe\.com|purl\.org|xmlns\.|xml\.|java\.sun\.com|(?:www\.)?opengis\.net|(?:www\.)?gnu\.org|(?:www\.)?opensource\.org|maven\.apache\.org|(?:www\.)?sitemaps\.org|(?:www\.)?inkscape\.org|sodipodi\.|host\.docker\.internal)|(?:^|\.)(?:example\.(?:com|org|net)|example|test|invalid|local|localhost|internal)$|^[^.]+$/i;

export const insecureUrlsDetector: Detector = {
  kind: 'insecure-urls',
  title: 'Unencrypted addresses',
  inFile(source) {
    if (
      !source.text.includes('://') ||
      isTest(source.path) ||
      isGenerated(source.path, source.lines) ||
      /(?:^|\/)(?:LICEN[CS]E|COPYING|NOTICE)[^/]*$|\.svg$/i.test(source.path)
    )
      return [];
    // An address in a comment is read by people; only one in the code or in a text is fetched.
    const comments = new Set(maskSource(source)?.comments.map((comment) => comment.line));
    const codeLines = maskSource(source)?.codeLines;
    const isComment = (index: number) => comments.has(index + 1) && (codeLines?.[index] ?? '').trim() === '';
    const shown = isMarkdown(source.path) ? dropCode(source.lines) : source.lines;
    return source.lines.flatMap((line, index) =>
      (isComment(index) ? [] : [...(shown[index] ?? '').slice(0, 4000).matchAll(PLAIN)])
        .filter(
          (match) =>
            !NOT_FETCHED.test(match[1] ?? '') &&
            !/xmlns|xsi:|DOCTYPE/.test(line.slice(Math.max(0, match.index - 30), match.index)),
        )
        .map((match) => ({
          kind: 'insecure-urls',
          path: source.path,
          line: index + 1,
          message: `unencrypted address ${match[0].replace(/[.:]+$/, '').slice(0, 120)}`,
          quote: line,
          details: { url: match[0] },
        })),
    );
  },
};

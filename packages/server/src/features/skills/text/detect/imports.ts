// What each source file imports, and which relative imports of scripts lead nowhere.
import { posix } from 'node:path';
import type { SourceFile } from '../../read-source.ts';
import { lineCounter } from '../count-lines.ts';
import type { Detector, Finding } from '../finding.ts';
import { isGenerated, languageOf } from '../languages.ts';
import { maskSource } from '../mask-source.ts';

export interface Import {
  readonly line: number;
  readonly target: string;
}

const SCRIPT =
  /(?:^|[^\w.$])(?:import|export)\s[^'"`;]{0,1000}?from\s*(['"])([^'"\n]+)\1|(?:^|[^\w.$])import\s*(['"])([^'"\n]+)\3|(?:^|[^\w.$])(?:require|import|require\.resolve)\s*\(\s*(['"`])([^'"`\n]+)\5|\bnew\s+URL\(\s*(['"])(\.[^'"\n]+)\7/g;

const LINE_FORMS: Readonly<Record<string, RegExp>> = {
  Python: /^\s*(?:from\s+([.\w]+)\s+import\b|import\s+([\w.]+))/,
  Rust: /^\s*(?:pub\s+)?(?:use|mod)\s+([\w:]+)/,
  Java: /^\s*import\s+(?:static\s+)?([\w.*]+)/,
  Kotlin: /^\s*import\s+([\w.*]+)/,
  'C#': /^\s*using\s+([\w.]+)\s*;/,
  C: /^\s*#\s*include\s*[<"]([^>"]+)/,
  'C++': /^\s*#\s*include\s*[<"]([^>"]+)/,
  Ruby: /^\s*require(?:_relative)?\s*\(?\s*['"]([^'"]+)/,
  PHP: /^\s*(?:use\s+([\w\\]+)|(?:require|include)(?:_once)?\s*\(?\s*['"]([^'"]+))/,
  Go: /^\s*(?:import\s+)?(?:[\w.]+\s+)?"([\w./-]+)"\s*$/,
  Dart: /^\s*(?:import|export|part)\s+['"]([^'"]+)/,
  CSS: /@(?:import|use|forward)\s+(?:url\()?['"]?([^'")\s;]+)/,
};

/** Imports as they are written, with their lines. Comments are left out. */
export function importsOf(source: SourceFile): Import[] {
  const language = languageOf(source.path);
  if (language === null) return [];
  const masked = maskSource(source);
  if (language.family === 'script' && masked !== null) {
    const text = source.text.replace(/\r\n?/g, '\n');
    const found: Import[] = [];
    const lineAt = lineCounter(text);
    for (const match of text.matchAll(SCRIPT)) {
      const target = match[2] ?? match[4] ?? match[6] ?? match[8] ?? '';
      const at = match.index + match[0].lastIndexOf(target) - 1;
      // Blanked all the way to the quote: it stands in a comment or in another string.
      if (!/['"`]/.test(masked.code[at] ?? ' ')) continue;
      found.push({ line: lineAt(at), target });
    }
    return found;
  }
  const form = LINE_FORMS[language.name];
  if (form === undefined) return [];
  return source.lines.flatMap((line, index) => {
    const match = form.exec(line.slice(0, 1000));
    const target = match?.[1] ?? match?.[2];
    return target === undefined ? [] : [{ line: index + 1, target }];
  });
}

const ENDINGS = [
  '',
  '.ts',
  '.tsx',
  '.mts',
  '.cts',
  '.js',
  '.jsx',
  '.mjs',
  '.cjs',
  '.json',
  '.d.ts',
  '.vue',
  '.svelte',
  '.css',
  '.scss',
  '/index.ts',
  '/index.tsx',
  '/index.js',
  '/index.mjs',
  '/index.jsx',
  '/index.cjs',
];

/** The project file that a relative import of a script means; null when there is none. */
export function resolveImport(from: string, target: string, paths: ReadonlySet<string>): string | null {
  const bare = target.replace(/[?#].*$/, '');
  const base = posix.normalize(posix.join(posix.dirname(from), bare)).replace(/\/$/, '');
  // A TypeScript file may be imported under the name that it has once it is built.
  const sources = /\.(?:js|jsx|mjs|cjs)$/.test(base)
    ? [base.replace(/\.([mc]?)jsx?$/, '.$1ts'), base.replace(/\.jsx?$/, '.tsx')]
    : [];
  for (const candidate of [...ENDINGS.map((ending) => base + ending), ...sources])
    if (paths.has(candidate)) return candidate;
  return null;
}

export const importsDetector: Detector = {
  kind: 'imports',
  title: 'Imports',
  inProject({ listing, sources }) {
    const paths = new Set(listing.files.map((file) => file.path));
    return sources.flatMap((source) => {
      if (isGenerated(source.path, source.lines)) return [];
      const isScript = languageOf(source.path)?.family === 'script';
      return importsOf(source).map((one): Finding => {
        const relative = isScript && /^\.{1,2}(?:\/|$)/.test(one.target);
        const resolved = relative ? resolveImport(source.path, one.target, paths) : null;
        const message = resolved === null ? `imports \`${one.target}\`` : `imports \`${one.target}\` (${resolved})`;
        return {
          kind: 'imports',
          path: source.path,
          line: one.line,
          message,
          details: { target: one.target, resolved },
        };
      });
    });
  },
};

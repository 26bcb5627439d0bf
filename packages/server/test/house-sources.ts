// Reads the repository's own sources for the tests that judge them.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export const root = fileURLToPath(new URL('../../..', import.meta.url));

export interface Source {
  /** From the repository's root, with `/`. */
  path: string;
  text: string;
  lines: number;
  isTest: boolean;
}

export interface TypeScriptSource extends Source {
  tree: ts.SourceFile;
}

const skipped = new Set(['node_modules', 'dist', '.cache', '.git', 'data', 'test-results']);

/** Every file below the given folders of the repository whose name ends with one of the given endings. */
export function readSources(folders: readonly string[], endings: readonly string[]): Source[] {
  return folders.flatMap((folder) => walk(join(root, folder), endings)).map(readSource);
}

function walk(folder: string, endings: readonly string[]): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (skipped.has(entry.name)) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return walk(path, endings);
    return entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)) ? [path] : [];
  });
}

function readSource(file: string): Source {
  const text = readFileSync(file, 'utf8');
  const path = relative(root, file).split(sep).join('/');
  const isTest = /\.test\.tsx?$/.test(path) || /^packages\/[^/]+\/test\//.test(path);
  return { path, text, lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0), isTest };
}

export function readTypeScript(folders: readonly string[]): TypeScriptSource[] {
  return readSources(folders, ['.ts', '.tsx', '.js', '.cjs']).map((source) => ({
    ...source,
    tree: ts.createSourceFile(
      source.path,
      source.text,
      ts.ScriptTarget.Latest,
      true,
      source.path.endsWith('x') ? ts.ScriptKind.TSX : undefined,
    ),
  }));
}

/** Calls back for every node of the tree, outermost first. */
export function visit(node: ts.Node, see: (node: ts.Node) => void): void {
  see(node);
  ts.forEachChild(node, (child) => visit(child, see));
}

/** `path:line`, as an editor opens it. */
export function placeOf(source: TypeScriptSource, node: ts.Node): string {
  return `${source.path}:${source.tree.getLineAndCharacterOfPosition(node.getStart(source.tree)).line + 1}`;
}

export interface Comment {
  text: string;
  line: number;
}

/** All comments, each once; what looks like a comment inside a string is none. */
export function findComments(source: TypeScriptSource): Comment[] {
  const found = new Map<number, Comment>();
  const collect = (node: ts.Node): void => {
    const ranges = [
      ...(ts.getLeadingCommentRanges(source.text, node.getFullStart()) ?? []),
      ...(ts.getTrailingCommentRanges(source.text, node.getEnd()) ?? []),
    ];
    // Text between the tags of JSX belongs to no comment.
    if (!ts.isJsxText(node)) {
      for (const { pos, end } of ranges) {
        const line = source.tree.getLineAndCharacterOfPosition(pos).line + 1;
        found.set(pos, { text: source.text.slice(pos, end), line });
      }
    }
    for (const child of node.getChildren(source.tree)) collect(child);
  };
  collect(source.tree);
  return [...found.values()];
}

export interface FunctionSize {
  name: string;
  place: string;
  lines: number;
}

/** Functions with a body; the callbacks by which tests are written count as no function of their own. */
export function measureFunctions(source: TypeScriptSource): FunctionSize[] {
  const found: FunctionSize[] = [];
  visit(source.tree, (node) => {
    if (!ts.isFunctionLike(node) || !('body' in node) || !node.body) return;
    const from = source.tree.getLineAndCharacterOfPosition(node.getStart(source.tree)).line;
    const to = source.tree.getLineAndCharacterOfPosition(node.getEnd()).line;
    found.push({ name: nameOf(node), place: placeOf(source, node), lines: to - from + 1 });
  });
  return found;
}

function nameOf(node: ts.SignatureDeclaration): string {
  if (node.name) return node.name.getText();
  if (ts.isVariableDeclaration(node.parent) || ts.isPropertyAssignment(node.parent)) return node.parent.name.getText();
  return 'a function without a name';
}

/** The text of a string or template with each inserted value as `${}`, or undefined for any other node. */
export function textOf(node: ts.Node): string | undefined {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text;
  if (ts.isTemplateExpression(node)) {
    return node.head.text + node.templateSpans.map((span) => `\${}${span.literal.text}`).join('');
  }
  return undefined;
}

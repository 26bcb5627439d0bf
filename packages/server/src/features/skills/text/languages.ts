// What the detectors must know of a language: how its comments and strings look and how functions are
// written. Told by the file's name alone.

export type Family =
  | 'script'
  | 'braces'
  | 'keyword-braces'
  | 'python'
  | 'ruby'
  | 'hash'
  | 'dashes'
  | 'style'
  | 'markup';

export interface Language {
  readonly name: string;
  readonly family: Family;
}

const BY_EXTENSION: Readonly<Record<string, Language>> = Object.fromEntries(
  (
    [
      ['JavaScript', 'script', 'js mjs cjs jsx'],
      ['TypeScript', 'script', 'ts mts cts tsx'],
      ['Python', 'python', 'py pyi'],
      ['Ruby', 'ruby', 'rb rake'],
      ['Go', 'keyword-braces', 'go'],
      ['Rust', 'keyword-braces', 'rs'],
      ['Kotlin', 'keyword-braces', 'kt kts'],
      ['Swift', 'keyword-braces', 'swift'],
      ['PHP', 'keyword-braces', 'php'],
      ['Java', 'braces', 'java'],
      ['C', 'braces', 'c h'],
      ['C++', 'braces', 'cc cpp cxx hh hpp'],
      ['C#', 'braces', 'cs'],
      ['Dart', 'braces', 'dart'],
      ['Groovy', 'braces', 'groovy gradle'],
      ['Shell', 'hash', 'sh bash zsh'],
      ['YAML', 'hash', 'yml yaml'],
      ['TOML', 'hash', 'toml'],
      ['configuration', 'hash', 'ini cfg conf properties env'],
      ['Perl', 'hash', 'pl pm'],
      ['R', 'hash', 'r'],
      ['Elixir', 'hash', 'ex exs'],
      ['Terraform', 'hash', 'tf'],
      ['SQL', 'dashes', 'sql'],
      ['Lua', 'dashes', 'lua'],
      ['CSS', 'style', 'css scss sass less'],
      ['HTML', 'markup', 'html htm xml svg vue svelte'],
    ] as const
  ).flatMap(([name, family, extensions]) => extensions.split(' ').map((extension) => [extension, { name, family }])),
);

const BY_NAME: readonly (readonly [RegExp, Language])[] = [
  [/^(?:Makefile|GNUmakefile|Dockerfile|Containerfile)(?:\..+)?$/, { name: 'build file', family: 'hash' }],
  [/^(?:Gemfile|Rakefile|Vagrantfile)$/, { name: 'Ruby', family: 'ruby' }],
  [/^\.env(?:\..+)?$|^\.(?:gitignore|dockerignore|npmrc|editorconfig)$/, { name: 'configuration', family: 'hash' }],
];

/** Null: prose, data or something unknown. */
export function languageOf(path: string): Language | null {
  const name = path.slice(path.lastIndexOf('/') + 1);
  for (const [pattern, language] of BY_NAME) if (pattern.test(name)) return language;
  const extension = /\.([A-Za-z0-9]+)$/.exec(name)?.[1]?.toLowerCase();
  return extension === undefined ? null : (BY_EXTENSION[extension] ?? null);
}

const CODE_FAMILIES: ReadonlySet<Family> = new Set(['script', 'braces', 'keyword-braces', 'python', 'ruby']);

/** Programs, as opposed to configuration, styles and documents. */
export function isCode(path: string): boolean {
  const language = languageOf(path);
  return language !== null && CODE_FAMILIES.has(language.family);
}

export function isTest(path: string): boolean {
  return (
    /(?:^|\/)(?:tests?|__tests__|specs?|e2e|testing|testdata|fixtures?|__mocks__|mocks?)\//i.test(path) ||
    /(?:^|\/)(?:test_[^/]*|conftest)\.py$|[._-](?:test|spec|e2e|stories)\.[A-Za-z0-9]+$|_(?:test|spec)\.(?:go|rb|py|dart|exs)$|(?:Test|Tests|Spec)\.(?:java|kt|cs|swift|php|groovy)$/.test(
      path,
    )
  );
}

const GENERATED_PATH =
  /(?:^|\/)(?:dist|build|out|vendor|third_party|node_modules|coverage|\.next|generated|__generated__|__snapshots__)\/|\.min\.(?:js|css|mjs)$|\.(?:map|snap|lock)$|\.lock\.json$|\.pb\.go$|_pb2\.py$|\.g\.dart$|(?:^|\/)(?:package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|go\.sum|bun\.lockb?)$/;

/** Lock files, minified and generated code: nobody writes or mends them by hand. */
export function isGenerated(path: string, lines: readonly string[]): boolean {
  if (GENERATED_PATH.test(path)) return true;
  return lines
    .slice(0, 5)
    .some((line) => /@generated\b|DO NOT EDIT|auto-?generated (?:file|by)/i.test(line.slice(0, 300)));
}

// The rules of the house that a machine can judge: sizes, words, where SQL and the environment are touched, and that every name
// seen from outside begins with the folder that answers for it. CONTRIBUTING.md says why they exist.
import { basename } from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';
import {
  findComments,
  measureFunctions,
  placeOf,
  readSources,
  readTypeScript,
  type TypeScriptSource,
  textOf,
  visit,
} from './house-sources.ts';

const sources = readTypeScript(['packages', 'bench']);
const productSources = sources.filter((source) => !source.isTest);

const limits = {
  sourceLines: 400,
  testLines: 600,
  functionLines: 60,
  functionLinesAtMost: 80,
  componentLinesAtMost: 120,
};

/** Every place that breaks a rule, so that one run of the test shows all of them. */
function places(
  among: readonly TypeScriptSource[],
  breaks: (node: ts.Node, source: TypeScriptSource) => boolean,
): string[] {
  const found: string[] = [];
  for (const source of among) {
    visit(source.tree, (node) => {
      if (breaks(node, source)) found.push(placeOf(source, node));
    });
  }
  return found;
}

test('the sources are found', () => {
  expect(productSources.length).toBeGreaterThan(60);
});

test('no file holds two ideas: sources end by line 400, tests by line 600', () => {
  const files = readSources(['packages', 'bench'], ['.ts', '.tsx', '.js', '.cjs', '.css']);
  const tooLong = files
    .filter((file) => file.lines > (file.isTest ? limits.testLines : limits.sourceLines))
    .map((file) => `${file.path}: ${file.lines} lines`);
  expect(tooLong).toEqual([]);
});

test('functions have at most 80 lines, components with their markup 120, and those over 60 are named', () => {
  const sizes = productSources.flatMap(measureFunctions).sort((a, b) => b.lines - a.lines);
  const show = (size: (typeof sizes)[number]): string => `  ${size.lines} lines: ${size.name} (${size.place})`;
  const long = sizes.filter((size) => size.lines > limits.functionLines);
  process.stdout.write(`The longest three functions:\n${sizes.slice(0, 3).map(show).join('\n')}\n`);
  if (long.length > 0) process.stdout.write(`Over ${limits.functionLines} lines:\n${long.map(show).join('\n')}\n`);
  const limitOf = ({ place }: (typeof sizes)[number]): number =>
    place.includes('.tsx:') ? limits.componentLinesAtMost : limits.functionLinesAtMost;
  expect(sizes.filter((size) => size.lines > limitOf(size)).map(show)).toEqual([]);
});

test('no comment puts work off until later', () => {
  const marker = /^(\/\/|\/\*+|--|#|<!--)?[\s*]*\b(TODO|FIXME|XXX|HACK)\b/m;
  const inCode = sources.flatMap((source) =>
    findComments(source)
      .filter((comment) => marker.test(comment.text))
      .map((comment) => `${source.path}:${comment.line}`),
  );
  const inSql = readSources(['packages'], ['.sql', '.css'])
    .filter((file) => file.text.split('\n').some((line) => /(--|\/\*|^\s*\*)\s*(TODO|FIXME)\b/.test(line)))
    .map((file) => file.path);
  expect([...inCode, ...inSql]).toEqual([]);
});

test('no error is swallowed without a word', () => {
  const swallowed = places(sources, (node) => {
    if (ts.isCatchClause(node)) return isBare(node.block);
    if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return false;
    const [handler] = node.arguments;
    const isCatch = node.expression.name.text === 'catch' && handler !== undefined && ts.isArrowFunction(handler);
    return isCatch && ts.isBlock(handler.body) && isBare(handler.body);
  });
  expect(swallowed).toEqual([]);
});

/** Neither a statement nor a comment that says why none is needed. */
function isBare(block: ts.Block): boolean {
  return /^\{\s*\}$/.test(block.getText());
}

test('no type is forced: neither `as unknown as` nor an ignored error', () => {
  const forced = places(sources, (node) => {
    if (!ts.isAsExpression(node) || !ts.isAsExpression(node.expression)) return false;
    return node.expression.type.kind === ts.SyntaxKind.UnknownKeyword;
  });
  const ignored = sources.flatMap((source) =>
    findComments(source)
      .filter((comment) => /@ts-(ignore|expect-error|nocheck)/.test(comment.text))
      .map((comment) => `${source.path}:${comment.line}`),
  );
  expect([...forced, ...ignored]).toEqual([]);
});

test('the environment is read where the program starts and nowhere else', () => {
  const entries = /^packages\/server\/(src\/main\.ts|src\/cli\/gathering\.ts|bin\/)|^bench\/|\.config\.ts$/;
  const readers = places(
    productSources.filter((source) => !entries.test(source.path)),
    (node) => {
      if (ts.isPropertyAccessExpression(node)) return node.getText() === 'process.env';
      if (ts.isVariableDeclaration(node)) {
        return node.initializer?.getText() === 'process' && /\benv\b/.test(node.name.getText());
      }
      return ts.isImportSpecifier(node) && /^["'](node:)?process["']$/.test(moduleOf(node)) && node.getText() === 'env';
    },
  );
  expect(readers).toEqual([]);
});

function moduleOf(node: ts.ImportSpecifier): string {
  return node.parent.parent.parent.moduleSpecifier.getText();
}

test('SQL lives in stores, migrations, the queue and the ground', () => {
  const homes = /^packages\/server\/src\/(platform\/db\/|jobs\/|features\/.*\/store(\/|[^/]*\.ts$))/;
  const elsewhere = productSources.filter(
    (source) => source.path.startsWith('packages/server/src/') && !homes.test(source.path),
  );
  const statement =
    /^\s*(select\b[\s\S]*\bfrom\b|select\s+(pg_|now\(|1\b)|insert\s+into\s|update\s+[\w."]+\s+set\s|delete\s+from\s|with\s+\w+\s+as\s*\(|(create|alter|drop)\s+(table|index|schema|view|function|extension)\s|truncate\s)/i;
  expect(places(elsewhere, (node) => statement.test(textOf(node) ?? ''))).toEqual([]);
});

test('no SQL is built from values: what is put into its text is a constant of the same file', () => {
  const server = productSources.filter((source) => source.path.startsWith('packages/server/src/'));
  const built = places(server, (node, source) => {
    if (!ts.isTemplateExpression(node) || isTaggedWithSql(node)) return false;
    const isSql = /^\s*(select|insert|update|delete|with)\s/i.test(node.head.text);
    if (!isSql || !/\b(from|into|set|as)\b/i.test(textOf(node) ?? '')) return false;
    const constants = textConstants(source);
    return node.templateSpans.some((span) => !constants.has(span.expression.getText()));
  });
  expect(built).toEqual([]);
});

/** Names of the file's own constants that hold a text written out, or made of such texts. */
function textConstants(source: TypeScriptSource): Set<string> {
  const names = new Set<string>();
  for (const statement of source.tree.statements) {
    if (!ts.isVariableStatement(statement) || !(statement.declarationList.flags & ts.NodeFlags.Const)) continue;
    for (const { name, initializer } of statement.declarationList.declarations) {
      if (initializer === undefined) continue;
      const isMade =
        ts.isTemplateExpression(initializer) &&
        initializer.templateSpans.every((span) => names.has(span.expression.getText()));
      if (isMade || ts.isStringLiteral(initializer) || ts.isNoSubstitutionTemplateLiteral(initializer)) {
        names.add(name.getText());
      }
    }
  }
  return names;
}

/** Kysely's tag turns inserted values into parameters. */
function isTaggedWithSql(node: ts.TemplateExpression): boolean {
  return ts.isTaggedTemplateExpression(node.parent) && /^sql\b/.test(node.parent.tag.getText());
}

test('the contract runs in a browser: it knows nothing of Node', () => {
  const contract = productSources.filter((source) => source.path.startsWith('packages/contract/src/'));
  const knowing = places(contract, (node) => {
    if (!ts.isIdentifier(node) || !['process', 'Buffer', 'require', '__dirname'].includes(node.text)) return false;
    const isName = ts.isPropertyAccessExpression(node.parent) && node.parent.name === node;
    return !isName && !ts.isPropertyAssignment(node.parent) && !ts.isImportSpecifier(node.parent);
  });
  expect(knowing).toEqual([]);
});

// Names, as far as the sources tell. What the contract's objects tell is in contract-rules.test.ts.

const featureOf = (path: string): string | undefined => /^packages\/server\/src\/features\/([a-z]+)\//.exec(path)?.[1];

test('a feature answers only routes that carry its name', () => {
  const foreign = productSources.flatMap((source) => {
    if (basename(source.path) !== 'routes.ts') return [];
    const feature = featureOf(source.path);
    return source.tree.statements.filter(ts.isImportDeclaration).flatMap((statement) => {
      const from = /@gathering\/contract\/([a-z-]+)/.exec(statement.moduleSpecifier.getText())?.[1];
      const names = statement.importClause?.namedBindings?.getText().match(/\b\w+Route\b/g) ?? [];
      return from?.split('-')[0] === feature ? [] : names.map((name) => `${source.path}: ${name} of ${from}`);
    });
  });
  expect(foreign).toEqual([]);
});

test('a tool carries the name of its skill, with `_`', () => {
  const strangers = productSources.flatMap((source) => {
    const skill = /\/features\/skills\/([a-z]+)\//.exec(source.path)?.[1];
    if (!skill) return [];
    return stringProperties(source, 'name', ['inputSchema', 'description'])
      .filter(({ value }) => !value.startsWith(`${skill}_`))
      .map(({ place, value }) => `${place}: ${value}`);
  });
  expect(strangers).toEqual([]);
});

test('what a feature writes to the audit and calls into the queue carries its name', () => {
  const strangers = productSources.flatMap((source) => {
    const feature = featureOf(source.path);
    if (!feature) return [];
    const named = [...stringProperties(source, 'action', []), ...stringProperties(source, 'job', [])];
    return named
      .filter(({ value }) => value.includes('.') && !value.startsWith(`${feature}.`))
      .map(({ place, value }) => `${place}: ${value}`);
  });
  expect(strangers).toEqual([]);
});

/** Values of `property: '...'` in object literals that have the other properties too. */
function stringProperties(
  source: TypeScriptSource,
  property: string,
  besides: readonly string[],
): { place: string; value: string }[] {
  const found: { place: string; value: string }[] = [];
  visit(source.tree, (node) => {
    if (!ts.isObjectLiteralExpression(node)) return;
    const names = node.properties.map((entry) => entry.name?.getText());
    if (!besides.every((name) => names.includes(name))) return;
    for (const entry of node.properties) {
      if (!ts.isPropertyAssignment(entry) || entry.name.getText() !== property) continue;
      const value = textOf(entry.initializer);
      if (value !== undefined) found.push({ place: placeOf(source, entry), value });
    }
  });
  return found;
}

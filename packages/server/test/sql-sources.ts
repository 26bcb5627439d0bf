// Tells from the sources alone whether a text of SQL is written out, or made of texts that are: constants of its module, or
// of one that it imports. Whatever else comes into a statement could be somebody's input.
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { placeOf, type TypeScriptSource, textOf, visit } from './house-sources.ts';

export type Sources = ReadonlyMap<string, TypeScriptSource>;

/** Calls that take a statement as their first argument. `exec` is also of regular expressions, which take any text. */
const takers = new Set(['query', 'exec', 'raw']);
/** Forwards statements that others have written; its own are judged like theirs. */
const ground = 'packages/server/src/platform/db/';

/** Places where a statement is not written out, each with what is wrong. */
export function findBuiltSql(sources: Sources): string[] {
  return [...sources.values()].flatMap((source) => {
    const found: string[] = [];
    const report = (node: ts.Node, what: string) => found.push(`${placeOf(source, node)}: ${what}`);
    visit(source.tree, (node) => {
      if (ts.isCallExpression(node)) judgeCall(node, source, sources, report);
      if (ts.isTaggedTemplateExpression(node)) return;
      if (isSqlTemplate(node) && !isConstant(node, source, sources))
        report(node, 'a value is put into the text of a statement');
    });
    return found;
  });
}

function judgeCall(
  call: ts.CallExpression,
  source: TypeScriptSource,
  sources: Sources,
  report: (node: ts.Node, what: string) => void,
): void {
  const { expression, arguments: given } = call;
  const [text] = given;
  if (!ts.isPropertyAccessExpression(expression) || !takers.has(expression.name.text) || text === undefined) return;
  const taker = expression.name.text;
  if (taker === 'raw' && expression.expression.getText() !== 'sql') return;
  if (taker === 'exec' && isRegularExpression(expression.expression)) return;
  if (isOfEngine(text, source)) return;
  if (isConstant(text, source, sources)) return;
  const built = resolve(text);
  const isBuilt = built !== undefined && (ts.isTemplateExpression(built) || ts.isBinaryExpression(built));
  if (isBuilt) report(text, `a statement is put together and reaches .${taker}()`);
  // What cannot be followed to its origin may be anything; only the ground hands on what it is given.
  else if (taker === 'raw' || (taker === 'query' && !source.path.startsWith(ground)))
    report(text, `it cannot be told where the statement comes from that reaches .${taker}()`);
}

function isRegularExpression(node: ts.Expression): boolean {
  const value = resolve(node);
  return (
    value !== undefined &&
    (ts.isRegularExpressionLiteral(value) || (ts.isNewExpression(value) && value.expression.getText() === 'RegExp'))
  );
}

/** The engine of the queue writes its own statements and gives them to a port of this name, which hands them on. */
function isOfEngine(text: ts.Expression, source: TypeScriptSource): boolean {
  if (!source.path.startsWith('packages/server/src/jobs/') || !ts.isIdentifier(text)) return false;
  const port = ts.findAncestor(text, (node) => ts.isArrowFunction(node));
  const holder = port?.parent;
  const isNamed = holder !== undefined && (ts.isPropertyAssignment(holder) || ts.isVariableDeclaration(holder));
  return isNamed && holder.name.getText() === 'executeSql' && port?.parameters[0]?.name.getText() === text.text;
}

/** LISTEN and DEALLOCATE take no parameters: the ground quotes the names of channels and statements. */
function isQuotedName(node: ts.Node, source: TypeScriptSource): boolean {
  if (!source.path.startsWith(ground) || !ts.isTemplateExpression(node)) return false;
  const isQuoted = node.templateSpans.every(({ expression }) =>
    /^pg\.escapeIdentifier\((channel|statement)\)$/.test(expression.getText()),
  );
  return isQuoted && /^((un)?listen|deallocate) $/.test(node.head.text);
}

function isSqlTemplate(node: ts.Node): boolean {
  if (!ts.isTemplateExpression(node) || ts.isTaggedTemplateExpression(node.parent)) return false;
  const isSql = /^\s*(select|insert|update|delete|with|alter|create|drop|truncate|lock)\s/i.test(node.head.text);
  return isSql && /\b(from|into|set|as|table|index|schema)\b/i.test(textOf(node) ?? '');
}

function isConstant(node: ts.Expression | ts.Node, source: TypeScriptSource, sources: Sources, depth = 0): boolean {
  if (depth > 20) return false;
  const again = (next: ts.Node, where = source) => isConstant(next, where, sources, depth + 1);
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return true;
  if (ts.isParenthesizedExpression(node) || ts.isAsExpression(node)) return again(node.expression);
  if (isQuotedName(node, source)) return true;
  if (ts.isTemplateExpression(node)) return node.templateSpans.every((span) => again(span.expression));
  if (ts.isConditionalExpression(node)) return again(node.whenTrue) && again(node.whenFalse);
  if (ts.isBinaryExpression(node))
    return node.operatorToken.kind === ts.SyntaxKind.PlusToken && again(node.left) && again(node.right);
  // One of a closed list: `texts[kind]`, `texts.first`, of a constant object whose values are all constant.
  if (ts.isElementAccessExpression(node) || ts.isPropertyAccessExpression(node)) {
    const list = resolve(node.expression);
    return list !== undefined && isConstantList(list, (value) => again(value));
  }
  if (!ts.isIdentifier(node)) return false;
  const own = findConstant(node);
  if (own !== undefined) return again(own);
  const imported = findImported(node.text, source, sources);
  return imported !== undefined && again(imported.value, imported.source);
}

function isConstantList(node: ts.Node, judge: (value: ts.Node) => boolean): boolean {
  if (ts.isAsExpression(node) || ts.isSatisfiesExpression(node)) return isConstantList(node.expression, judge);
  if (!ts.isObjectLiteralExpression(node)) return false;
  return node.properties.every((entry) => ts.isPropertyAssignment(entry) && judge(entry.initializer));
}

/** What a name stands for, where it is a constant of this file; anything else as it is. */
function resolve(node: ts.Node): ts.Node | undefined {
  return ts.isIdentifier(node) ? findConstant(node) : node;
}

/** The value of the nearest `const` of that name whose block holds the use; a parameter in between hides it. */
function findConstant(use: ts.Identifier): ts.Expression | undefined {
  for (let scope: ts.Node | undefined = use.parent; scope !== undefined; scope = scope.parent) {
    if (ts.isFunctionLike(scope) && scope.parameters.some(({ name }) => bindsName(name, use.text))) return undefined;
    if (!ts.isBlock(scope) && !ts.isSourceFile(scope)) continue;
    const declared = scope.statements.flatMap((statement) => declarationsOf(statement, use.text));
    const [found] = declared;
    if (found !== undefined) return found.isConst ? found.value : undefined;
  }
  return undefined;
}

function bindsName(name: ts.BindingName, wanted: string): boolean {
  if (ts.isIdentifier(name)) return name.text === wanted;
  return name.elements.some((element) => ts.isBindingElement(element) && bindsName(element.name, wanted));
}

function declarationsOf(
  statement: ts.Statement,
  name: string,
): { readonly isConst: boolean; readonly value: ts.Expression | undefined }[] {
  if (!ts.isVariableStatement(statement)) return [];
  const isConst = (statement.declarationList.flags & ts.NodeFlags.Const) !== 0;
  return statement.declarationList.declarations
    .filter((declaration) => bindsName(declaration.name, name))
    .map((declaration) => ({
      isConst,
      value: ts.isIdentifier(declaration.name) ? declaration.initializer : undefined,
    }));
}

function findImported(
  name: string,
  source: TypeScriptSource,
  sources: Sources,
): { readonly value: ts.Expression; readonly source: TypeScriptSource } | undefined {
  for (const statement of source.tree.statements.filter(ts.isImportDeclaration)) {
    const bindings = statement.importClause?.namedBindings;
    if (bindings === undefined || !ts.isNamedImports(bindings) || !ts.isStringLiteral(statement.moduleSpecifier))
      continue;
    const element = bindings.elements.find((one) => one.name.text === name);
    if (element === undefined) continue;
    const path = join(dirname(source.path), statement.moduleSpecifier.text);
    const other = sources.get(path);
    const wanted = (element.propertyName ?? element.name).text;
    const [found] = other?.tree.statements.flatMap((one) => declarationsOf(one, wanted)) ?? [];
    if (other !== undefined && found?.isConst && found.value !== undefined)
      return { value: found.value, source: other };
  }
  return undefined;
}

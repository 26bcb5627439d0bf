// What the documentation says is held against the code: links lead somewhere, examples are accepted, and every setting, error
// and rule that it names exists.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, posix } from 'node:path';
import { stopReasons } from '@gathering/contract/agents';
import { passwordRules } from '@gathering/contract/auth-passwords';
import { errorCodes } from '@gathering/contract/errors';
import { eventTypeNames } from '@gathering/contract/events';
import { checkExpression, evaluateExpression } from '@gathering/contract/expressions';
import { permissions, permissionsOf, roles } from '@gathering/contract/permissions';
import { nodeConfigSchemas } from '@gathering/contract/pipeline-definition';
import { nodeStatuses } from '@gathering/contract/pipelines';
import { providerKinds } from '@gathering/contract/providers';
import { allRoutes } from '@gathering/contract/routes';
import { expressionsIn, fillTemplates } from '@gathering/contract/templates';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { readyAgents } from '../src/features/agents/ready-agents.ts';
import { parseDefinition } from '../src/features/pipelines/index.ts';
import { allTools, skills } from '../src/features/skills/index.ts';
import { describeConfig } from '../src/platform/config.ts';
import { readTypeScript, root } from './house-sources.ts';
import { type CodeBlock, listAnchors, listBlocks, listCodeWords, listLinks, readPages } from './read-markdown.ts';

const pages = readPages();
const blocks = pages.flatMap(listBlocks);
const pageAt = (path: string) => pages.find((page) => page.path === path) ?? { path, text: '' };
const blocksOf = (info: string): CodeBlock[] => blocks.filter((block) => block.info === info);

const known = {
  agents: new Set(readyAgents.map((agent) => agent.handle)),
  tools: new Set(allTools.map((tool) => tool.name)),
};

test('the pages are found', () => {
  expect(pages.map((page) => page.path)).toEqual(
    expect.arrayContaining(['README.md', 'ARCHITECTURE.md', 'docs/errors.md', 'docs/guides/pipelines.md']),
  );
});

describe('links', () => {
  test('lead to a file of the repository, and to a heading that it has', () => {
    const broken = pages.flatMap((page) =>
      listLinks(page)
        .filter((link) => !/^(https?|mailto):/.test(link))
        .filter((link) => !leadsSomewhere(page.path, link))
        .map((link) => `${page.path}: ${link}`),
    );
    expect(broken).toEqual([]);
  });

  test('from the README every page of the documentation can be reached', () => {
    const reached = new Set(['README.md']);
    for (const path of reached) {
      for (const link of listLinks(pageAt(path))) {
        if (/^(https?|mailto|#)/.test(link)) continue;
        reached.add(posix.join(posix.dirname(path), link.split('#')[0] ?? ''));
      }
    }
    expect(pages.map((page) => page.path).filter((path) => !reached.has(path))).toEqual([]);
  });
});

function leadsSomewhere(from: string, link: string): boolean {
  const [file = '', anchor] = link.split('#');
  const path = file === '' ? from : posix.join(posix.dirname(from), file);
  if (!existsSync(join(root, path))) return false;
  if (anchor === undefined || statSync(join(root, path)).isDirectory()) return true;
  return listAnchors(pageAt(path)).includes(anchor);
}

describe('examples', () => {
  test.each(blocksOf('yaml pipeline'))('the pipeline at $place can run', ({ text }) => {
    expect(parseDefinition(text, known).faults).toEqual([]);
  });

  test('the pipeline with faults is answered as the guide shows it', () => {
    const [broken] = blocksOf('yaml faulty pipeline');
    const [said] = blocksOf('text faults');
    const { faults } = parseDefinition(broken?.text ?? '', known);
    const lines = faults.map(({ line, column, message }) => `faulty.yaml:${line}:${column}: ${message}`);
    expect(lines).toEqual(said?.text.trimEnd().split('\n'));
  });

  const scope = JSON.parse(blocksOf('json scope')[0]?.text ?? '{}') as Record<string, unknown>;
  const expressions = blocksOf('cel examples').flatMap(({ text }) =>
    text
      .trimEnd()
      .split('\n')
      .map(
        (line) => /^(?<expression>.+?)\s+\/\/ => (?<value>.+)$/.exec(line)?.groups ?? { expression: line, value: '' },
      ),
  );
  test.each(expressions)('the expression $expression gives $value', ({ expression = '', value = '' }) => {
    expect(checkExpression(expression).faults).toEqual([]);
    expect(evaluateExpression(expression, scope)).toEqual({ ok: true, value: JSON.parse(value) });
  });

  const templates = blocksOf('json templates').flatMap(
    ({ text }) => JSON.parse(text) as { template: string; gives: unknown }[],
  );
  test.each(templates)('the template $template gives $gives', ({ template, gives }) => {
    const values = new Map(
      expressionsIn(template).map((text) => {
        const result = evaluateExpression(text, scope);
        return [text, result.ok ? result.value : result.message];
      }),
    );
    expect(fillTemplates(template, values)).toEqual(gives);
  });

  test('of every kind there are some', () => {
    const kinds = ['yaml pipeline', 'yaml faulty pipeline', 'json scope', 'cel examples', 'json templates'];
    expect(kinds.filter((info) => blocksOf(info).length === 0)).toEqual([]);
  });
});

describe('names', () => {
  test('every setting that a page names exists', () => {
    const settings = new Set(describeConfig().map((setting) => setting.name));
    const unknown = pages.flatMap(({ path, text }) =>
      [...text.matchAll(/\b(?:GATHERING|DATABASE)_[A-Z_]+\b/g)]
        .filter(([name]) => !settings.has(name))
        .map(([name]) => `${path}: ${name}`),
    );
    expect(unknown).toEqual([]);
  });

  test('every error, event, route, permission, job and code of a failed node that a page names exists', () => {
    const names = new Set<string>([
      ...errorCodes,
      ...eventTypeNames,
      ...permissions,
      ...allRoutes.map((route) => route.name),
      ...stopReasons.map((reason) => `agents.${reason}`),
      ...namesInSources(),
    ]);
    const features = new Set([...names].map((name) => name.slice(0, name.indexOf('.'))));
    const unknown = pages.flatMap((page) =>
      listCodeWords(page)
        .filter(
          (word) => /^[a-z]+\.[a-z]+(-[a-z]+)*$/.test(word) && !/\.(ts|tsx|md|ya?ml|json|sql|js|css|key)$/.test(word),
        )
        .filter((word) => features.has(word.slice(0, word.indexOf('.'))) && !names.has(word))
        .filter((word) => !/^(run|project|nodes|input)\./.test(word))
        .map((word) => `${page.path}: ${word}`),
    );
    expect(unknown).toEqual([]);
  });

  test('every file of the code that a page names exists', () => {
    const unknown = pages.flatMap((page) =>
      listCodeWords(page)
        .filter((word) => /^(packages|docs|examples|bench)\/[\w./-]+\.\w+$/.test(word))
        .filter((word) => !existsSync(join(root, word)))
        .map((word) => `${page.path}: ${word}`),
    );
    expect(unknown).toEqual([]);
  });
});

/** Codes of failed nodes, of the SSRF guard and of the queue: literal texts of the sources. */
function namesInSources(): string[] {
  const text = readTypeScript(['packages/server/src'])
    .filter((source) => !source.isTest)
    .map((source) => source.text)
    .join('\n');
  return [...text.matchAll(/'((?:pipelines|agents|skills|egress)\.[a-z]+(?:-[a-z]+)*)'/g)].map(([, name = '']) => name);
}

describe('the drawing of the house', () => {
  test('every room of a walk holds what is named behind it', () => {
    const walks = pageAt('docs/requests.md');
    const named = [...walks.text.matchAll(/\]\(\.\.\/(packages\/[^)]+)\)\s+((?:`\w+`(?:,\s+)?)+)/g)];
    expect(named.length).toBeGreaterThan(40);
    const missing = named.flatMap(([, path = '', words = '']) => {
      const text = existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : '';
      return words
        .split(/[`,\s]+/)
        .filter((word) => word !== '' && !new RegExp(`\\b${word}\\b`).test(text))
        .map((word) => `${path}: ${word}`);
    });
    expect(missing).toEqual([]);
  });

  test('the table of features is the one that the rules of imports enforce', () => {
    const rows = [...pageAt('ARCHITECTURE.md').text.matchAll(/^\| `(\w+)` \| [^|]+ \|([^|]*)\|$/gm)];
    const drawn = Object.fromEntries(
      rows.map(([, name = '', friends = '']) => [name, friends.split(',').map((word) => word.trim())]),
    );
    const here = readdirSync(join(root, 'packages/server/src/features'));
    const enforced = Object.fromEntries(
      here.map((name) => [name, mayCall(name).filter((friend) => friend === '' || here.includes(friend))]),
    );
    expect(sortAll(drawn)).toEqual(sortAll(enforced));
  });

  test('ARCHITECTURE.md can be read in one go: at most 150 lines', () => {
    expect(pageAt('ARCHITECTURE.md').text.split('\n').length - 1).toBeLessThanOrEqual(150);
  });
});

const importRules: { forbidden: { name: string; comment: string }[] } = createRequire(import.meta.url)(
  '../../../.dependency-cruiser.cjs',
);

/** One empty name where a feature may call none. */
function mayCall(feature: string): string[] {
  const { comment = '' } = importRules.forbidden.find(({ name }) => name === `feature-${feature}`) ?? {};
  const friends = /may call: ([^;]*);/.exec(comment)?.[1] ?? '';
  return friends === 'no other feature' ? [''] : friends.split(', ');
}

function sortAll(table: Record<string, string[]>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(table).map(([name, friends]) => [name, friends.toSorted()]));
}

describe('completeness', () => {
  const pipelines = pageAt('docs/guides/pipelines.md');
  const sectionOf = (title: string): string => pipelines.text.split(`\n### ${title}\n`)[1]?.split(/\n##+ /)[0] ?? '';

  test('every setting of every type of node is described in its section', () => {
    const missing = Object.entries(nodeConfigSchemas).flatMap(([type, schema]) =>
      keysOf(schema)
        .filter((key) => !sectionOf(type).includes(`\`${key}`))
        .map((key) => `${type}: ${key}`),
    );
    expect(missing).toEqual([]);
  });

  test('every rule of validation is described', () => {
    const files = ['check-graph', 'check-flow', 'check-expressions'];
    const source = files.map((name) => readFileSync(join(root, `packages/contract/src/${name}.ts`), 'utf8')).join('');
    const rules = [...source.matchAll(/(?:rule: |fault\(\s*)'([a-z]+(?:-[a-z]+)*)'/g)].map(([, rule = '']) => rule);
    expect(rules.length).toBeGreaterThan(10);
    expect(rules.filter((rule) => !pipelines.text.includes(`\`${rule}\``))).toEqual([]);
  });

  test.each([
    ['docs/guides/pipelines.md', nodeStatuses],
    ['docs/guides/agents.md', stopReasons],
    ['docs/guides/agents.md', readyAgents.map((agent) => agent.handle)],
    ['docs/guides/agents.md', skills.map((skill) => skill.name)],
    ['docs/guides/agents.md', allTools.map((tool) => tool.name)],
    ['docs/guides/models.md', providerKinds],
    ['docs/guides/users.md', passwordRules],
  ])('%s names all of %j', (path, words) => {
    expect(words.filter((word) => !pageAt(path).text.includes(`\`${word}\``))).toEqual([]);
  });
});

test('the table of roles is the one that the server enforces', () => {
  const { text } = pageAt('docs/guides/users.md');
  const rows = [...text.matchAll(/^\| `(\w+)` \| (.*) \|$/gm)].filter(([, role = '']) =>
    roles.some((one) => one === role),
  );
  const drawn = rows.map(([, role = '', names = '']) => [role, names.match(/[a-z]+\.[a-z]+/g) ?? []]);
  const enforced = roles.map((role, place) => {
    const below = roles[place - 1];
    const inherited = below === undefined ? ['public', 'signed-in'] : permissionsOf(below);
    return [role, permissionsOf(role).filter((name) => !inherited.some((one) => one === name))];
  });
  expect(drawn.map(([role, names]) => [role, [...(names ?? [])].toSorted()])).toEqual(
    enforced.map(([role, names]) => [role, [...(names ?? [])].toSorted()]),
  );
});

function keysOf(schema: z.ZodType): string[] {
  if (schema instanceof z.ZodObject) return Object.keys(schema.shape);
  if (schema instanceof z.ZodUnion)
    return schema.options.flatMap((option) => (option instanceof z.ZodType ? keysOf(option) : []));
  return [];
}

test('the picture of the dashboard is a PNG of moderate size', () => {
  const picture = readFileSync(join(root, 'docs/images/dashboard.png'));
  expect(picture.subarray(1, 4).toString()).toBe('PNG');
  expect(picture.byteLength).toBeLessThan(250_000);
});

test('no page tells of a machine that it was written on', () => {
  const telling = pages.filter(({ text }) => /(^|[\s`"'(=])\/(root|home\/\w+|work|tmp)\//m.test(text));
  expect(telling.map((page) => page.path)).toEqual([]);
});

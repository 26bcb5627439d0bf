// That the rules of imports see: each rule is given a small tree that breaks it, and the real tree must be read whole. Read
// through another TypeScript than the one that the tool knows, it would find no module and so no violation.
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { features, ruleNames } from './house-features.ts';
import { readSources, root } from './house-sources.ts';

interface Cruise {
  modules: { source: string; dependencies: { module: string; resolved: string }[] }[];
  summary: { violations: { from: string; to: string; rule: { name: string } }[] };
}

/** Judges a tree. The program answers with a non-zero code where it found violations, and prints them all the same. */
async function cruise(folder: string, parts: readonly string[]): Promise<Cruise> {
  const program = join(root, 'node_modules/.bin/depcruise');
  const output = await new Promise<string>((resolve, reject) => {
    execFile(
      process.execPath,
      [program, '--config', '.dependency-cruiser.cjs', '--output-type', 'json', ...parts],
      { cwd: folder, maxBuffer: 256 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (stdout === '') reject(new Error(`The judge of imports said nothing but: ${stderr}`, { cause: error }));
        else resolve(stdout);
      },
    );
  });
  return JSON.parse(output);
}

const server = 'packages/server/src';

// Rule -> the file that breaks it and what it imports, from the root of the tree. What is imported is made, unless it is missing.
const planted: Record<string, { from: string; to: string }> = {
  'no-cycles': { from: `${server}/platform/one.ts`, to: `${server}/platform/two.ts` },
  'everything-resolves': { from: `${server}/platform/lost.ts`, to: './missing.ts' },
  'web-meets-server-in-contract': { from: 'packages/web/src/page.tsx', to: `${server}/ctx.ts` },
  'server-knows-no-page': { from: `${server}/main.ts`, to: 'packages/web/src/lone.tsx' },
  'contract-knows-nobody': { from: 'packages/contract/src/nosy.ts', to: `${server}/ctx.ts` },
  'contract-runs-anywhere': { from: 'packages/contract/src/bound.ts', to: 'node:fs' },
  'platform-is-the-ground': { from: `${server}/platform/high.ts`, to: `${server}/ctx.ts` },
  'jobs-and-llm-know-no-feature': { from: `${server}/jobs/knowing.ts`, to: `${server}/features/tasks/index.ts` },
  'ctx-knows-no-feature': { from: `${server}/ctx.ts`, to: `${server}/features/tasks/index.ts` },
  'features-never-see-boot': { from: `${server}/features/tasks/looking-up.ts`, to: `${server}/boot/api.ts` },
  'rules-are-pure': { from: `${server}/features/tasks/rules.ts`, to: `${server}/features/tasks/service.ts` },
  'sql-lives-in-store': { from: `${server}/features/tasks/service.ts`, to: `${server}/platform/db/open.ts` },
  'doors-do-not-open-the-store': {
    from: `${server}/features/tasks/routes.ts`,
    to: `${server}/features/tasks/store.ts`,
  },
  'ui-knows-no-feature': { from: 'packages/web/src/ui/button.tsx', to: 'packages/web/src/features/tasks/list.tsx' },
  'tests-stay-tests': { from: `${server}/platform/testing.ts`, to: 'packages/server/test/db.ts' },
  'production-needs-no-tool': { from: `${server}/platform/tool.ts`, to: 'a-tool' },
  // Another feature's inside, which nobody may reach: all go through its index.ts.
  ...Object.fromEntries(
    features.map((feature) => {
      const other = feature === 'audit' ? 'events' : 'audit';
      return [
        `feature-${feature}`,
        { from: `${server}/features/${feature}/reach-over.ts`, to: `${server}/features/${other}/store.ts` },
      ];
    }),
  ),
};

describe('in a tree with one violation of each rule', () => {
  let folder: string;
  let found: Cruise;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gathering-rules-'));
    for (const file of ['.dependency-cruiser.cjs', 'tsconfig.base.json'])
      await copyFile(join(root, file), join(folder, file));
    await mkdir(join(folder, 'node_modules/a-tool'), { recursive: true });
    await writeFile(join(folder, 'node_modules/a-tool/package.json'), '{"name":"a-tool","main":"index.js"}');
    await writeFile(join(folder, 'node_modules/a-tool/index.js'), 'module.exports = 1;');
    await writeFile(join(folder, 'package.json'), '{"name":"planted","devDependencies":{"a-tool":"1.0.0"}}');
    await symlink(join(root, 'node_modules/typescript'), join(folder, 'node_modules/typescript'));
    const imports = new Map<string, string[]>([[`${server}/platform/two.ts`, ['./one.ts']]]);
    for (const { from, to } of Object.values(planted)) {
      const isFile = to.startsWith('packages/');
      imports.set(from, [...(imports.get(from) ?? []), isFile ? `${climb(from)}${to}` : to]);
      if (isFile && !imports.has(to)) imports.set(to, []);
    }
    for (const [path, specifiers] of imports) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      const lines = specifiers.map((specifier, at) => `import * as name${at} from '${specifier}';\nname${at};`);
      await writeFile(join(folder, path), `${lines.join('\n')}\nexport const here = 1;\n`);
    }
    found = await cruise(folder, ['packages']);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('every rule has its violation here', () => {
    expect(Object.keys(planted).sort()).toEqual([...ruleNames].sort());
  });

  test.each(Object.entries(planted))('the rule %s finds it', (name, { from }) => {
    const violations = found.summary.violations.filter((violation) => violation.rule.name === name);
    expect(violations.map((violation) => violation.from)).toContain(from);
  });
});

describe('in this tree', () => {
  test('every source file is read, and no rule is broken', async () => {
    const { modules, summary } = await cruise(root, ['packages', 'bench']);
    const read = new Set(modules.map((module) => module.source));
    const files = readSources(['packages', 'bench'], ['.ts', '.tsx']).map((file) => file.path);
    expect(files.length).toBeGreaterThan(60);
    expect(files.filter((file) => !read.has(file))).toEqual([]);
    expect(summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`)).toEqual([]);
  });

  test('an import of the contract leads to its source, so that the rules see across packages', async () => {
    const { modules } = await cruise(root, ['packages']);
    const ctx = modules.find((module) => module.source === `${server}/ctx.ts`);
    const contract = ctx?.dependencies.filter(({ module }) => module.startsWith('@gathering/contract/')) ?? [];
    expect(contract.length).toBeGreaterThan(0);
    expect(contract.filter(({ resolved }) => !resolved.startsWith('packages/contract/src/'))).toEqual([]);
  });
});

/** From a file's folder up to the root. */
function climb(path: string): string {
  return '../'.repeat(path.split('/').length - 1);
}

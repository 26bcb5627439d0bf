// That no test is forgotten: every test file belongs to exactly one test project, and so runs exactly once.
import picomatch from 'picomatch';
import { expect, test } from 'vitest';
import config from '../../../vitest.config.ts';
import { readSources } from './house-sources.ts';

interface Project {
  test: { name: string; include: string[]; exclude: string[] };
}

test('every test file runs in one project', () => {
  const projects = (config.test?.projects ?? []) as Project[];
  const files = readSources(['packages', 'bench'], ['.test.ts', '.test.tsx']).map(({ path }) => path);
  const runs = files.map((path) => {
    const names = projects.filter(({ test: { include, exclude } }) => picomatch(include, { ignore: exclude })(path));
    return { path, projects: names.map((project) => project.test.name) };
  });
  expect(files.length).toBeGreaterThan(10);
  expect(runs.filter((run) => run.projects.length !== 1)).toEqual([]);
});

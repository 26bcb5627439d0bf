// Who may import whom, as ARCHITECTURE.md draws it. When that table changes, change this with it, in a commit that says why.
// Needs the package `typescript` at 6: through 7 no module is read and no violation reported. The house test plants a
// violation and requires a number of modules, so that this cannot go blind.
const knows = {
  audit: [],
  events: [],
  auth: ['audit', 'events'],
  notifications: ['events'],
  approvals: ['events', 'audit', 'notifications'],
  providers: ['events', 'audit'],
  projects: ['audit', 'events'],
  memory: ['providers', 'events', 'audit'],
  skills: ['approvals', 'providers', 'projects', 'events', 'audit'],
  agents: ['skills', 'memory', 'providers', 'projects', 'events', 'audit'],
  tasks: ['projects', 'agents', 'notifications', 'events', 'audit'],
  circles: ['tasks', 'agents', 'approvals', 'notifications', 'events', 'audit'],
  conversations: ['circles', 'agents', 'events', 'audit'],
  pipelines: ['projects', 'circles', 'tasks', 'agents', 'skills', 'approvals', 'notifications', 'events', 'audit'],
  goals: ['tasks', 'agents', 'events', 'audit'],
  schedules: ['pipelines', 'tasks', 'projects', 'skills', 'notifications', 'events', 'audit'],
  workspace: ['projects', 'agents', 'events', 'audit'],
  operations: ['events', 'audit'],
};

const src = '^packages/server/src';
const features = `${src}/features`;
const forbid = (name, comment, from, to) => ({ name, severity: 'error', comment, from, to });
/** `store.ts`, or a large store split into the folder `store/`. */
const store = '/store([^/]*\\.ts$|/)';
const tests = '\\.test\\.tsx?$';

module.exports = {
  forbidden: [
    forbid('no-cycles', 'Imports form floors.', {}, { circular: true }),
    forbid(
      'everything-resolves',
      'An import that leads nowhere hides what it would break.',
      {},
      { couldNotResolve: true },
    ),
    forbid('web-meets-server-in-contract', '', { path: '^packages/web/src/' }, { path: '^packages/server/' }),
    forbid('server-knows-no-page', '', { path: `${src}/` }, { path: '^packages/web/' }),
    forbid('contract-knows-nobody', '', { path: '^packages/contract/' }, { path: '^packages/(server|web)/' }),
    forbid(
      'contract-runs-anywhere',
      'Browser and server both read it.',
      { path: '^packages/contract/src/', pathNot: tests },
      { dependencyTypes: ['core'] },
    ),
    forbid('platform-is-the-ground', '', { path: `${src}/platform/` }, { path: `${src}/(?!platform/)` }),
    forbid('jobs-and-llm-know-no-feature', '', { path: `${src}/(jobs|llm)/` }, { path: `${src}/(features|boot|cli)/` }),
    forbid('ctx-knows-no-feature', '', { path: `${src}/ctx\\.ts$` }, { path: `${src}/(features|boot|cli)/` }),
    forbid('features-never-see-boot', '', { path: `${features}/` }, { path: `${src}/(boot/|cli/|main)` }),
    forbid(
      'rules-are-pure',
      'rules.ts sees the contract, other rules and pure libraries.',
      { path: `${features}/.*/rules(\\.ts|/)` },
      { path: `${src}/(platform|jobs|llm|boot)/|/(store|service|routes|jobs|tools)\\.ts$|/store/` },
    ),
    forbid(
      'sql-lives-in-store',
      'All SQL of a feature is in its store.ts, or in its folder store/.',
      { path: `${features}/`, pathNot: [store, tests] },
      { path: `${src}/platform/db/`, dependencyTypesNot: ['type-only'] },
    ),
    forbid(
      'doors-do-not-open-the-store',
      '',
      { path: `${features}/[^/]+/(routes|socket|jobs|tools)\\.ts$` },
      { path: store },
    ),
    forbid('ui-knows-no-feature', '', { path: '^packages/web/src/(ui|lib)/' }, { path: '^packages/web/src/features/' }),
    forbid(
      'tests-stay-tests',
      'What runs in production imports no test and no tool of tests.',
      { path: '^packages/[^/]+/src/', pathNot: tests },
      { path: ['^packages/[^/]+/test/', tests, '^bench/'] },
    ),
    forbid(
      'production-needs-no-tool',
      'Imported by what runs in production, so it belongs to that package, not to the root.',
      { path: '^packages/(contract|server)/src/', pathNot: tests },
      { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    ),
    ...Object.entries(knows).map(([name, friends]) =>
      forbid(
        `feature-${name}`,
        `${name} may call: ${friends.join(', ') || 'no other feature'}; its own files not through its index.ts.`,
        { path: `${features}/${name}/` },
        {
          path: `${features}/`,
          pathNot: [
            `${features}/${name}/(?!index\\.ts$)`,
            ...friends.map((friend) => `${features}/${friend}/index\\.ts$`),
          ],
        },
      ),
    ),
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    // What benchmarks compare with has packages of its own, which are there only where it was installed.
    exclude: { path: '(^|/)(dist|\\.cache)/|^bench/peers/' },
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.tsx', '.js', '.cjs'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
    },
  },
};

// Paths that lead out of a folder, given to everything that reads files by name: none is answered with what lies outside,
// none keeps its reader waiting, and what is too large is not read.
import { execFileSync } from 'node:child_process';
import { mkdirSync, realpathSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { allTools, callTool } from '../../src/features/skills/index.ts';
import type { Tool, ToolResult } from '../../src/llm/tool.ts';
import { Drain } from '../../src/platform/http/drain.ts';
import { createServer } from '../../src/platform/http/server.ts';
import { createLog } from '../../src/platform/log.ts';
import { git, makeToolContext } from '../make-repository.ts';
import { traversalForms } from './traversal-forms.ts';

const canary = 'canary-7f3a91-of-the-outside';
const canaryName = 'canary.txt';

/** A folder with links of every kind, and the canary beside it. */
async function makeGround(): Promise<{ root: string; outside: string; remove(): Promise<void> }> {
  const ground = realpathSync(await mkdtemp(join(tmpdir(), 'gathering-traversal-')));
  const root = join(ground, 'inside');
  mkdirSync(join(root, 'sub', 'deep'), { recursive: true });
  writeFileSync(join(ground, canaryName), `${canary}\n`);
  writeFileSync(join(root, 'index.html'), '<title>inside</title>');
  writeFileSync(join(root, 'sub', 'inside.txt'), 'inside\n');
  symlinkSync(join(ground, canaryName), join(root, 'link.txt'));
  symlinkSync('../../canary.txt', join(root, 'sub', 'relative-link.txt'));
  symlinkSync(ground, join(root, 'up'));
  symlinkSync('/', join(root, 'slash'));
  symlinkSync('/dev/zero', join(root, 'zero.txt'));
  symlinkSync('/proc/self/environ', join(root, 'environ.txt'));
  symlinkSync('loop.txt', join(root, 'loop.txt'));
  symlinkSync('sub/inside.txt', join(root, 'inner-link.txt'));
  execFileSync('mkfifo', [join(root, 'pipe.txt')]);
  writeFileSync(join(root, 'large.txt'), '');
  truncateSync(join(root, 'large.txt'), 64 * 1024 * 1024);
  return { root, outside: join(ground, canaryName), remove: () => rm(ground, { recursive: true, force: true }) };
}

/** By what links, pipes and devices lie in the folder itself. */
const dangerousNames = [
  'link.txt',
  'sub/relative-link.txt',
  'up/canary.txt',
  'up/inside/../canary.txt',
  'slash/etc/passwd',
  'slash/proc/self/environ',
  'zero.txt',
  'environ.txt',
  'loop.txt',
  'loop.txt/x',
  'pipe.txt',
  'sub/../link.txt',
];

const isLeak = (text: string): boolean => text.includes(canary) || /root:[x*]?:0:0|(^|\0)PATH=|\bHOME=\//.test(text);

describe('files that the server serves', () => {
  let app: FastifyInstance;
  let ground: Awaited<ReturnType<typeof makeGround>>;
  let port: number;
  beforeAll(async () => {
    ground = await makeGround();
    app = await createServer({
      log: createLog('silent'),
      version: '1.2.3',
      routes: [],
      door: { makeCtx: async () => null, authorize: () => undefined, checkReplies: true },
      drain: new Drain(),
      corsOrigins: [],
      trustedProxies: [],
      https: false,
      dashboard: ground.root,
    });
    port = Number(new URL(await app.listen({ port: 0, host: '127.0.0.1' })).port);
  });
  afterAll(async () => {
    await app.close();
    await ground.remove();
  });

  /** As it is written: no client library puts the path right first. */
  const ask = (target: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const parts: Buffer[] = [];
      const socket = connect(port, '127.0.0.1', () => {
        socket.write(Buffer.from(`GET ${target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`, 'utf8'));
      });
      socket.on('data', (part) => parts.push(part));
      socket.once('end', () => resolve(Buffer.concat(parts).toString('utf8')));
      socket.once('error', reject);
    });

  it.each(['/', '/assets/', '/sub/', '/api/docs/', '/api/docs/assets/', '/api/docs/assets/../'])(
    'give nothing of the outside below %s',
    async (base) => {
      const forms = [...traversalForms(canaryName, ground.outside), ...dangerousNames];
      expect(forms.length).toBeGreaterThanOrEqual(200);
      for (const form of forms) {
        // What cannot stand in a request line ends it; the rest of the form would be another header.
        if (/[\r\n ]/.test(form)) continue;
        const answer = await ask(`${base}${form}`);
        expect([form, isLeak(answer), /^HTTP\/1\.1 5/.test(answer)]).toEqual([form, false, false]);
      }
    },
  );

  it('are those of the folder, also by a link that stays inside', async () => {
    expect(await ask('/sub/inside.txt')).toMatch(/^HTTP\/1\.1 200[\s\S]*inside\n$/);
    expect(await ask('/inner-link.txt')).toMatch(/^HTTP\/1\.1 200[\s\S]*inside\n$/);
    expect(await ask('/any/page')).toContain('<title>inside</title>');
  });
});

/** Every argument of every tool that a path, a glob or a revision goes into, with what else the tool needs. */
function pathArguments(): { tool: Tool; name: string; rest: Record<string, unknown> }[] {
  const given: Record<string, unknown> = {
    pattern: 'canary',
    path: 'sub/inside.txt',
    what: 'problems',
  };
  return allTools
    .filter(({ name }) => name.startsWith('filesystem_') || name.startsWith('git_') || name.startsWith('text_'))
    .flatMap((tool) => {
      const { properties = {}, required = [] } = tool.inputSchema as {
        properties?: Record<string, { type?: string; enum?: unknown }>;
        required?: string[];
      };
      const names = Object.keys(properties).filter((name) => /path|glob|revision|folder|^from$|^to$|since/i.test(name));
      const other = tool.name === 'text_compare' ? { leftPath: 'sub/inside.txt', rightPath: 'sub/inside.txt' } : {};
      const rest = Object.fromEntries(required.filter((name) => name in given).map((name) => [name, given[name]]));
      return names
        .filter((name) => properties[name]?.type === 'string')
        .map((name) => ({ tool, name, rest: name === 'folder' ? rest : { ...rest, ...other } }));
    });
}

describe('tools that read files', () => {
  let ground: Awaited<ReturnType<typeof makeGround>>;
  beforeAll(async () => {
    ground = await makeGround();
    const { root } = ground;
    git(root, ['init', '--quiet', '--initial-branch=main']);
    writeFileSync(join(root, '.gitignore'), 'pipe.txt\nlarge.txt\n');
    git(root, ['add', '--all']);
    const names = {
      GIT_AUTHOR_NAME: 'A',
      GIT_AUTHOR_EMAIL: 'a@b.c',
      GIT_COMMITTER_NAME: 'A',
      GIT_COMMITTER_EMAIL: 'a@b.c',
    };
    git(root, ['commit', '--quiet', '--message', 'first'], names);
  });
  afterAll(() => ground.remove());

  const call = (tool: Tool, args: Record<string, unknown>): Promise<ToolResult> =>
    callTool(tool, args, makeToolContext(ground.root, { closedFolders: [join(ground.root, 'sub', 'deep')] }));

  it('are all here', () => {
    const tools = new Set(pathArguments().map(({ tool }) => tool.name));
    expect([...tools]).toEqual(
      expect.arrayContaining([
        'filesystem_read',
        'filesystem_list',
        'filesystem_search',
        'filesystem_tree',
        'git_show',
        'git_blame',
        'git_log',
        'git_diff',
      ]),
    );
  });

  it.each(pathArguments().map((one) => ({ ...one, title: `${one.tool.name}.${one.name}` })))(
    '$title gives nothing of the outside',
    async ({ tool, name, rest }) => {
      const harmless = /revision|^from$|^to$/.test(name) ? 'HEAD' : 'sub/inside.txt';
      // So that the tool really looks at it, and does not refuse the call for another reason.
      if (name !== 'since' && name !== 'folder')
        expect(await call(tool, { ...rest, [name]: harmless })).toMatchObject({ ok: true });
      const forms = [...traversalForms(canaryName, ground.outside), ...dangerousNames];
      for (const form of forms) {
        const result = await call(tool, { ...rest, [name]: form });
        const told = JSON.stringify(result).replaceAll(JSON.stringify(form).slice(1, -1), '');
        expect([form, isLeak(told)]).toEqual([form, false]);
      }
    },
  );

  it('refuse what is too large, a pipe and a device with a reason, and do not wait for them', async () => {
    const read = allTools.find(({ name }) => name === 'filesystem_read');
    if (read === undefined) throw new Error('There is no such tool.');
    const codes: Record<string, unknown> = {};
    for (const path of ['large.txt', 'pipe.txt', 'zero.txt', 'loop.txt', 'sub', '/dev/stdin']) {
      const result = await call(read, { path });
      codes[path] = result.ok ? 'read' : result.code;
    }
    expect(codes).toEqual({
      'large.txt': 'skills.too-large',
      'pipe.txt': 'skills.path-refused',
      'zero.txt': 'skills.path-refused',
      'loop.txt': expect.stringMatching(/^skills\./),
      sub: 'skills.wrong-kind',
      '/dev/stdin': 'skills.path-refused',
    });
  });

  it('are not led out by a link that takes the place of a file while it is read', async () => {
    const { root } = ground;
    const read = allTools.filter(({ name }) => name === 'filesystem_read' || name === 'filesystem_search');
    const [file, link, spare] = ['swapped.txt', 'swapped.link', 'swapped.file'].map((name) => join(root, name));
    if (file === undefined || link === undefined || spare === undefined) throw new Error('No paths.');
    onTestFinished(() => {
      for (const path of [file, link, spare]) rmSync(path, { force: true });
    });
    const seen = new Set<string>();
    for (let round = 0; round < 200; round += 1) {
      writeFileSync(file, 'inside\n');
      const reading = read.map((tool) =>
        call(
          tool,
          tool.name === 'filesystem_read' ? { path: 'swapped.txt' } : { pattern: 'canary', path: 'swapped.txt' },
        ),
      );
      // Somewhere between the check and the read of the calls that are under way.
      for (let turns = 0; turns < round % 40; turns += 1) await Promise.resolve();
      if (round % 2 === 0) await new Promise((resolve) => setImmediate(resolve));
      symlinkSync(join(dirname(root), canaryName), link);
      renameSync(link, file);
      for (const result of await Promise.all(reading)) {
        seen.add(result.ok ? 'read' : result.code);
        expect(JSON.stringify(result)).not.toContain(canary);
      }
      rmSync(file);
    }
    expect(seen.size).toBeGreaterThan(0);
  });
});

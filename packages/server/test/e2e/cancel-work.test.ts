// What a cancelled run leaves behind of what it was doing: nothing. A call of a model, of a tool over the network and a program
// that a tool started are each cut off in the middle; the other end and the operating system tell so.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { changeAgentRoute, listAgentsRoute } from '@gathering/contract/agents';
import { cancelRunRoute } from '@gathering/contract/pipelines';
import { createProviderRoute } from '@gathering/contract/providers';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import {
  type Api,
  chain,
  makeDefinition,
  readRun,
  signIn,
  startDefinition,
  startInFolder,
  statusesOf,
} from '../api.ts';
import { eachDatabase } from '../db.ts';
import { type ChatModel, startChatModel } from '../fakes/chat-model.ts';
import { type OutsideServer, startOutsideServer } from '../fakes/http-server.ts';
import { type InProcessServer, startInProcess } from '../in-process-server.ts';
import { waitFor } from '../wait-for.ts';

/** Programs that this process has started and that still run, by their command lines. */
function childrenOf(word: string): string[] {
  return readdirSync(`/proc/${process.pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${process.pid}/task/${task}/children`, 'utf8')
      .split(' ')
      .filter((pid) => pid !== '')
      .map((pid) => readCommand(pid))
      .filter((command) => command.includes(word)),
  );
}

function readCommand(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch (error) {
    // It has ended since it was listed.
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH')) return '';
    throw error;
  }
}

/** A repository whose only commit is a pipe that nobody writes into: git waits for ever. */
function makeEndlessRepository(folder: string): void {
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.email=a@example.org', '-c', 'user.name=A', ...args], {
      cwd: folder,
      encoding: 'utf8',
    });
  git('init', '--quiet');
  git('commit', '--quiet', '--allow-empty', '--message', 'One');
  const id = git('rev-parse', 'HEAD').trim();
  const object = join(folder, '.git', 'objects', id.slice(0, 2), id.slice(2));
  rmSync(object);
  execFileSync('mkfifo', [object]);
}

eachDatabase((_open, makePlace) => {
  let server: InProcessServer;
  let api: Api;
  let outside: OutsideServer;
  let model: ChatModel;
  const folders: string[] = [];
  beforeAll(async () => {
    outside = await startOutsideServer(() => 'hang');
    model = await startChatModel(() => ({ text: 'one two', hold: new Promise(() => undefined) }));
    server = await startInProcess(await makePlace(), { GATHERING_EGRESS_ALLOW: outside.hostPort });
    api = await signIn(server.url);
  });
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });
  afterAll(async () => {
    await server.stop();
    await Promise.all([outside.close(), model.close()]);
  });

  const cancel = (id: string) => api.call(cancelRunRoute, { params: { id } });
  const soon = { withinMs: 5_000 };

  it('the call of a model is cut off, and its answer goes nowhere', async () => {
    const provider = { name: 'slow', kind: 'openai-compatible', baseUrl: model.baseUrl } as const;
    await api.call(createProviderRoute, { body: { ...provider, models: [{ id: 'one' }] } });
    const { items } = await api.call(listAgentsRoute, { query: {} });
    const agentId = items[0]?.id ?? '';
    await api.call(changeAgentRoute, { params: { id: agentId }, body: { model: { provider: 'slow', model: 'one' } } });
    const nodes = [{ id: 'ask', type: 'agent', config: { agentId, task: 'Go on for ever.' } }];
    const { id } = await startDefinition(api, makeDefinition('Model', nodes, chain('start', 'ask')));
    await waitFor('the question', () => model.calls.length === 1);
    await cancel(id);
    await waitFor('the model to be left', () => model.calls[0]?.wasAborted, soon);
    expect(statusesOf(await readRun(api, id))).toMatchObject({ ask: 'cancelled' });
  });

  it('the call of a tool over the network is cut off', async () => {
    const config = { kind: 'callTool', tool: 'http_get', arguments: { url: `${outside.url}/slow` } };
    const nodes = [{ id: 'get', type: 'action', config }];
    const { id } = await startDefinition(api, makeDefinition('Tool', nodes, chain('start', 'get')));
    await waitFor('the call', () => outside.callsOf('/slow').length === 1);
    await cancel(id);
    await waitFor('the call to be aborted', () => outside.callsOf('/slow')[0]?.wasAborted, soon);
    expect((await readRun(api, id)).status).toBe('cancelled');
  });

  it('a program that a tool has started is ended', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gathering-endless-'));
    folders.push(folder);
    makeEndlessRepository(folder);
    const nodes = [{ id: 'log', type: 'action', config: { kind: 'callTool', tool: 'git_log', arguments: {} } }];
    const { id } = await startInFolder(api, makeDefinition(`Program ${folder}`, nodes, chain('start', 'log')), folder);
    await waitFor('git to run', () => childrenOf('git').length > 0);
    await cancel(id);
    await waitFor('git to be gone', () => childrenOf('git').length === 0, soon);
    expect((await readRun(api, id)).status).toBe('cancelled');
  });
});

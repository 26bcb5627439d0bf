// A signed-in owner in front of a running server: the contract's typed client, its socket, and requests as they are.
import { loginRoute, socketTicketRoute } from '@gathering/contract/auth';
import { type Client, createClient } from '@gathering/contract/client';
import { listEventsRoute } from '@gathering/contract/events';
import type { Json } from '@gathering/contract/json';
import type { PipelineDefinition, PipelineEdge, PipelineNode } from '@gathering/contract/pipeline-definition';
import {
  createPipelineRoute,
  endedStatuses,
  type NodeRun,
  type Run,
  readRunRoute,
  runDefinitionRoute,
} from '@gathering/contract/pipelines';
import { createProjectRoute } from '@gathering/contract/projects';
import { owner } from './server-process.ts';
import { connectSocket, type SocketClient } from './socket-client.ts';
import { waitFor } from './wait-for.ts';

export interface Api {
  readonly url: string;
  readonly token: string;
  readonly call: Client;
  /** With the owner's token; the reply is answered whatever its status is. */
  request(method: string, path: string, init?: RequestInit): Promise<Response>;
  openSocket(): Promise<SocketClient>;
}

export async function signIn(url: string): Promise<Api> {
  const { accessToken } = await createClient({ baseUrl: url })(loginRoute, { body: owner });
  return withToken(url, accessToken);
}

export function withToken(url: string, token: string): Api {
  const call = createClient({ baseUrl: url, token: () => token });
  return {
    url,
    token,
    call,
    request: (method, path, init = {}) =>
      fetch(`${url}${path}`, { ...init, method, headers: { authorization: `Bearer ${token}`, ...init.headers } }),
    openSocket: async () => {
      const { ticket } = await call(socketTicketRoute, {});
      return connectSocket(url, { ticket });
    },
  };
}

export interface GivenNode extends Pick<PipelineNode, 'id' | 'type' | 'retry' | 'timeoutSeconds' | 'onError'> {
  readonly config?: { [key: string]: Json };
}

/** A definition whose trigger is called `start`. */
export function makeDefinition(
  name: string,
  nodes: readonly GivenNode[],
  edges: readonly (readonly [from: string, to: string, when?: string])[],
  input?: { [key: string]: Json },
): PipelineDefinition {
  const trigger: PipelineNode = { id: 'start', type: 'trigger', config: input === undefined ? {} : { input } };
  return {
    name,
    description: '',
    nodes: [trigger, ...nodes.map(({ config = {}, ...node }) => ({ ...node, config }))],
    edges: edges.map(([from, to, when]): PipelineEdge => ({ from, to, ...(when !== undefined && { when }) })),
  };
}

/** Edges from the first to the second, from there to the third, and so on. */
export function chain(...ids: readonly string[]): [string, string][] {
  return ids.slice(1).map((id, at) => [ids[at] ?? '', id]);
}

export function startDefinition(api: Api, definition: PipelineDefinition, input: Json = {}): Promise<Run> {
  return api.call(runDefinitionRoute, { body: { definition, input } });
}

/** A run whose tools are confined to this folder. */
export async function startInFolder(api: Api, definition: PipelineDefinition, folder: string): Promise<Run> {
  const project = await api.call(createProjectRoute, { body: { name: definition.name, folder } });
  return api.call(runDefinitionRoute, { body: { definition, projectId: project.id } });
}

export function createPipeline(api: Api, definition: PipelineDefinition) {
  return api.call(createPipelineRoute, { body: definition });
}

export const readRun = (api: Api, id: string): Promise<Run> => api.call(readRunRoute, { params: { id } });

/** The run as soon as it is as wanted. */
export async function waitForRun(
  api: Api,
  id: string,
  what: string,
  fits: (run: Run) => boolean,
  withinMs = 60_000,
): Promise<Run> {
  let last: Run | undefined;
  const show = () => last && { status: last.status, error: last.error, nodes: statusesOf(last) };
  return waitFor(
    `the run ${what}`,
    async () => {
      last = await readRun(api, id);
      if (!fits(last) && endedStatuses.includes(last.status))
        throw new Error(`The run ended without: ${what}. ${JSON.stringify(show())}`);
      return fits(last) && last;
    },
    { withinMs, show },
  );
}

export const waitForEnd = (api: Api, id: string, withinMs?: number): Promise<Run> =>
  waitForRun(api, id, 'to end', (run) => endedStatuses.includes(run.status), withinMs);

export function statusesOf(run: Run): Record<string, string> {
  return Object.fromEntries(run.nodes.map((node) => [node.id, node.status]));
}

export function nodeOf(run: Run, id: string): NodeRun {
  const found = run.nodes.find((node) => node.id === id);
  if (found === undefined) throw new Error(`The run has no node ${id}.`);
  return found;
}

/** How often each node of a run was told to have ended. */
export async function countEnds(api: Api, runId: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  let cursor: string | undefined;
  do {
    const query = { subject: `runs/${runId}`, type: 'pipelines.node-ended' as const, limit: 200, cursor };
    const page = await api.call(listEventsRoute, { query });
    for (const { event } of page.items) {
      const id = String(event.payload.nodeId);
      counts[id] = (counts[id] ?? 0) + 1;
    }
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return counts;
}

export const onceEach = (run: Run) => Object.fromEntries(run.nodes.map((node) => [node.id, 1]));

// Where `gathering run` has its run carried out: in this process, or in the server that holds the data folder.
import { basename } from 'node:path';
import { checkGraph } from '@gathering/contract/check-graph';
import { ApiError, type Client } from '@gathering/contract/client';
import { AppError, type Fault } from '@gathering/contract/errors';
import type { Json } from '@gathering/contract/json';
import type { PipelineDefinition } from '@gathering/contract/pipeline-definition';
import {
  endedStatuses,
  listRunsRoute,
  type Run,
  readRunRoute,
  runDefinitionRoute,
} from '@gathering/contract/pipelines';
import { createProjectRoute, listProjectsRoute } from '@gathering/contract/projects';
import type { Config } from '../platform/config.ts';
import { createLog } from '../platform/log.ts';
import { CommandFailure } from './command.ts';
import { findHoldingServer } from './find-server.ts';

export interface RunRequest {
  readonly definition: PipelineDefinition;
  readonly input: Json;
  readonly folder: string | null;
  /** Start a new run even where the same one was cut off. */
  readonly fresh: boolean;
}

export type Started =
  | { readonly kind: 'started'; readonly runId: string; readonly isContinued: boolean }
  | { readonly kind: 'faults'; readonly faults: readonly Fault[] };

export interface RunHost {
  start(request: RunRequest): Promise<Started>;
  read(runId: string): Promise<Run>;
  /** Resolves when the run may have changed, after `withinMs` at the latest. */
  changed(runId: string, withinMs: number): Promise<void>;
  close(): Promise<void>;
}

export async function openRunHost(config: Config): Promise<RunHost> {
  const server = await findHoldingServer(config);
  return server === undefined ? openLocalHost(config) : openRemoteHost(server.call);
}

async function openLocalHost(config: Config): Promise<RunHost> {
  const { openGround } = await import('../boot/open-ground.ts');
  const { loadFirstRows } = await import('../boot/load-first-rows.ts');
  const { makeCtx, systemActor } = await import('../boot/make-ctx.ts');
  const { startWorker } = await import('../boot/worker.ts');
  const pipelines = await import('../features/pipelines/index.ts');
  const projects = await import('../features/projects/index.ts');
  const open = await openGround(config, createLog(config.logLevel === 'info' ? 'warn' : config.logLevel));
  try {
    await loadFirstRows(open);
    await startWorker(open);
  } catch (error) {
    await open.close();
    throw error;
  }
  const ctx = makeCtx(open.ground, { actor: systemActor('command-line') });
  const wakers = new Set<() => void>();
  const stopFeed = open.feed.onBatch(() => {
    for (const wake of wakers) wake();
  });
  return {
    start: async ({ definition, input, folder, fresh }) => {
      const faults = checkGraph(definition, await pipelines.readKnownNames(ctx));
      if (faults.length > 0) return { kind: 'faults', faults };
      const projectId = folder === null ? null : (await projects.ensureProject(ctx, folder)).id;
      const request = { pipelineId: null, definition, input, projectId };
      const fingerprint = pipelines.fingerprintOf(request);
      const interrupted = fresh ? null : await pipelines.findInterruptedRun(ctx, fingerprint);
      if (interrupted !== null) return { kind: 'started', runId: interrupted, isContinued: true };
      try {
        return {
          kind: 'started',
          runId: await pipelines.startRun(ctx, { ...request, fingerprint }),
          isContinued: false,
        };
      } catch (error) {
        if (error instanceof AppError && error.faults) return { kind: 'faults', faults: error.faults };
        if (error instanceof AppError) throw new CommandFailure(error.message, { cause: error });
        throw error;
      }
    },
    read: (runId) => pipelines.readRun(ctx, runId),
    changed: (_runId, withinMs) => waitFor(wakers, withinMs),
    close: async () => {
      stopFeed();
      await open.queue.drain(0);
      await open.close();
    },
  };
}

/** Resolves at the next wake-up, but not sooner than a frame of the progress view. */
async function waitFor(wakers: Set<() => void>, withinMs: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      wakers.delete(done);
      resolve();
    };
    const timer = setTimeout(done, withinMs);
    wakers.add(done);
  });
}

function openRemoteHost(call: Client): RunHost {
  return {
    start: async ({ definition, input, folder, fresh }) => {
      const projectId = folder === null ? null : await findProject(call, folder);
      if (!fresh) {
        const running = await findSameRun(call, definition, input, projectId);
        if (running !== null) return { kind: 'started', runId: running, isContinued: true };
      }
      try {
        const run = await call(runDefinitionRoute, { body: { definition, input, projectId } });
        return { kind: 'started', runId: run.id, isContinued: false };
      } catch (error) {
        if (error instanceof ApiError && error.problem?.faults) return { kind: 'faults', faults: error.problem.faults };
        throw error;
      }
    },
    read: (id) => call(readRunRoute, { params: { id } }),
    changed: (_runId, withinMs) => new Promise((resolve) => setTimeout(resolve, withinMs)),
    close: async () => undefined,
  };
}

async function findProject(call: Client, folder: string): Promise<string> {
  for (let cursor: string | undefined; ; ) {
    const page = await call(listProjectsRoute, { query: { limit: 200, cursor } });
    const found = page.items.find((project) => project.folder === folder);
    if (found) return found.id;
    if (page.nextCursor === null) break;
    cursor = page.nextCursor;
  }
  return (await call(createProjectRoute, { body: { name: basename(folder) || folder, folder } })).id;
}

/** A run of the same definition, input and project that has not ended. */
async function findSameRun(
  call: Client,
  definition: PipelineDefinition,
  input: Json,
  projectId: string | null,
): Promise<string | null> {
  const { items } = await call(listRunsRoute, { query: { limit: 50 } });
  for (const row of items) {
    if (
      endedStatuses.includes(row.status) ||
      row.pipelineId !== null ||
      row.projectId !== projectId ||
      row.pipelineName !== definition.name
    )
      continue;
    const run = await call(readRunRoute, { params: { id: row.id } });
    if (
      JSON.stringify([sorted(run.definition), sorted(run.input)]) ===
      JSON.stringify([sorted(definition), sorted(input)])
    )
      return run.id;
  }
  return null;
}

/** Objects with their keys in order: the database keeps JSON in an order of its own. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  );
}

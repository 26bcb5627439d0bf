// How what happens to runs and their nodes is told.
import type { Json } from '@gathering/contract/json';
import type { NewEvent } from '../events/index.ts';
import { guardOfRun, type RunOwner } from './guard.ts';

const related = (pipelineId: string | null): string[] => (pipelineId === null ? [] : [`pipelines/${pipelineId}`]);

export function nodeEvent(
  type: NewEvent['type'],
  row: RunOwner & { readonly run_id: string; readonly node_id: string | null; readonly pipeline_id: string | null },
  payload: { [key: string]: Json },
): NewEvent {
  return {
    type,
    subject: `runs/${row.run_id}`,
    related: related(row.pipeline_id),
    payload: { nodeId: row.node_id, ...payload },
    audience: guardOfRun(row),
  };
}

export function runEvent(
  type: NewEvent['type'],
  run: RunOwner & { readonly id: string; readonly pipeline_id: string | null },
  payload: { [key: string]: Json },
): NewEvent {
  return { type, subject: `runs/${run.id}`, related: related(run.pipeline_id), payload, audience: guardOfRun(run) };
}

export const runEnded = (run: Parameters<typeof runEvent>[1], status: string): NewEvent =>
  runEvent('pipelines.run-ended', run, { status });

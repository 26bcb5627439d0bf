// Delays that just became ready wait from this moment on; their jobs are due at its end.
import type { Json } from '@gathering/contract/json';
import type { Tx } from '../../ctx.ts';
import type { NewEvent } from '../events/index.ts';
import { startAfterOf } from './rules.ts';
import { nodeEvent } from './run-events.ts';
import { holdNodes } from './store/settle-nodes.ts';

export interface ReadyDelay {
  readonly run_id: string;
  readonly node_id: string | null;
  readonly config: { [key: string]: Json } | null;
}

export async function holdDelays(tx: Tx, delays: readonly ReadyDelay[], now: Date): Promise<NewEvent[]> {
  const timed = delays.flatMap((row) => {
    const until = startAfterOf('delay', row.config ?? {}, now);
    return until === null || row.node_id === null
      ? []
      : [
          {
            runId: row.run_id,
            nodeId: row.node_id,
            jobId: null,
            attempt: 0,
            nextJobId: null,
            waitingKind: 'time' as const,
            until,
            question: null,
            input: null,
            at: now,
          },
        ];
  });
  if (timed.length === 0) return [];
  const { rows } = await holdNodes(tx, timed);
  return rows.map((row) => nodeEvent('pipelines.node-waiting', row, { status: 'waiting', waitingKind: 'time' }));
}

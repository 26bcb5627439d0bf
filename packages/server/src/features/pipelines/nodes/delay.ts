// A delay: a job that is not due before its instant. Nothing sleeps, so it outlives any restart.
import { parseInstant } from '@gathering/contract/instants';
import { NodeFailure, type NodeKind } from './node-kind.ts';

export const delayNode: NodeKind<'delay'> = {
  type: 'delay',
  run: async ({ config, node, ctx }) => {
    if (node.waiting_until !== null) return { kind: 'completed', output: { until: node.waiting_until.toISOString() } };
    const at =
      'seconds' in config ? new Date(ctx.clock.now().getTime() + config.seconds * 1000) : readUntil(config.until);
    if (at.getTime() <= ctx.clock.now().getTime()) return { kind: 'completed', output: { until: at.toISOString() } };
    return { kind: 'wait-until', at };
  },
};

/** A template keeps the type of its value, so anything may stand here. */
function readUntil(until: unknown): Date {
  const at = typeof until === 'string' ? parseInstant(until) : null;
  if (at !== null) return at;
  throw new NodeFailure(
    'pipelines.delay-invalid',
    `${JSON.stringify(until)?.slice(0, 200) ?? 'Nothing'} is no instant.`,
    {
      next: 'Give an ISO 8601 instant with its zone, for example 2030-01-31T09:00:00Z.',
    },
  );
}

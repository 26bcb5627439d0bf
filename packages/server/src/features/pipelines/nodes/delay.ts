// A delay: a job that is not due before its instant. Nothing sleeps, so it outlives any restart.
import { NodeFailure, type NodeKind } from './node-kind.ts';

export const delayNode: NodeKind<'delay'> = {
  type: 'delay',
  run: async ({ config, node, ctx }) => {
    if (node.waiting_until !== null) return { kind: 'completed', output: { until: node.waiting_until.toISOString() } };
    const at =
      'seconds' in config ? new Date(ctx.clock.now().getTime() + config.seconds * 1000) : new Date(config.until);
    if (Number.isNaN(at.getTime())) {
      throw new NodeFailure('pipelines.delay-invalid', `"${'until' in config ? config.until : ''}" is no instant.`, {
        next: 'Give an ISO 8601 instant with its zone, for example 2030-01-31T09:00:00Z.',
      });
    }
    if (at.getTime() <= ctx.clock.now().getTime()) return { kind: 'completed', output: { until: at.toISOString() } };
    return { kind: 'wait-until', at };
  },
};

// What a new installation begins with: ready personas and agents, the examples. Later starts change nothing.
import { ensureReadyAgents } from '../features/agents/index.ts';
import { ensureExamplePipelines } from '../features/pipelines/index.ts';
import { makeCtx, systemActor } from './make-ctx.ts';
import { examplesFolder, type OpenGround } from './open-ground.ts';

export async function loadFirstRows({ ground }: OpenGround): Promise<void> {
  const ctx = makeCtx(ground, { actor: systemActor('first-start') });
  await ensureReadyAgents(ctx);
  await ensureExamplePipelines(ctx, examplesFolder);
}

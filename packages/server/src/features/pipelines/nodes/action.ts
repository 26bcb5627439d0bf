// An action: a notification, a call of an API, or a call of a tool. What an action does to the world decides
// what happens when it was cut off: repeated if that is harmless, otherwise a person is asked.

import type { Json } from '@gathering/contract/json';
import type { Permission } from '@gathering/contract/permissions';
import type { ActionConfig } from '@gathering/contract/pipeline-definition';
import { userOf } from '../../../ctx.ts';
import type { ToolEffect } from '../../../llm/tool.ts';
import { recordAudit } from '../../audit/index.ts';
import { notify } from '../../notifications/index.ts';
import { requirePermission } from '../act-as-starter.ts';
import { asText } from './as-text.ts';
import { callApi, effectOfCall, withoutQuery } from './call-api.ts';
import { callNodeTool } from './call-tool.ts';
import { NodeFailure, type NodeKind, type NodeOutcome, type NodeWork } from './node-kind.ts';

const actionPermissions: Readonly<Record<Exclude<ActionConfig['kind'], 'callTool'>, Permission>> = {
  notify: 'pipelines.run',
  callApi: 'skills.fetch',
};

export const actionNode: NodeKind<'action'> = {
  type: 'action',
  run: async (work) => {
    const { config, ctx, node } = work;
    // A tool names its own permission, and is asked for it where it is called.
    if (config.kind !== 'callTool') requirePermission(ctx, actionPermissions[config.kind]);
    if (config.kind === 'notify') {
      const { urgency = 'info' } = config;
      const title = asText(config.title);
      const body = asText(config.body ?? '');
      const link = `/runs/${node.run_id}`;
      return {
        kind: 'completed',
        output: { title, body },
        alongside: (tx) => notify(ctx, tx, { title, body, urgency, link, userId: userOf(node.actor_id) }),
      };
    }
    const effect = effectOf(work, config);
    if (effect === 'none')
      return { kind: 'completed', output: await announceIfSlow(work, perform(work, config, keyOf(work))) };
    return performWithEffect(work, config, effect);
  },
};

type EffectfulConfig = Exclude<ActionConfig, { kind: 'notify' }>;

const keyOf = ({ node }: NodeWork<'action'>): string => `${node.run_id}:${node.node_id}`;

function effectOf({ ctx }: NodeWork<'action'>, config: EffectfulConfig): ToolEffect {
  if (config.kind === 'callApi') return effectOfCall(config);
  const tool = ctx.tools.find(config.tool);
  if (!tool)
    throw new NodeFailure('skills.tool-unknown', `There is no tool "${config.tool}".`, {
      next: 'Choose a tool that the Skills list shows.',
    });
  return tool.effect;
}

function perform(work: NodeWork<'action'>, config: EffectfulConfig, key: string): Promise<Json> {
  return config.kind === 'callApi' ? callApi(work, config, key) : callNodeTool(work, config, key);
}

const slowMs = 200;

/** Harmless work is shown as running only when it takes a moment: a commit more would double what a short one costs. */
async function announceIfSlow(work: NodeWork<'action'>, result: Promise<Json>): Promise<Json> {
  let announced: Promise<unknown> = Promise.resolve();
  const timer = setTimeout(() => {
    announced = work.announce();
    // Told below, when the work has ended.
    announced.catch(() => undefined);
  }, slowMs);
  try {
    return await result;
  } finally {
    clearTimeout(timer);
    await announced;
  }
}

async function performWithEffect(
  work: NodeWork<'action'>,
  config: EffectfulConfig,
  effect: ToolEffect,
): Promise<NodeOutcome> {
  const { ctx, node } = work;
  const key = keyOf(work);
  const audit = (result: 'done' | 'refused' | 'failed') => (tx: Parameters<typeof recordAudit>[1]) =>
    recordAudit(ctx, tx, {
      action: 'pipelines.perform-action',
      object: `runs/${node.run_id}`,
      result,
      details: {
        nodeId: node.node_id,
        effect,
        projectId: node.project_id,
        kind: config.kind,
        target: config.kind === 'callApi' ? `${config.method ?? 'GET'} ${withoutQuery(config.url)}` : config.tool,
      },
    });
  if (node.decision === 'skip') return { kind: 'completed', output: { skipped: true }, alongside: audit('refused') };
  const wasCutOff = node.intended_key !== null && node.decision === null;
  if (wasCutOff && effect === 'unsafe') {
    return {
      kind: 'wait-for-decision',
      question: `"${node.name}" was cut off while it ran and may have had its effect. Repeat it, or skip it and go on?`,
    };
  }
  if (!(await work.announce(key))) return { kind: 'dropped' };
  try {
    return { kind: 'completed', output: await perform(work, config, key), alongside: audit('done') };
  } catch (error) {
    // It may have had its effect all the same.
    if (error instanceof NodeFailure) error.alongside = audit('failed');
    throw error;
  }
}

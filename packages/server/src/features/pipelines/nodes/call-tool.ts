// Calls a tool for an action node, with the same validation as for an agent.
import type { Json } from '@gathering/contract/json';
import type { ActionConfig } from '@gathering/contract/pipeline-definition';
import { callTool } from '../../skills/index.ts';
import { NodeFailure, type NodeWork } from './node-kind.ts';

/** The tool's data, or its text where it has none. Throws `NodeFailure` when the tool refuses. */
export async function callNodeTool(
  { ctx, node, projectRoot }: NodeWork<'action'>,
  config: Extract<ActionConfig, { kind: 'callTool' }>,
  idempotencyKey: string,
): Promise<Json> {
  const tool = ctx.tools.find(config.tool);
  if (!tool) throw new NodeFailure('skills.tool-unknown', `There is no tool "${config.tool}".`);
  const result = await callTool(tool, config.arguments ?? {}, {
    may: (permission) => ctx.may(permission, { projectId: node.project_id }),
    projectRoot,
    closedFolders: [ctx.config.dataDir],
    signal: ctx.signal,
    clock: ctx.clock,
    egressAllow: ctx.config.egressAllow.map(({ host, port }) => `${host}:${port}`),
    idempotencyKey,
  });
  if (!result.ok)
    throw new NodeFailure(result.code, `${config.tool}: ${result.text}`, {
      next:
        result.code === 'skills.tool-forbidden'
          ? 'Ask an owner for the permission, or start the run again as somebody who has it.'
          : 'Mend the arguments of this node.',
    });
  return { text: result.text, data: (result.data ?? null) as Json };
}

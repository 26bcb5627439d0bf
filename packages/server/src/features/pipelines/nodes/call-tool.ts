// Calls a tool for an action node, with the same validation as for an agent.
import type { Json } from '@gathering/contract/json';
import type { ActionConfig } from '@gathering/contract/pipeline-definition';
import type { ToolResult } from '../../../llm/tool.ts';
import { isRecord } from '../../../platform/schemas/show-value.ts';
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
    breakers: ctx.breakers,
    egressAllow: ctx.config.egressAllow.map(({ host, port }) => `${host}:${port}`),
    idempotencyKey,
  });
  if (!result.ok) throw failureOf(config.tool, result);
  return { text: result.text, data: (result.data ?? null) as Json };
}

const nextOf: Readonly<Record<string, string>> = {
  'skills.tool-forbidden': 'Ask an owner for the permission, or start the run again as somebody who has it.',
  'breaker.open': 'Wait until it is tried again, or let an admin reset it on the Breakers page once it works.',
};

function failureOf(tool: string, { code, text, details, outside }: Extract<ToolResult, { ok: false }>): NodeFailure {
  const retryAt = code === 'breaker.open' && isRecord(details) ? Date.parse(String(details.retryAt)) : Number.NaN;
  return new NodeFailure(code, `${tool}: ${text}`, {
    next: nextOf[code] ?? 'Mend the arguments of this node.',
    ...((outside === 'unavailable' || outside === 'timeout') && { kind: outside }),
    ...(!Number.isNaN(retryAt) && { notBefore: new Date(retryAt) }),
  });
}

// Every tool that an agent or an action node can call, by the feature that brings it.
import { permissions } from '@gathering/contract/permissions';
import type { ToolBox } from '../ctx.ts';
import { allTools as skillTools } from '../features/skills/index.ts';
import type { Tool } from '../llm/tool.ts';

export const allTools: readonly Tool[] = [...skillTools];

/** Throws when two share a name, or one names no permission: such a server must not start. */
export function makeToolBox(tools: readonly Tool[]): ToolBox {
  const byName = new Map(tools.map((tool) => [tool.name, tool]));
  if (byName.size < tools.length) throw new Error('Two tools share a name.');
  const known: readonly string[] = permissions.filter((permission) => permission !== 'public');
  for (const { name, permission } of tools) {
    if (!known.includes(permission)) throw new Error(`The tool ${name} names no permission that exists.`);
  }
  return { all: tools, find: (name) => byName.get(name) };
}

// Every tool that an agent or an action node can call, by the feature that brings it.
import type { ToolBox } from '../ctx.ts';
import { allTools as skillTools } from '../features/skills/index.ts';
import type { Tool } from '../llm/tool.ts';

export const allTools: readonly Tool[] = [...skillTools];

export function makeToolBox(tools: readonly Tool[]): ToolBox {
  const byName = new Map(tools.map((tool) => [tool.name, tool]));
  if (byName.size < tools.length) throw new Error('Two tools share a name.');
  return { all: tools, find: (name) => byName.get(name) };
}

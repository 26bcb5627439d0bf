// What a drawn pipeline may refer to outside of itself: agents by handle or id, tools by name.
import { type Agent, listAgentsRoute } from '@gathering/contract/agents';
import type { KnownNames } from '@gathering/contract/check-graph';
import { listPipelinesRoute } from '@gathering/contract/pipelines';
import { listSkillsRoute, type SkillInfo } from '@gathering/contract/skills';
import { useMemo } from 'react';
import { useRead } from '../../lib/query.ts';

export interface KnownThings {
  readonly agents: readonly Agent[];
  readonly skills: readonly SkillInfo[];
  readonly pipelines: readonly { readonly id: string; readonly name: string }[];
  readonly names: KnownNames;
}

export function useKnownThings(): KnownThings {
  const agents = useRead(listAgentsRoute, { query: { limit: 200 } }).data;
  const pipelines = useRead(listPipelinesRoute, { query: { limit: 200 } }).data;
  const skills = useRead(listSkillsRoute, {}).data;
  return useMemo(
    () => ({
      agents: agents?.items ?? [],
      skills: skills?.items ?? [],
      pipelines: pipelines?.items ?? [],
      names: {
        // More agents than one page: what is not known here is left for the server to check.
        agents:
          agents && agents.nextCursor === null
            ? new Set(agents.items.flatMap((agent) => [agent.id, agent.handle]))
            : undefined,
        pipelines:
          pipelines && pipelines.nextCursor === null ? new Set(pipelines.items.map(({ id }) => id)) : undefined,
        tools: skills ? new Set(skills.items.flatMap((skill) => skill.tools.map((tool) => tool.name))) : undefined,
      },
    }),
    [agents, pipelines, skills],
  );
}

// Skills and their tools over HTTP.
import { listSkillsRoute, type SkillInfo } from '@gathering/contract/skills';
import type { Ctx } from '../../ctx.ts';
import { answer } from '../../platform/http/bind.ts';
import type { Skill } from './skill.ts';
import { skills } from './skill-list.ts';

export const skillsRoutes = [answer(listSkillsRoute, async (_ctx: Ctx) => ({ items: skills.map(describeSkill) }))];

function describeSkill({ name, title, description, tools }: Skill): SkillInfo {
  return {
    name,
    title,
    description,
    tools: tools.map((tool) => ({
      name: tool.name,
      description: tool.description,
      effect: tool.effect,
      inputSchema: tool.inputSchema,
    })),
  };
}

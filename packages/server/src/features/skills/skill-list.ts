// Every skill of the house, one line each.
import type { Tool } from '../../llm/tool.ts';
import { filesystemSkill } from './filesystem/filesystem-skill.ts';
import { gitSkill } from './git/git-skill.ts';
import { httpSkill } from './http/http-skill.ts';
import type { Skill } from './skill.ts';
import { textSkill } from './text/text-skill.ts';

export type { Skill };

export const skills: readonly Skill[] = [filesystemSkill, gitSkill, textSkill, httpSkill];

export const allTools: readonly Tool[] = skills.flatMap((skill) => skill.tools);

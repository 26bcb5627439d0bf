// The skill `text`: facts, counts and differences in a project's text.
import type { Skill } from '../skill.ts';
import { textCompare } from './compare-texts.ts';
import { textCount } from './count-text.ts';
import { textExtract } from './extract-facts.ts';

export const textSkill: Skill = {
  name: 'text',
  title: 'Text',
  description:
    'Extract facts from text and code (TODOs, secrets, long functions, dead files and more), count lines and words, compare files. Changes nothing.',
  tools: [textExtract, textCount, textCompare],
};

// The skill `filesystem`: looking at a project's files without changing them.
import type { Skill } from '../skill.ts';
import { filesystemList } from './list-files.ts';
import { filesystemRead } from './read-file.ts';
import { filesystemSearch } from './search-files.ts';
import { filesystemTree } from './show-tree.ts';

export const filesystemSkill: Skill = {
  name: 'filesystem',
  title: 'Files',
  description:
    "Read, list and search the files of the project and show its folder structure. Confined to the project's folder; changes nothing.",
  tools: [filesystemTree, filesystemList, filesystemSearch, filesystemRead],
};

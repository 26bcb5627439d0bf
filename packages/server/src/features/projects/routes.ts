// Projects over HTTP.
import {
  addProjectMemberRoute,
  changeProjectRoute,
  createProjectRoute,
  listProjectCandidatesRoute,
  listProjectMembersRoute,
  listProjectsRoute,
  readProjectRoute,
  removeProjectMemberRoute,
  removeProjectRoute,
} from '@gathering/contract/projects';
import type { Ctx } from '../../ctx.ts';
import { answer } from '../../platform/http/bind.ts';
import { addMember, listCandidates, listMembers, removeMember } from './members.ts';
import { changeProject, createProject, listProjects, readProject, removeProject } from './service.ts';

export const projectsRoutes = [
  answer(listProjectsRoute, listProjects),
  answer(createProjectRoute, createProject),
  answer(readProjectRoute, (ctx: Ctx, input) => readProject(ctx, input.params.id)),
  answer(changeProjectRoute, changeProject),
  answer(removeProjectRoute, removeProject),
  answer(listProjectMembersRoute, listMembers),
  answer(listProjectCandidatesRoute, listCandidates),
  answer(addProjectMemberRoute, addMember),
  answer(removeProjectMemberRoute, removeMember),
];

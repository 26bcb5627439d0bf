// Projects over HTTP.
import {
  changeProjectRoute,
  createProjectRoute,
  listProjectsRoute,
  readProjectRoute,
  removeProjectRoute,
} from '@gathering/contract/projects';
import type { Ctx } from '../../ctx.ts';
import { answer } from '../../platform/http/bind.ts';
import { changeProject, createProject, listProjects, readProject, removeProject } from './service.ts';

export const projectsRoutes = [
  answer(listProjectsRoute, listProjects),
  answer(createProjectRoute, createProject),
  answer(readProjectRoute, (ctx: Ctx, input) => readProject(ctx, input.params.id)),
  answer(changeProjectRoute, changeProject),
  answer(removeProjectRoute, removeProject),
];

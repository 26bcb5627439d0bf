// A project is a registered folder on the server's machine; runs and agents are confined to it.
import * as z from 'zod';
import { idSchema, timeSchema } from './ids.ts';
import { pageOf, pageQuery } from './paging.ts';
import { defineRoute } from './route.ts';

export const projectSchema = z.strictObject({
  id: idSchema,
  name: z.string(),
  description: z.string(),
  folder: z.string().describe('Absolute real path on the server.'),
  isGitRepository: z.boolean(),
  createdAt: timeSchema,
  updatedAt: timeSchema,
});
export type Project = z.infer<typeof projectSchema>;

const name = z.string().trim().min(1).max(100).describe('Name of the project.');
const description = z.string().max(2000).describe('What it is, for people and agents.');
const folder = z.string().min(1).max(4096).describe('Absolute path of an existing folder on the server.');

export const listProjectsRoute = defineRoute({
  name: 'projects.list',
  method: 'GET',
  path: '/projects',
  summary: 'Registered projects.',
  permission: 'projects.read',
  rate: 'relaxed',
  query: pageQuery,
  reply: pageOf(projectSchema),
  errors: [],
});
export const createProjectRoute = defineRoute({
  name: 'projects.create',
  method: 'POST',
  path: '/projects',
  summary: 'Register a folder.',
  permission: 'projects.write',
  rate: 'standard',
  status: 201,
  body: z.strictObject({ name, folder, description: description.optional() }),
  reply: projectSchema,
  errors: ['projects.name-taken', 'projects.folder-unusable'],
});
export const readProjectRoute = defineRoute({
  name: 'projects.read',
  method: 'GET',
  path: '/projects/:id',
  summary: 'One project.',
  permission: 'projects.read',
  rate: 'relaxed',
  params: z.strictObject({ id: idSchema }),
  reply: projectSchema,
  errors: ['projects.not-found'],
});
export const changeProjectRoute = defineRoute({
  name: 'projects.change',
  method: 'PATCH',
  path: '/projects/:id',
  summary: 'Change a project; what is left out stays.',
  permission: 'projects.write',
  rate: 'standard',
  params: z.strictObject({ id: idSchema }),
  body: z.strictObject({ name: name.optional(), description: description.optional(), folder: folder.optional() }),
  reply: projectSchema,
  errors: ['projects.not-found', 'projects.name-taken', 'projects.folder-unusable', 'projects.in-use'],
});
export const removeProjectRoute = defineRoute({
  name: 'projects.remove',
  method: 'DELETE',
  path: '/projects/:id',
  summary: 'Forget a project; its folder stays as it is.',
  permission: 'projects.write',
  rate: 'standard',
  status: 204,
  params: z.strictObject({ id: idSchema }),
  reply: z.undefined(),
  errors: ['projects.not-found', 'projects.in-use'],
});

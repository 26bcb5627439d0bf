// A project is a registered folder on the server's machine; runs and agents are confined to it.
import * as z from 'zod';
import { idSchema, timeSchema } from './ids.ts';
import { pageOf, pageQuery } from './paging.ts';
import { roles } from './permissions.ts';
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
  object: { kind: 'projects', param: 'id' },
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
  object: { kind: 'projects', param: 'id' },
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
  object: { kind: 'projects', param: 'id' },
  status: 204,
  params: z.strictObject({ id: idSchema }),
  reply: z.undefined(),
  errors: ['projects.not-found', 'projects.in-use'],
});

/** A project has so many members at most, so that their list is one answer. */
export const maxProjectMembers = 1000;
export const projectMemberSchema = z.strictObject({
  userId: idSchema,
  name: z.string(),
  email: z.string(),
  role: z.enum(roles),
  addedAt: timeSchema,
  addedBy: z.string().describe('`users/<id>` or `system/<name>`.'),
});
export type ProjectMember = z.infer<typeof projectMemberSchema>;
const memberParams = z.strictObject({ id: idSchema, userId: idSchema });

export const listProjectMembersRoute = defineRoute({
  name: 'projects.list-members',
  method: 'GET',
  path: '/projects/:id/members',
  summary: 'Who sees the project, its runs and its events, by e-mail. Admins and owners see every project besides.',
  permission: 'projects.read',
  rate: 'relaxed',
  object: { kind: 'projects', param: 'id' },
  params: z.strictObject({ id: idSchema }),
  reply: z.strictObject({ items: z.array(projectMemberSchema) }),
  errors: ['projects.not-found'],
});
export const listProjectCandidatesRoute = defineRoute({
  name: 'projects.list-candidates',
  method: 'GET',
  path: '/projects/:id/candidates',
  summary: 'Users who could become members, by e-mail; at most 20.',
  permission: 'projects.write',
  rate: 'relaxed',
  object: { kind: 'projects', param: 'id' },
  params: z.strictObject({ id: idSchema }),
  query: z.strictObject({
    search: z.string().trim().max(100).default('').describe('Part of the e-mail or the name.'),
  }),
  reply: z.strictObject({ items: z.array(projectMemberSchema.omit({ addedAt: true, addedBy: true })) }),
  errors: ['projects.not-found'],
});
export const addProjectMemberRoute = defineRoute({
  name: 'projects.add-member',
  method: 'PUT',
  path: '/projects/:id/members/:userId',
  summary: 'Let a user see the project. One who is a member already stays one.',
  permission: 'projects.write',
  rate: 'standard',
  object: { kind: 'projects', param: 'id' },
  params: memberParams,
  reply: projectMemberSchema,
  errors: ['projects.not-found', 'projects.too-many-members', 'auth.user-not-found'],
});
export const removeProjectMemberRoute = defineRoute({
  name: 'projects.remove-member',
  method: 'DELETE',
  path: '/projects/:id/members/:userId',
  summary: 'Take a member out of the project; from then on it does not exist for them.',
  permission: 'projects.write',
  rate: 'standard',
  status: 204,
  object: { kind: 'projects', param: 'id' },
  params: memberParams,
  reply: z.undefined(),
  errors: ['projects.not-found', 'projects.member-not-found'],
});

// Who may do what: one table of roles. A route names the permission that it needs; the server refuses to
// start with a route that names none. `public` needs nobody, `signed-in` anybody who was identified,
// `account.manage` a person with a session of their own: no API key ever has it. `skills.fetch` lets tools and nodes
// that somebody set to work call addresses of the network. `operations.inspect` shows what the work of everybody left behind.
export const permissions = [
  'public',
  'signed-in',
  'account.manage',
  'audit.read',
  'audit.export',
  'users.read',
  'users.write',
  'projects.read',
  'projects.write',
  'providers.read',
  'providers.write',
  'skills.fetch',
  'agents.read',
  'agents.write',
  'agents.chat',
  'tasks.read',
  'tasks.run',
  'pipelines.read',
  'pipelines.write',
  'pipelines.run',
  'approvals.read',
  'approvals.decide',
  'schedules.read',
  'schedules.write',
  'events.read',
  'notifications.read',
  'operations.read',
  'operations.inspect',
  'operations.write',
] as const;
export type Permission = (typeof permissions)[number];

/** From the least to the most. */
export const roles = ['viewer', 'member', 'operator', 'admin', 'owner'] as const;
export type Role = (typeof roles)[number];

const everybody: readonly Permission[] = [
  'public',
  'signed-in',
  'account.manage',
  'projects.read',
  'providers.read',
  'agents.read',
  'tasks.read',
  'pipelines.read',
  'approvals.read',
  'schedules.read',
  'events.read',
  'notifications.read',
  'operations.read',
];
const added: Readonly<Record<Role, readonly Permission[]>> = {
  viewer: everybody,
  member: ['agents.chat', 'tasks.run', 'pipelines.run', 'approvals.decide', 'skills.fetch'],
  operator: ['agents.write', 'pipelines.write', 'projects.write', 'schedules.write', 'operations.inspect'],
  admin: ['providers.write', 'operations.write', 'users.read', 'users.write', 'audit.read', 'audit.export'],
  owner: permissions,
};
const granted = new Map<Role, ReadonlySet<Permission>>(
  roles.map((role, place) => [role, new Set(roles.slice(0, place + 1).flatMap((one) => added[one]))]),
);

export function roleGrants(role: Role, permission: Permission): boolean {
  return granted.get(role)?.has(permission) ?? false;
}

/** What a role may do, in the order of the table. */
export function permissionsOf(role: Role): Permission[] {
  return permissions.filter((permission) => roleGrants(role, permission));
}

/** What an API key can be confined to. */
export const keyScopes = permissions.filter(
  (permission) => permission !== 'public' && permission !== 'signed-in' && permission !== 'account.manage',
);

/** Roles that see every project, whether they are members of it or not. */
export const rolesOverAllProjects: readonly Role[] = ['admin', 'owner'];

/** Roles that see what was started outside of any project, and what the system did of its own accord. */
export const rolesThatOperate: readonly Role[] = ['operator', 'admin', 'owner'];

/** Nobody gives, takes or touches a role above their own. */
export function mayManageRole(own: Role, other: Role): boolean {
  return roles.indexOf(own) >= roles.indexOf(other);
}

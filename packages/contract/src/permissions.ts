// Who may do what: one table of roles. A route names the permission that it needs; the server refuses to
// start with a route that names none. `public` needs nobody, `signed-in` anybody with a session.
export const permissions = [
  'public',
  'signed-in',
  'audit.read',
  'projects.read',
  'projects.write',
  'providers.read',
  'providers.write',
  'agents.read',
  'agents.write',
  'agents.chat',
  'pipelines.read',
  'pipelines.write',
  'pipelines.run',
  'events.read',
  'notifications.read',
  'operations.read',
  'operations.write',
] as const;
export type Permission = (typeof permissions)[number];

export const roles = ['owner'] as const;
export type Role = (typeof roles)[number];

const granted: Record<Role, ReadonlySet<Permission>> = { owner: new Set(permissions) };

export function roleGrants(role: Role, permission: Permission): boolean {
  return granted[role].has(permission);
}

// Roles in words for people.
import { mayManageRole, type Role, roles } from '@gathering/contract/permissions';
import type { Option } from '../../ui/select.tsx';

export const roleWords: Readonly<Record<Role, { readonly name: string; readonly may: string }>> = {
  viewer: { name: 'Viewer', may: 'Looks at pipelines, runs and agents.' },
  member: { name: 'Member', may: 'Also chats with agents and runs pipelines.' },
  operator: { name: 'Operator', may: 'Also makes agents, pipelines and projects.' },
  admin: { name: 'Admin', may: 'Also manages users, models and settings, and reads the audit.' },
  owner: { name: 'Owner', may: 'Does everything, and makes other owners.' },
};

/** Those that somebody with this role may give. */
export function roleOptions(own: Role): Option[] {
  return roles.filter((role) => mayManageRole(own, role)).map((role) => ({ value: role, label: roleWords[role].name }));
}

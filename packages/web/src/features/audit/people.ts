// Who is meant by a reference of the audit: the names of users, which the entries do not hold.
import { listUsersRoute } from '@gathering/contract/auth-users';
import { useMemo } from 'react';
import { shortId } from '../../lib/format.ts';
import { useMay } from '../../lib/may.ts';
import { useRead } from '../../lib/query.ts';

/** Of `users/<id>` the name; of anything else, and of who is no longer here, the kind and the end of the id. */
export type NameOf = (reference: string) => string;

/** The first 200 users have names here, those beyond them ids: the whole reference is always in the details. */
export function useNames(): NameOf {
  const { data } = useRead(listUsersRoute, { query: { limit: 200 } }, { enabled: useMay()('users.read') });
  return useMemo(() => {
    const names = new Map(data?.items.map((user) => [`users/${user.id}`, user.name]));
    return (reference) => {
      const [kind = '', id = ''] = reference.split('/');
      return names.get(reference) ?? (id === '' ? reference : `${kind} ${shortId(id)}`);
    };
  }, [data]);
}

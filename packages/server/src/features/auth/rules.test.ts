import { mayManageRole, type Role, roles } from '@gathering/contract/permissions';
import { describe, expect, it } from 'vitest';
import {
  lockSeconds,
  normalizeEmail,
  refuseUserChange,
  sessionHasEnded,
  shortenUserAgent,
  type UserChange,
} from './rules.ts';

describe('lockSeconds', () => {
  it('lets the first failures pass, then doubles up to a quarter of an hour', () => {
    expect([1, 4, 5, 6, 7, 10, 50].map((failures) => lockSeconds('account', failures))).toEqual([
      0, 0, 30, 60, 120, 900, 900,
    ]);
    expect(lockSeconds('address', 19)).toBe(0);
    expect(lockSeconds('address', 20)).toBe(30);
  });
});

describe('normalizeEmail', () => {
  it('takes what differs in case and surrounding space as one account', () => {
    expect(normalizeEmail(' Ada@Example.org ')).toBe('ada@example.org');
  });

  it('takes letters of full width and joined ones as the plain ones that they look like', () => {
    expect(normalizeEmail('Ａｄａ@ﬁrm.example')).toBe('ada@firm.example');
  });
});

describe('refuseUserChange', () => {
  const user = (role: Role, { id = 'other', disabledAt = null as string | null } = {}) => ({ id, role, disabledAt });
  const manager = (role: Role, id: string | null = 'me') => ({ id, role });
  const changes: readonly UserChange[] = [
    {},
    { role: 'viewer' },
    { disabled: true },
    { disabled: false },
    { removed: true },
    { waivesProof: true },
  ];

  it('lets nobody touch a role above their own, in any way', () => {
    for (const own of roles) {
      for (const other of roles.filter((role) => !mayManageRole(own, role))) {
        for (const change of changes) {
          expect(refuseUserChange(manager(own), user(other), change, 5)).toBe('auth.role-above-own');
        }
      }
    }
  });

  it('lets nobody give a role above their own, also not to themselves', () => {
    for (const own of roles) {
      for (const role of roles) {
        const refusal = refuseUserChange(manager(own), user('viewer'), { role }, 5);
        expect(refusal).toBe(mayManageRole(own, role) ? null : 'auth.role-above-own');
        if (!mayManageRole(own, role)) {
          expect(refuseUserChange(manager(own), user(own, { id: 'me' }), { role }, 5)).toBe('auth.role-above-own');
        }
      }
    }
  });

  it.each<[string, UserChange]>([
    ['demoted', { role: 'admin' }],
    ['disabled', { disabled: true }],
    ['deleted', { removed: true }],
  ])('the last owner who can sign in is not %s, by nobody', (_, change) => {
    for (const by of [manager('owner'), manager('owner', null), manager('owner', 'other')]) {
      expect(refuseUserChange(by, user('owner'), change, 0)).toBe('auth.last-owner');
      expect(refuseUserChange(by, user('owner'), change, 1)).toBe(by.id === 'other' ? 'auth.not-yourself' : null);
    }
    // Who cannot sign in keeps nobody in.
    expect(refuseUserChange(manager('owner'), user('owner', { disabledAt: '2026-11-01' }), change, 0)).toBeNull();
  });

  it('lets nobody disable, delete or demote themselves, or waive their own proof', () => {
    const me = user('admin', { id: 'me' });
    const refused: UserChange[] = [{ role: 'member' }, { disabled: true }, { removed: true }, { waivesProof: true }];
    for (const change of refused) expect(refuseUserChange(manager('admin'), me, change, 1)).toBe('auth.not-yourself');
    const allowed: UserChange[] = [{}, { role: 'admin' }, { disabled: false }];
    for (const change of allowed) expect(refuseUserChange(manager('admin'), me, change, 1)).toBeNull();
  });
});

describe('sessionHasEnded', () => {
  const at = (day: number) => new Date(Date.UTC(2026, 10, day));
  const session = { lastSeenAt: at(1), expiresAt: at(30) };

  it('ends by its time, and by 7 days without use', () => {
    expect(sessionHasEnded(session, at(7))).toBe(false);
    expect(sessionHasEnded(session, at(8))).toBe(true);
    expect(sessionHasEnded({ ...session, lastSeenAt: at(29) }, at(29))).toBe(false);
    expect(sessionHasEnded({ ...session, lastSeenAt: at(29) }, at(30))).toBe(true);
  });
});

describe('shortenUserAgent', () => {
  it('keeps 200 characters that can be seen, and nothing of what is empty', () => {
    expect(shortenUserAgent('a'.repeat(500))).toHaveLength(200);
    expect(shortenUserAgent('curl\u0000/8\u202e.5')).toBe('curl/8.5');
    for (const none of [undefined, null, '', '  ', '\u0007']) expect(shortenUserAgent(none)).toBeNull();
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { GatewayUser } from '../../src/api/gateway-config.ts';
import type { Session } from '../../src/gateway/session.ts';
import { followUserChange } from '../../src/gateway/user-change.ts';
import type { UserChange } from '../../src/gateway/user-table.ts';

const after = { namespace: 'vpn', name: 'alice', expiresAt: '2030-01-01T00:00:00Z' } as GatewayUser;

function follow(changes: UserChange[], user: GatewayUser | undefined = after) {
  const ends: string[] = [];
  const session = { terminate: (reason: string) => void ends.push(reason) } as unknown as Session;
  followUserChange(session, user, changes, 0);
  return { ends, user: session.user };
}

describe('followUserChange', () => {
  it('ends a session that its user may not or cannot have any more, with the best reason', () => {
    assert.deepEqual(follow(['suspended']).ends, ['suspended']);
    assert.deepEqual(follow(['expired', 'expiry']).ends, ['expired']);
    assert.deepEqual(follow(['address', 'password', 'suspended']).ends, ['suspended']);
    for (const change of ['password', 'username', 'address'] as const)
      assert.deepEqual(follow([change]).ends, ['user_changed']);
    assert.deepEqual(follow(['removed'], undefined).ends, ['user_removed']);
  });

  it('goes on with the new user in all other cases: limits are read from it', () => {
    for (const change of ['expiry', 'destinations', 'sources', 'maxSessions'] as const) {
      const { ends, user } = follow([change]);
      assert.deepEqual([ends, user], [[], after]);
    }
  });
});

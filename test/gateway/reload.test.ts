import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { GatewayUser } from '../../src/api/gateway-config.ts';
import { carryOver } from '../../src/gateway/reload.ts';
import type { Session } from '../../src/gateway/session.ts';
import { UserTable } from '../../src/gateway/user-table.ts';

const alice: GatewayUser = {
  ...{ namespace: 'vpn', name: 'alice', username: 'alice', ntHash: '00'.repeat(16), suspended: false },
  ...{ maxSessions: 1, allowedDestinations: [], allowedSources: [] },
};
const times = { now: 0, wallClock: 0 };

function running() {
  const ends: string[] = [];
  const session = {
    ...{ user: alice, address: 7 },
    terminate: (reason: string) => ends.push(reason),
  } as unknown as Session;
  const sessions = { all: [session], ofUser: () => [session] };
  return { ends, session, sessions, users: new UserTable([alice]) };
}

describe('a new configuration', () => {
  it('lets rules be applied by the new list of destinations of each user, not by the one before', () => {
    const { session, sessions, users } = running();
    const narrower = { ...alice, allowedDestinations: ['192.0.2.0/24'] };
    let seen: readonly string[] | undefined;
    const applyRules = () => {
      seen = session.user?.allowedDestinations;
    };
    carryOver({ users, sessions, applyRules, lostLeases: () => [] }, [narrower], times);
    assert.deepEqual(seen, ['192.0.2.0/24']);
  });

  it('ends a suspended user even when the kernel refuses the new rules', () => {
    const { ends, sessions, users } = running();
    const applyRules = () => {
      throw new Error('nft: no');
    };
    const parts = { users, sessions, applyRules, lostLeases: () => [] };
    assert.throws(() => carryOver(parts, [{ ...alice, suspended: true }], times), /nft: no/);
    assert.deepEqual(ends, ['suspended']);
  });

  it('ends whoever has an address that left the pools', () => {
    const { ends, sessions, users } = running();
    const lostLeases = () => [{ address: 7, user: 'vpn/alice' }];
    carryOver({ users, sessions, applyRules: () => {}, lostLeases }, [alice], times);
    assert.deepEqual(ends, ['administrative']);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { UserActivity } from '../../../src/api/gateway-status.ts';
import type { VpnUserStatus } from '../../../src/api/vpn-user-status.ts';
import { steadyPart, userStatus } from '../../../src/operator/vpn-user/status.ts';
import { userObject } from '../../support/operator/objects.ts';

function statusOf(activity: Partial<UserActivity>[], status: VpnUserStatus = {}): VpnUserStatus {
  return userStatus({
    user: { ...userObject('alice'), status },
    judgement: { uid: 'uid-of-alice', generation: 3, findings: [] },
    activity: activity.map((each) => ({ namespace: 'vpn', name: 'alice', sessions: 0, ...each })),
    now: 0,
  });
}

const seen = (hour: string, from = '192.0.2.7') => ({ time: `2026-05-01T${hour}:00:00Z`, from });
const failure = (hour: string, more: object = {}) => ({
  ...{ time: `2026-05-01T${hour}:00:00Z`, from: '192.0.2.7', reason: 'one_way', message: 'GRE comes' },
  ...more,
});

describe('the status of a user', () => {
  it('adds up the nodes, keeps what was last, and shows the narrowest path', () => {
    const status = statusOf([
      {
        sessions: 1,
        path: { tunnelMTU: 1456, pathMTU: 1500 },
        lastSeen: seen('10'),
        lastFailure: failure('12'),
      },
      { sessions: 2, path: { tunnelMTU: 1410, pathMTU: 1454 }, lastSeen: seen('11', '192.0.2.8') },
    ]);
    assert.deepEqual([status.sessions, status.tunnelMTU, status.pathMTU], [3, 1410, 1454]);
    assert.deepEqual([status.lastSeen?.from, status.lastFailure?.reason], ['192.0.2.8', 'one_way']);
    assert.equal(status.observedGeneration, 3);
  });

  it('remembers what gateways forgot with their process, and shows no path without a session', () => {
    const before = statusOf([
      { sessions: 1, path: { tunnelMTU: 1410, pathMTU: 1454 }, lastSeen: seen('11') },
    ]);
    const { sessions, lastSeen, tunnelMTU } = statusOf([], before);
    assert.deepEqual([sessions, lastSeen, tunnelMTU], [0, seen('11'), undefined]);
  });

  it('is never refused by its own schema, whatever a gateway says', () => {
    const lastFailure = failure('10', {
      reason: 'r'.repeat(500),
      message: 'm'.repeat(5_000),
      from: 'f'.repeat(99),
    });
    const told = statusOf([{ lastFailure }]).lastFailure;
    assert.deepEqual([told?.reason.length, told?.message.length, told?.from.length], [128, 1024, 45]);
  });

  it('may lag behind in what calls change, and in nothing else', () => {
    const calm = statusOf([]);
    const busy = statusOf([
      { sessions: 1, lastSeen: seen('10'), lastFailure: failure('10'), path: { tunnelMTU: 1, pathMTU: 1 } },
    ]);
    assert.deepEqual(steadyPart(calm), steadyPart(busy));
    assert.ok(Object.keys(steadyPart(calm)).includes('conditions'));
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { GatewayUser } from '../../src/api/gateway-config.ts';
import { SessionLimits } from '../../src/gateway/session-limits.ts';

const user: GatewayUser = {
  namespace: 'vpn',
  name: 'alice',
  username: 'alice',
  ntHash: '0'.repeat(32),
  suspended: false,
  maxSessions: 1,
  allowedDestinations: [],
  allowedSources: [],
};
const none = { idleTimeout: 0, maximumDuration: 0 };

function begun(): SessionLimits {
  const limits = new SessionLimits();
  limits.begin(3, { openedAt: 1_000, now: 1_000 });
  return limits;
}

describe('SessionLimits', () => {
  it('0 means never', () => {
    assert.equal(begun().check(3, user, none, { packets: 0, now: 1e12, wallClock: 1e15 }), undefined);
  });

  it('ends a session that was silent for idleTimeout, counted from its last packet', () => {
    const limits = begun();
    const idle = { ...none, idleTimeout: 5_000 };
    const check = (packets: number, now: number) =>
      limits.check(3, user, idle, { packets, now, wallClock: 0 })?.reason;
    assert.equal(check(1, 5_999), undefined);
    assert.equal(check(1, 10_998), undefined);
    assert.equal(check(1, 10_999), 'idle_timeout');
  });

  it('counts idleTimeout from the beginning for one that never sent anything', () => {
    const idle = { ...none, idleTimeout: 5_000 };
    const check = (now: number) => begun().check(3, user, idle, { packets: 0, now, wallClock: 0 })?.reason;
    assert.deepEqual([check(5_999), check(6_000)], [undefined, 'idle_timeout']);
  });

  it('counts maxDuration from the call on, however often its LCP began anew', () => {
    const limits = begun();
    limits.end(3);
    limits.begin(3, { openedAt: 1_000, now: 50_000 });
    const at = { packets: 9, now: 61_000, wallClock: 0 };
    assert.equal(limits.check(3, user, { ...none, maximumDuration: 60_000 }, at)?.reason, 'session_timeout');
  });

  it('ends a busy session after maxDuration', () => {
    const limits = begun();
    const check = (packets: number, now: number) =>
      limits.check(3, user, { ...none, maximumDuration: 60_000 }, { packets, now, wallClock: 0 })?.reason;
    assert.equal(check(1, 60_999), undefined);
    assert.equal(check(2, 61_000), 'session_timeout');
  });

  it('goes by the wall clock for expiresAt alone, however it jumps, and by the monotonic one for the rest', () => {
    const limits = begun();
    const expiring = { ...user, expiresAt: '2030-01-01T00:00:00Z' };
    const at = Date.parse(expiring.expiresAt);
    const both = { idleTimeout: 60_000, maximumDuration: 600_000 };
    const check = (wallClock: number) =>
      limits.check(3, expiring, both, { packets: 0, now: 2_000, wallClock })?.reason;
    assert.equal(check(at - 1), undefined);
    assert.equal(check(0), undefined, 'the clock jumped back');
    assert.equal(check(at), 'expired');
    const unlimited = limits.check(3, user, both, { packets: 0, now: 2_000, wallClock: at * 2 });
    assert.equal(unlimited, undefined, 'a leap into the future is no idleness');
  });

  it('knows nothing of a session that ended, or whose LCP began anew', () => {
    const limits = begun();
    limits.end(3);
    const idle = { ...none, idleTimeout: 1 };
    assert.equal(limits.check(3, user, idle, { packets: 0, now: 1e9, wallClock: 0 }), undefined);
  });
});

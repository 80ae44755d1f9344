import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { GatewayUser } from '../../src/api/gateway-config.ts';
import type { SessionPath } from '../../src/api/gateway-status.ts';
import { UserActivityLog } from '../../src/gateway/user-activity.ts';

const alice = { namespace: 'vpn', name: 'alice' };
const bob = { namespace: 'vpn', name: 'bob' };
const configured = (name: string, allowedSources: string[] = []): GatewayUser => ({
  ...{ namespace: 'vpn', name, username: name, ntHash: '00'.repeat(16), suspended: false, maxSessions: 1 },
  ...{ allowedDestinations: [], allowedSources },
});

describe('what became of the users’ calls', () => {
  const log = (users: GatewayUser[] = [], remembered: string[] = []) =>
    new UserActivityLog({
      wallClock: () => Date.UTC(2026, 4, 1, 10, 0, 0, 999),
      users,
      remembered: () => remembered,
    });

  it('is counted, dated in whole seconds, and changes the revision', () => {
    const activity = log();
    const before = activity.revision;
    activity.opened(alice, '192.0.2.7');
    activity.opened(alice, '192.0.2.8');
    activity.ended(alice, '192.0.2.7');
    assert.notEqual(activity.revision, before);
    assert.deepEqual(activity.users(), [
      { ...alice, sessions: 1, lastSeen: { time: '2026-05-01T10:00:00Z', from: '192.0.2.7' } },
    ]);
  });

  it('keeps the last failure beside the last session', () => {
    const activity = log();
    activity.opened(alice, '192.0.2.7');
    activity.failed(alice, { reason: 'bad_credentials', message: 'wrong password', from: '192.0.2.9' });
    const [user] = activity.users();
    assert.equal(user?.sessions, 1);
    assert.deepEqual(user?.lastFailure, {
      time: '2026-05-01T10:00:00Z',
      reason: 'bad_credentials',
      message: 'wrong password',
      from: '192.0.2.9',
    });
  });

  it('forgets users who are gone, once they have no session', () => {
    const activity = log();
    activity.opened(alice, '192.0.2.7');
    activity.failed(bob, { reason: 'x', message: 'y', from: 'z' });
    activity.keep([]);
    assert.deepEqual(
      activity.users().map(({ name }) => name),
      ['alice'],
    );
    activity.ended(alice, '192.0.2.7');
    activity.keep([configured('bob')]);
    assert.deepEqual(activity.users(), []);
  });

  it('takes on nothing of another user in the same log, and nothing secret', () => {
    const activity = log();
    activity.opened({ ...alice, ntHash: 'secret' } as typeof alice, '192.0.2.7');
    assert.doesNotMatch(JSON.stringify(activity.users()), /secret/);
  });

  it('has the smallest MTU of a user’s sessions, a new revision only when it changes, and none without sessions', () => {
    const activity = log();
    const path = (tunnelMTU: number): SessionPath => ({
      ...{ user: alice, from: '192.0.2.7', state: 'Confirmed', interfaceMTU: 1500 },
      ...{ pathMTU: tunnelMTU + 44, tunnelMTU },
    });
    activity.opened(alice, '192.0.2.7');
    activity.measured([path(1456), path(1410)]);
    assert.deepEqual(activity.users()[0]?.path, { tunnelMTU: 1410, pathMTU: 1454 });
    const { revision } = activity;
    activity.measured([path(1410), path(1456)]);
    assert.equal(activity.revision, revision);
    activity.measured([]);
    assert.equal(activity.users()[0]?.path, undefined);
    assert.notEqual(activity.revision, revision);
  });

  it('names the one who last logged in from an address, unless he is connected', () => {
    const activity = log([configured('alice'), configured('bob')]);
    activity.opened(alice, '192.0.2.7');
    activity.opened(bob, '192.0.2.7');
    assert.equal(activity.whoFrom('192.0.2.7'), undefined);
    activity.ended(alice, '192.0.2.7');
    assert.equal(activity.whoFrom('192.0.2.7')?.name, 'alice');
    assert.equal(activity.whoFrom('192.0.2.8'), undefined);
  });

  it('names whom the learned paths remember, else the only one who may dial from there, else nobody', () => {
    const users = [configured('alice', ['192.0.2.0/24']), configured('bob')];
    assert.equal(log(users, ['vpn/gone', 'vpn/bob']).whoFrom('192.0.2.7')?.name, 'bob');
    assert.equal(log(users).whoFrom('192.0.2.7')?.name, 'alice');
    assert.equal(log(users).whoFrom('198.51.100.1'), undefined);
    assert.equal(log([...users, configured('carol', ['0.0.0.0/0'])]).whoFrom('192.0.2.7'), undefined);
  });

  it('numbers its notices, keeps the last hundred, and tells no secret', () => {
    const activity = log();
    const user = configured('alice');
    for (let i = 1; i <= 250; i++) activity.notice('BlackHoleCured', `number ${i}`, i % 2 ? user : undefined);
    const { latest, now } = activity.notices();
    assert.deepEqual([latest.length, latest[0]?.sequence, latest.at(-1)?.sequence], [100, 151, 250]);
    assert.deepEqual([latest[0]?.user, latest[1]?.user, now], [alice, undefined, '2026-05-01T10:00:00Z']);
    assert.doesNotMatch(JSON.stringify(latest), /0000/);
    assert.notEqual(log().notices().process, log().notices().process);
  });
});

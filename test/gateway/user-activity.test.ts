import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { UserActivityLog } from '../../src/gateway/user-activity.ts';

const alice = { namespace: 'vpn', name: 'alice' };
const bob = { namespace: 'vpn', name: 'bob' };

describe('what became of the users’ calls', () => {
  const log = () => new UserActivityLog(() => Date.UTC(2026, 4, 1, 10, 0, 0, 999));

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
    activity.keep([bob]);
    assert.deepEqual(activity.users(), []);
  });

  it('takes on nothing of another user in the same log, and nothing secret', () => {
    const activity = log();
    activity.opened({ ...alice, ntHash: 'secret' } as typeof alice, '192.0.2.7');
    assert.doesNotMatch(JSON.stringify(activity.users()), /secret/);
  });
});

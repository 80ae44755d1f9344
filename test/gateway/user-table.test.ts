import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { GatewayUser } from '../../src/api/gateway-config.ts';
import { UserTable } from '../../src/gateway/user-table.ts';
import { parseAddress } from '../../src/protocol/ip/address.ts';
import { toHex } from '../support/hex.ts';

const hash = '8846f7eaee8fb117ad06bdd830b7586c';
const now = Date.parse('2026-06-01T00:00:00Z');
const home = parseAddress('192.0.2.7')!;

function user(name: string, more: Partial<GatewayUser> = {}): GatewayUser {
  const defaults = { namespace: 'vpn', username: name, ntHash: hash, suspended: false, maxSessions: 1 };
  return { ...defaults, name, allowedDestinations: [], allowedSources: [], ...more };
}

describe('the user table', () => {
  it('finds a user by the exact code points of the username, case included (CH-3)', () => {
    const table = new UserTable([user('a', { username: 'Alice' }), user('b', { username: 'caf\u00e9' })]);
    assert.equal(table.judge('Alice', home, now).user?.name, 'a');
    assert.equal(table.judge('caf\u00e9', home, now).user?.name, 'b');
    const others = ['alice', 'Alice ', 'cafe\u0301', '', '__proto__', 'constructor'];
    for (const name of others) assert.equal(table.judge(name, home, now).user, undefined, name);
  });

  it('gives the hash to compare with, also for a name nobody has, which is refused with 691 in any case', () => {
    const table = new UserTable([user('alice')]);
    const known = table.judge('alice', home, now);
    assert.equal(toHex(known.ntHash), hash);
    assert.equal(known.refusal, undefined);
    const unknown = table.judge('mallory', home, now);
    assert.equal(unknown.ntHash.length, 16);
    // No hash that an ASCII password does not have opens the door, the dummy's least of all.
    assert.equal(toHex(known.octetsNtHash), hash);
    assert.deepEqual(unknown.refusal, { errorCode: 691, reason: 'unknown_user' });
  });

  it('refuses a suspended user with 647, an expired one with 648, a wrong source with 649 (CH-7)', () => {
    const expiresAt = '2026-06-01T00:00:01Z';
    const table = new UserTable([
      user('suspended', { suspended: true, expiresAt: '2020-01-01T00:00:00Z' }),
      user('expiring', { expiresAt }),
      user('local', { allowedSources: ['198.51.100.0/24', '192.0.2.7/32'] }),
    ]);
    const code = (name: string, source = home, at = now) => table.judge(name, source, at).refusal?.errorCode;
    assert.equal(code('suspended'), 647);
    assert.equal(code('expiring', home, now + 999), undefined);
    assert.equal(code('expiring', home, now + 1000), 648);
    assert.equal(code('local'), undefined);
    assert.equal(code('local', parseAddress('192.0.2.8')), 649);
    assert.equal(
      toHex(table.judge('suspended', home, now).ntHash),
      hash,
      'only who knows the password hears it',
    );
  });

  it('closes the door on what it cannot read', () => {
    const table = new UserTable([
      user('a', { expiresAt: 'soon' }),
      user('b', { allowedSources: ['anywhere'] }),
    ]);
    assert.equal(table.judge('a', home, now).refusal?.errorCode, 648);
    assert.equal(table.judge('b', home, now).refusal?.errorCode, 649);
  });

  it('keeps the first of two users who claim one username', () => {
    const table = new UserTable([user('first', { username: 'x' }), user('second', { username: 'x' })]);
    assert.equal(table.judge('x', home, now).user?.name, 'first');
    const known = table.reload([], now).map(({ before }) => before.name);
    assert.deepEqual(known, ['first']);
  });

  it('says what a reload changes for whom, and nothing of those it leaves alone', () => {
    const cases: [string, Partial<GatewayUser>, Partial<GatewayUser>][] = [
      ['suspended', {}, { suspended: true }],
      ['expired', {}, { expiresAt: '2026-05-01T00:00:00Z' }],
      ['username', {}, { username: 'new' }],
      ['password', {}, { ntHash: '0'.repeat(32) }],
      ['address', { address: '10.0.0.1' }, {}],
      ['destinations', { allowedDestinations: ['10.0.0.0/8'] }, { allowedDestinations: ['10.0.0.0/9'] }],
      ['sources', {}, { allowedSources: ['192.0.2.0/24'] }],
      ['maxSessions', {}, { maxSessions: 2 }],
      ['', {}, {}],
      ['', { suspended: true }, { suspended: false }],
      ['expiry', {}, { expiresAt: '2026-07-01T00:00:00Z' }],
      ['expiry', { expiresAt: '2026-07-01T00:00:00Z' }, {}],
      [
        '',
        { allowedSources: ['192.0.2.0/24', '10.0.0.0/8'] },
        { allowedSources: ['10.0.0.0/8', '192.0.2.0/24'] },
      ],
    ];
    for (const [change, before, after] of cases) {
      const table = new UserTable([user('alice', before), user('bob')]);
      const changed = table.reload([user('bob'), user('alice', after), user('carol')], now);
      const wanted = change === '' ? [] : [['alice', [change]]];
      assert.deepEqual(
        changed.map(({ after: now_, changes }) => [now_?.name, changes]),
        wanted,
      );
      assert.equal(table.judge('carol', home, now).user?.name, 'carol');
    }
    const table = new UserTable([user('alice'), user('bob')]);
    const [changed] = table.reload([user('bob')], now);
    assert.deepEqual(
      [changed?.before.name, changed?.after, changed?.changes],
      ['alice', undefined, ['removed']],
    );
    assert.equal(table.judge('alice', home, now).user, undefined);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { GatewayUser } from '../../src/api/gateway-config.ts';
import { AddressPool } from '../../src/gateway/address-pool.ts';
import type { Journal, Refused } from '../../src/gateway/journal.ts';
import { judgeLogin } from '../../src/gateway/login.ts';
import { Penalties } from '../../src/gateway/penalties.ts';
import type { Session } from '../../src/gateway/session.ts';
import type { Settings } from '../../src/gateway/settings.ts';
import { UserTable, userKey } from '../../src/gateway/user-table.ts';
import { parseAddress, parseCidr } from '../../src/protocol/ip/address.ts';
import type { AuthenticationAttempt } from '../../src/protocol/ppp/link.ts';

const rightHash = '11'.repeat(16);
const WallClock = Date.parse('2026-06-01T00:00:00Z');
const home = parseAddress('203.0.113.2')!;

function user(name: string, more: Partial<GatewayUser> = {}): GatewayUser {
  const lists = { allowedDestinations: [], allowedSources: [] };
  return {
    namespace: 'vpn',
    name,
    username: name,
    ntHash: rightHash,
    suspended: false,
    maxSessions: 1,
    ...lists,
    ...more,
  };
}

/** Knows the right password, or does not. */
function attempt(name: string, knows: 'right' | 'wrong'): AuthenticationAttempt {
  const matches = (hash: Uint8Array) => knows === 'right' && Buffer.from(hash).toString('hex') === rightHash;
  return { nameAsSent: name, name, matches };
}

interface Fake extends Partial<Session> {
  ends: string[];
}

function gateway(users: GatewayUser[], { maximumSessions = 10, pool = '10.77.0.0/29' } = {}) {
  const sessions: Fake[] = [];
  const refused: Refused[] = [];
  const fixed = new Map<string, number>();
  const pools = [{ cidr: parseCidr(pool)!, exclude: [] }];
  const addresses = new AddressPool({ pools, gatewayAddress: parseAddress('10.77.0.1')!, fixed });
  const settings = { gatewayAddress: parseAddress('10.77.0.1')!, dns: [], wins: [], maximumSessions };
  const services = {
    users: new UserTable(users),
    penalties: new Penalties(),
    addresses,
    journal: {
      refusedLogin: (_: Session, __: string, why: Refused) => refused.push(why),
      authenticated: () => {},
    } as unknown as Journal,
    settings: () => settings as unknown as Settings,
    wallClock: () => WallClock,
    sessionCount: () => sessions.filter((session) => session.user !== undefined).length,
    sessionsOf: (whose: GatewayUser) =>
      sessions.filter(
        ({ user }) => user !== undefined && userKey(user) === userKey(whose),
      ) as unknown as Session[],
    authenticated: () => {},
  };
  const call = (peerAddress = home): Fake => {
    const fake: Fake = {
      peerAddress,
      ends: [],
      terminate: (reason) => void fake.ends.push(reason),
      lost: () => {
        sessions.splice(sessions.indexOf(fake), 1);
        if (fake.address !== undefined) addresses.release(fake.address, 0);
      },
    };
    sessions.push(fake);
    return fake;
  };
  const logIn = (session: Fake, name: string, knows: 'right' | 'wrong' = 'right', now = 0) => {
    const verdict = judgeLogin(services, session as unknown as Session, attempt(name, knows), now);
    return verdict.accepted ? 'accepted' : verdict.errorCode;
  };
  return { call, logIn, refused, sessions };
}

describe('judgeLogin', () => {
  const users = [
    user('alice'),
    user('suspended', { suspended: true }),
    user('expired', { expiresAt: '2026-01-01T00:00:00Z' }),
    user('elsewhere', { allowedSources: ['192.0.2.0/24'] }),
  ];

  for (const [name, code, result] of [
    ['suspended', 647, 'suspended'],
    ['expired', 648, 'expired'],
    ['elsewhere', 649, 'source_not_allowed'],
    ['nobody', 691, 'bad_credentials'],
  ] as const) {
    it(`refuses ${name} with E=${code}, and 691 to whoever does not know the password (CH-6)`, () => {
      const { call, logIn, refused } = gateway(users);
      const [knowing, guessing] = [call(), call()];
      assert.equal(logIn(knowing, name), code);
      assert.equal(refused[0]?.result, result);
      assert.equal(knowing.refusal, result);
      assert.equal(logIn(guessing, name, 'wrong'), 691);
      assert.equal(refused[1]?.result, 'bad_credentials');
    });
  }

  it('answers a penalised guess and a penalised right password like a wrong one', () => {
    const { call, logIn, refused } = gateway(users);
    const codes = Array.from({ length: 5 }, () => logIn(call(), 'alice', 'wrong'));
    assert.deepEqual(codes, [691, 691, 691, 691, 691]);
    assert.equal(logIn(call(), 'alice', 'right'), 691);
    assert.equal(refused.at(-1)?.result, 'penalized');
    assert.equal(logIn(call(), 'alice', 'right', 120_000), 'accepted');
  });

  it("replaces the user's oldest session, and only with the right password", () => {
    const { call, logIn, sessions } = gateway([user('alice', { maxSessions: 2 })]);
    const [first, second, third] = [call(), call(), call()];
    logIn(first, 'alice');
    logIn(second, 'alice');
    assert.equal(logIn(third, 'alice', 'wrong'), 691);
    assert.deepEqual(first.ends, []);
    assert.equal(logIn(third, 'alice'), 'accepted');
    assert.deepEqual([first.ends, second.ends, sessions.length], [['replaced'], [], 2]);
  });

  it('lets in as many as sessions.max, then answers 930; one who replaces his own session is no more', () => {
    const { call, logIn, refused } = gateway([user('a'), user('b'), user('c')], { maximumSessions: 2 });
    const first = call();
    assert.deepEqual(
      [logIn(first, 'a'), logIn(call(), 'b'), logIn(call(), 'c')],
      ['accepted', 'accepted', 930],
    );
    assert.equal(refused[0]?.result, 'too_many_sessions');
    assert.equal(logIn(call(), 'a'), 'accepted');
  });

  it('lets a session that is in log in again on its link when the server is full, with its address', () => {
    const { call, logIn } = gateway([user('a')], { maximumSessions: 1 });
    const session = call();
    logIn(session, 'a');
    const { address } = session;
    assert.equal(logIn(session, 'a'), 'accepted');
    assert.equal(session.address, address);
  });

  it("gives nobody another user's link: it would keep that one's address", () => {
    const { call, logIn } = gateway([user('a'), user('b')]);
    const session = call();
    logIn(session, 'a');
    assert.equal(logIn(session, 'b'), 649);
    assert.equal(session.user?.name, 'a');
  });

  it('answers 930 when no address is free, and says so', () => {
    const { call, logIn, refused } = gateway([user('a'), user('b')], { pool: '10.77.0.0/30' });
    assert.equal(logIn(call(), 'a'), 'accepted');
    assert.equal(logIn(call(), 'b'), 930);
    assert.equal(refused[0]?.result, 'no_address');
  });
});

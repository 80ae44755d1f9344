import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Value } from 'typebox/value';
import { findingMessage } from '../../src/api/finding.ts';
import type { ObjectMetadata } from '../../src/api/names.ts';
import { type ResolveInput, resolve } from '../../src/api/resolve.ts';
import type { Secret } from '../../src/api/secret.ts';
import { type VpnServer, vpnServerSpec } from '../../src/api/vpn-server.ts';
import { type VpnUser, vpnUserSpec } from '../../src/api/vpn-user.ts';

const now = Date.UTC(2026, 0, 1);

function server(metadata: Partial<ObjectMetadata> = {}, spec: object = {}): VpnServer {
  const complete = Value.Default(vpnServerSpec, {
    addressPools: [{ cidr: '10.77.0.0/24' }],
    ...structuredClone(spec),
  });
  return { metadata: { namespace: 'vpn', name: 'office', ...metadata }, spec: complete as VpnServer['spec'] };
}

function user(name: string, spec: object = {}, metadata: Partial<ObjectMetadata> = {}): VpnUser {
  const written = {
    serverRef: { name: 'office' },
    passwordSecretRef: { name: 'shared' },
    ...structuredClone(spec),
  };
  return {
    metadata: { namespace: 'vpn', name, ...metadata },
    spec: Value.Default(vpnUserSpec, written) as VpnUser['spec'],
  };
}

const secret = (name: string, stringData: Record<string, string>, namespace = 'vpn'): Secret => ({
  metadata: { namespace, name },
  stringData,
});
const shared = secret('shared', { password: 'clientPass' });

function outcome(input: Partial<ResolveInput>) {
  const { gateways, findings } = resolve({
    servers: [server()],
    users: [],
    secrets: [shared],
    now,
    ...input,
  });
  return {
    gateways,
    admitted: gateways.flatMap(({ users }) => users.map(({ name }) => name)),
    told: findings.map(
      ({ object, reason, severity }) => `${object.namespace}/${object.name} ${reason} ${severity}`,
    ),
    messages: findings.map(findingMessage),
  };
}

describe('the resolution of users', () => {
  it('gives each server its users, with hashes and the limits of the server where they have none', () => {
    const servers = [
      server({}, { sessions: { maxPerUser: 3 } }),
      server({ name: 'home' }, { listenAddresses: ['192.0.2.1'] }),
    ];
    const users = [
      user('alice', { username: 'Alice' }),
      user('bob', { serverRef: { name: 'home' }, maxSessions: 2 }),
    ];
    const { gateways } = outcome({ servers, users });
    assert.deepEqual(gateways[0]?.users, [
      {
        namespace: 'vpn',
        name: 'alice',
        username: 'Alice',
        ntHash: '44ebba8d5312b8d611474411f56989ae',
        suspended: false,
        maxSessions: 3,
        allowedDestinations: [],
        allowedSources: [],
      },
    ]);
    assert.deepEqual(
      gateways[1]?.users.map(({ username, maxSessions }) => [username, maxSessions]),
      [['bob', 2]],
    );
  });

  it('takes the first host of the first pool for the server when it names no address', () => {
    const { gateways } = outcome({
      servers: [server(), server({ name: 'b' }, { gatewayAddress: '10.77.0.9' })],
    });
    assert.deepEqual(
      gateways.map(({ spec }) => spec.gatewayAddress),
      ['10.77.0.1', '10.77.0.9'],
    );
  });

  it('admits one session to a fixed address, whatever the server allows', () => {
    const servers = [server({}, { sessions: { maxPerUser: 5 } })];
    const { gateways } = outcome({ servers, users: [user('alice', { address: '10.77.0.10' })] });
    assert.equal(gateways[0]?.users[0]?.maxSessions, 1);
    assert.equal(gateways[0]?.users[0]?.address, '10.77.0.10');
  });

  it('keeps suspended and expired users, so that the gateway can tell them why', () => {
    const users = [
      user('sue', { suspended: true }),
      user('exp', { expiresAt: '2026-01-01T00:00:00Z' }),
      user('later', { expiresAt: '2026-01-01T00:00:01Z' }),
    ];
    const { admitted, told } = outcome({ users });
    assert.deepEqual(admitted, ['sue', 'exp', 'later']);
    assert.deepEqual(told, ['vpn/sue Suspended state', 'vpn/exp Expired state']);
  });

  it('loses only the user with the fault', () => {
    const users = [
      user('a', { passwordSecretRef: { name: 'none' } }),
      user('b'),
      user('c', { serverRef: { name: 'none' } }),
    ];
    const { admitted, told, messages } = outcome({ users });
    assert.deepEqual(admitted, ['b']);
    assert.deepEqual(told, ['vpn/a SecretNotFound fault', 'vpn/c ServerNotFound fault']);
    assert.equal(
      messages[0],
      'spec.passwordSecretRef.name: names a Secret that does not exist, vpn/none: create it with the key password, or correct the name',
    );
    assert.equal(
      messages[1],
      'spec.serverRef: names a VpnServer that does not exist (value "vpn/none"): correct name and namespace, or create that VpnServer',
    );
  });

  it('tells all that is wrong with one user', () => {
    const users = [
      user('a'),
      user('b', { username: 'a', address: '10.99.0.1', passwordSecretRef: { name: 'none' } }),
    ];
    assert.deepEqual(outcome({ users }).told, [
      'vpn/b AddressConflict fault',
      'vpn/b SecretNotFound fault',
      'vpn/b UsernameConflict fault',
    ]);
  });

  it('gives a name to the older user, compares names exactly, and keeps servers apart', () => {
    const at = (second: number) => ({ creationTimestamp: `2026-01-01T00:00:0${second}Z` });
    const users = [
      user('younger', { username: 'x' }, at(2)),
      user('older', { username: 'x' }, at(1)),
      user('other-case', { username: 'X' }, at(3)),
      user('elsewhere', { username: 'x', serverRef: { name: 'home' } }, at(4)),
    ];
    const servers = [server(), server({ name: 'home' }, { addressPools: [{ cidr: '10.78.0.0/24' }] })];
    const { admitted, messages } = outcome({ servers, users, shareNode: () => false });
    assert.deepEqual(admitted, ['older', 'other-case', 'elsewhere']);
    assert.deepEqual(messages, [
      'spec.username: is already taken on vpn/office by VpnUser vpn/older (value "x"): give one of the two another username; names are compared exactly',
    ]);
  });

  it('gives a name to the first by namespace and name when both are of one second, to the first read in files', () => {
    const same = { creationTimestamp: '2026-01-01T00:00:00Z' };
    const users = [user('b', { username: 'x' }, same), user('a', { username: 'x' }, same)];
    assert.deepEqual(outcome({ users }).admitted, ['a']);
    assert.deepEqual(
      outcome({ users: [user('b', { username: 'x' }), user('a', { username: 'x' })] }).admitted,
      ['b'],
    );
  });

  it('keeps the claims of a user whose password is broken: its repair must not cost another user', () => {
    const users = [
      user('a', { username: 'x', passwordSecretRef: { name: 'none' } }),
      user('b', { username: 'x' }),
    ];
    assert.deepEqual(outcome({ users }).admitted, []);
  });

  it('gives no claims to users from namespaces that are not allowed', () => {
    const foreign = user(
      'a',
      { username: 'x', serverRef: { name: 'office', namespace: 'vpn' } },
      { namespace: 'team' },
    );
    const secrets = [shared, secret('shared', { password: 'x' }, 'team')];
    const refused = outcome({ users: [foreign, user('b', { username: 'x' })], secrets });
    assert.deepEqual(refused.admitted, ['b']);
    assert.deepEqual(refused.told, ['team/a NotAllowed fault']);
    for (const allowedNamespaces of [['team'], ['*']]) {
      const servers = [server({}, { users: { allowedNamespaces } })];
      assert.deepEqual(outcome({ servers, users: [foreign], secrets }).admitted, ['a']);
    }
  });

  it('looks for the Secret in the namespace of the user only', () => {
    const foreign = user('a', { serverRef: { name: 'office', namespace: 'vpn' } }, { namespace: 'team' });
    const servers = [server({}, { users: { allowedNamespaces: ['*'] } })];
    assert.deepEqual(outcome({ servers, users: [foreign] }).told, ['team/a SecretNotFound fault']);
  });

  it('refuses an address that no client can have', () => {
    const servers = [
      server(
        {},
        {
          addressPools: [{ cidr: '10.77.0.0/24', exclude: ['10.77.0.240/28'] }],
          gatewayAddress: '10.77.0.2',
        },
      ),
    ];
    const wrong = {
      '10.78.0.1': 'is in no pool of the server',
      '10.77.0.241': 'is in the excluded range 10.77.0.240/28',
      '10.77.0.2': 'is the address of the server itself',
      '10.77.0.0': 'is the network or broadcast address of its pool',
    };
    for (const [address, what] of Object.entries(wrong)) {
      const { admitted, told, messages } = outcome({ servers, users: [user('a', { address })] });
      assert.deepEqual([admitted, told], [[], ['vpn/a AddressConflict fault']]);
      assert.ok(messages[0]?.startsWith(`spec.address: ${what} (value "${address}"): `), messages[0]);
    }
    assert.deepEqual(outcome({ servers, users: [user('a', { address: '10.77.0.1' })] }).admitted, ['a']);
  });

  it('leaves out a user whose expiry is no time, as an older rule let it be, and nobody else', () => {
    const users = [user('a', { expiresAt: '2036-01-01T00:00:00,5Z' }), user('b')];
    const { admitted, told, messages } = outcome({ users });
    assert.deepEqual([admitted, told], [['b'], ['vpn/a Expired fault']]);
    assert.match(
      messages[0] ?? '',
      /^spec\.expiresAt: is not a time \(value "2036-01-01T00:00:00,5Z"\): write/,
    );
  });

  it('gives an address to one user of a server', () => {
    const users = [user('a', { address: '10.77.0.10' }), user('b', { address: '10.77.0.10' })];
    const { admitted, messages } = outcome({ users });
    assert.deepEqual(admitted, ['a']);
    assert.match(
      messages[0] ?? '',
      /^spec\.address: is already taken on vpn\/office by VpnUser vpn\/a \(value "10\.77\.0\.10"\): /,
    );
  });

  it('finds the generated Secret of a user who names none, and else says what to write', () => {
    const generated = user('a', { passwordSecretRef: undefined });
    delete (generated.spec as { passwordSecretRef?: unknown }).passwordSecretRef;
    assert.deepEqual(
      outcome({ users: [generated], secrets: [secret('a-vpn', { password: 'x' })] }).admitted,
      ['a'],
    );
    assert.deepEqual(outcome({ users: [generated] }).messages, [
      'spec.passwordSecretRef: is missing, and there is no Secret vpn/a-vpn either: write a Secret with the key password, and its name here as {name: a}',
    ]);
  });

  it('tells a missing key from a password that cannot be used', () => {
    const secrets = [secret('no-key', { other: 'x' }), secret('empty', { password: '' })];
    const users = [
      user('a', { passwordSecretRef: { name: 'no-key' } }),
      user('b', { passwordSecretRef: { name: 'empty' } }),
    ];
    const { told, messages } = outcome({ users, secrets });
    assert.deepEqual(told, ['vpn/a SecretNotFound fault', 'vpn/b PasswordInvalid fault']);
    assert.equal(
      messages[1],
      'spec.passwordSecretRef: names the Secret vpn/empty, which holds an empty password: write a password of at least one character',
    );
  });

  it('never repeats what is in a Secret', () => {
    const hunters = ['hunter2\n', 'hunter2\u0000', `hunter2${'x'.repeat(300)}`];
    for (const password of hunters) {
      const { messages } = outcome({ users: [user('a')], secrets: [secret('shared', { password })] });
      assert.equal(messages.length, 1);
      assert.doesNotMatch(messages[0] ?? '', /hunter2/);
    }
    const hash = outcome({ users: [user('a')], secrets: [secret('shared', { ntHash: 'hunter2' })] });
    assert.doesNotMatch(hash.messages.join(), /hunter2/);
  });

  it('admits 10,000 users in less than two seconds', () => {
    const servers = [server({}, { addressPools: [{ cidr: '10.0.0.0/16' }] })];
    const users = Array.from({ length: 10_000 }, (_, index) => user(`u${index}`));
    // Of the processor: others may have it meanwhile.
    const start = process.cpuUsage();
    assert.equal(outcome({ servers, users }).admitted.length, 10_000);
    assert.ok(process.cpuUsage(start).user < 2_000_000);
  });
});

describe('the resolution of servers', () => {
  const home = (spec: object) =>
    server({ name: 'home' }, { addressPools: [{ cidr: '10.78.0.0/24' }], ...spec });

  it('finds two servers that take calls on one address of one node; the older one stays', () => {
    const both = [server({ creationTimestamp: '2026-01-02T00:00:00Z' }), home({})];
    both[1]!.metadata = { ...both[1]!.metadata, creationTimestamp: '2026-01-01T00:00:00Z' };
    assert.deepEqual(outcome({ servers: both }).told, ['vpn/office ListenAddressConflict fault']);
    assert.deepEqual(outcome({ servers: both, shareNode: () => false }).told, []);
  });

  it('lets servers share a node with addresses of their own', () => {
    const on = (...listenAddresses: string[]) => ({ listenAddresses });
    assert.deepEqual(outcome({ servers: [server({}, on('192.0.2.1')), home(on('192.0.2.2'))] }).told, []);
    const { messages } = outcome({
      servers: [server({}, on('192.0.2.1', '192.0.2.2')), home(on('192.0.2.2'))],
    });
    assert.deepEqual(messages, [
      'spec.listenAddresses: takes calls where VpnServer vpn/office already does, on TCP port 1723 (value "192.0.2.2"): give each of the two addresses of its own in listenAddresses, or nodes of its own in placement',
    ]);
    assert.equal(outcome({ servers: [server({}, on('192.0.2.1')), home({})] }).told.length, 1);
    const wide = home(on('192.0.2.2', '192.0.2.3'));
    assert.equal(outcome({ servers: [server({}, on('192.0.2.2')), wide] }).told.length, 1);
  });

  it('finds pools that overlap those of another server or of the cluster, on whatever node', () => {
    const servers = [server(), home({ addressPools: [{ cidr: '10.78.0.0/24' }, { cidr: '10.77.0.0/16' }] })];
    const { messages } = outcome({
      servers,
      shareNode: () => false,
      reservedRanges: [{ cidr: '10.78.0.0/15', owner: 'the Pods' }],
    });
    assert.deepEqual(messages, [
      'spec.addressPools[0].cidr: overlaps 10.78.0.0/15 of the Pods (value "10.78.0.0/24"): take a range that nobody else uses',
      'spec.addressPools[1].cidr: overlaps 10.77.0.0/24 of VpnServer vpn/office (value "10.77.0.0/16"): take a range that nobody else uses',
    ]);
  });

  it('hands the protected destinations of the cluster to every gateway', () => {
    const { gateways } = outcome({ protectedDestinations: ['10.96.0.0/12'] });
    assert.deepEqual(gateways[0]?.protectedDestinations, ['10.96.0.0/12']);
  });
});

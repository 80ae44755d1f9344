import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { GatewayConfig, GatewayUser } from '../../src/api/gateway-config.ts';
import { encodeGatewayFiles, type GatewayFiles } from '../../src/api/gateway-files.ts';
import { readGatewayFiles } from '../../src/api/gateway-files-reading.ts';
import { serverObject } from '../support/operator/objects.ts';

const spec = { ...serverObject('office').spec, gatewayAddress: '10.77.0.1' };

function user(name: string, more: Partial<GatewayUser> = {}): GatewayUser {
  return {
    namespace: 'vpn',
    name,
    username: name,
    ntHash: '0123456789abcdef0123456789abcdef',
    suspended: false,
    maxSessions: 1,
    allowedDestinations: [],
    allowedSources: ['0.0.0.0/0'],
    ...more,
  };
}

function config(users: readonly GatewayUser[]): GatewayConfig {
  return {
    server: { namespace: 'vpn', name: 'office' },
    spec,
    protectedDestinations: ['10.96.0.0/12'],
    users,
  };
}

const encode = (users: readonly GatewayUser[]) =>
  encodeGatewayFiles({ config: config(users), slices: { n1: ['10.77.0.0/25'] }, releasing: [] });

function reader(files: GatewayFiles, change: Record<string, string | undefined> = {}) {
  const texts: Record<string, string | undefined> = { 'config.json': files.config };
  for (const [shard, text] of files.users.entries()) texts[`users-${shard}.json`] = text;
  Object.assign(texts, change);
  return (name: string) => texts[name];
}

describe('the files of a gateway', () => {
  const alice = user('alice', {
    address: '10.77.0.10',
    expiresAt: '2036-01-01T00:00:00Z',
    username: 'アリス',
  });
  const files = encode([alice, user('bob')]);

  it('give back what was written, with the slice of the node', () => {
    const result = readGatewayFiles(reader(files), 'n1');
    assert.deepEqual(result, {
      kind: 'config',
      config: { ...config([alice, user('bob')]), slice: ['10.77.0.0/25'] },
      hash: files.hash,
    });
  });

  it('give a node that was not thought of an empty slice, never the whole pool', () => {
    for (const node of ['n2', 'constructor', '__proto__']) {
      const result = readGatewayFiles(reader(files), node);
      assert.deepEqual(result.kind === 'config' && result.config.slice, []);
    }
  });

  it('are waited for while one is missing, or older than the other', () => {
    assert.equal(readGatewayFiles(reader(files, { 'config.json': undefined }), 'n1').kind, 'incomplete');
    assert.equal(readGatewayFiles(reader(files, { 'users-0.json': undefined }), 'n1').kind, 'incomplete');
    const newer = encode([alice]);
    const result = readGatewayFiles(reader(files, { 'users-0.json': newer.users[0] }), 'n1');
    assert.match(
      result.kind === 'incomplete' ? result.message : '',
      /^users-0\.json does not belong to config\.json/,
    );
  });

  it('are refused in every truncated form, and nothing throws', () => {
    for (let length = 0; length < files.config.length; length++) {
      const { kind } = readGatewayFiles(
        reader(files, { 'config.json': files.config.slice(0, length) }),
        'n1',
      );
      assert.equal(kind, 'fault', `of ${length} characters`);
    }
    for (const text of [
      'null',
      '[]',
      '3',
      '"x"',
      '{}',
      '{"formatVersion":1}',
      '{"formatVersion":2,"users":[]}',
    ])
      assert.equal(readGatewayFiles(reader(files, { 'config.json': text }), 'n1').kind, 'fault', text);
  });

  it('are refused with a field that is wrong, and no hash is ever shown', () => {
    const wrong = encode([alice, user('bob', { maxSessions: 0 }), user('eve', { ntHash: 'short-secret' })]);
    const result = readGatewayFiles(reader(wrong), 'n1');
    assert.equal(result.kind, 'fault');
    const text = result.kind === 'fault' ? result.message : '';
    assert.match(text, /^users-0\.json: \[1\]\.maxSessions/);
    assert.doesNotMatch(text, /short-secret|0123456789abcdef/);
  });

  it('fit into Secrets with ten thousand users, and one user changes one of them', () => {
    const users = Array.from({ length: 10_000 }, (_, index) => user(`user-${index}`));
    const before = encode(users);
    assert.ok(before.users.length > 1);
    for (const shard of before.users)
      assert.ok(Buffer.byteLength(shard) <= 700_000, `${Buffer.byteLength(shard)} bytes`);
    const after = encode(
      users.map((each) => (each.name === 'user-4711' ? { ...each, suspended: true } : each)),
    );
    const changed = before.users.filter((shard, index) => shard !== after.users[index]);
    assert.equal(changed.length, 1);
    assert.notEqual(before.hash, after.hash);
    const result = readGatewayFiles(reader(before), 'n1');
    assert.equal(result.kind === 'config' && result.config.users.length, 10_000);
  });

  it('count bytes, not characters', () => {
    const users = Array.from({ length: 2_000 }, (_, index) =>
      user(`u-${index}`, { username: `${'語'.repeat(250)}${index}` }),
    );
    for (const shard of encode(users).users) assert.ok(Buffer.byteLength(shard) <= 700_000);
  });
});

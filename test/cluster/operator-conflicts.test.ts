// What only several objects together make wrong becomes a condition and an Event, and harms nobody else.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ntPasswordHash } from '../../src/protocol/ppp/ms-chap-v2.ts';
import { cannotRunApi, givenKubeconfig } from '../support/kubernetes/programs.ts';
import { eventually } from '../support/lab/commands.ts';
import type { FakeNode } from '../support/operator/fake-node.ts';
import { serveOffice } from '../support/operator/office.ts';
import { password, vpnServer, vpnUser } from '../support/operator/operator-documents.ts';
import { OperatorLab } from '../support/operator/operator-lab.ts';

const skip = givenKubeconfig() ? 'needs an API server of its own' : cannotRunApi();

interface SecretObject {
  data: Record<string, string>;
  metadata: { uid: string; ownerReferences?: { kind: string }[] };
}

describe('objects in conflict', { skip }, () => {
  let lab: OperatorLab;
  let node: FakeNode;

  before(async () => {
    lab = await OperatorLab.start();
    lab.startOperator();
    node = await serveOffice(lab);
    // Claims are in order of creation, in whole seconds.
    await new Promise((done) => setTimeout(done, 1_100));
  });
  after(async () => {
    node?.close();
    await lab?.close();
  });

  const user = (name: string, pattern: RegExp) => lab.untilCondition('vpnu', name, pattern);
  const server = (name: string, pattern: RegExp) => lab.untilCondition('vpns', name, pattern);

  it('are servers on one port of one node: the older one wins', async () => {
    await lab.apply(vpnServer('second', { addressPools: [{ cidr: '10.99.0.0/24' }] }));
    await server(
      'second',
      /^False ListenAddressConflict: spec\.listenAddresses: .*VpnServer vpn\/office.*: give each/,
    );
    assert.equal(await lab.get('daemonset', 'second-vpn-gateway'), undefined);
    assert.match(await lab.condition('vpns', 'office'), /^True GatewaysReady/);
    await lab.apply(
      vpnServer('second', {
        addressPools: [{ cidr: '10.99.0.0/24' }],
        placement: { nodeSelector: { site: 'b' } },
      }),
    );
    await server('second', /^False NoNodeMatches: no node with site=b can be used; label a node/);
  });

  it('are pools that overlap another server’s, Pods or nodes', async () => {
    const elsewhere = { placement: { nodeSelector: { site: 'c' } } };
    await lab.apply(vpnServer('third', { addressPools: [{ cidr: '10.77.0.128/25' }], ...elsewhere }));
    await server(
      'third',
      /^False PoolConflict: spec\.addressPools\[0\]\.cidr: overlaps 10\.77\.0\.0\/24 of VpnServer vpn\/office/,
    );
    await lab.kubectl.run([
      'patch',
      'node',
      'node1',
      '-p',
      '{"spec":{"podCIDR":"10.244.1.0/24","podCIDRs":["10.244.1.0/24"]}}',
    ]);
    await lab.apply(vpnServer('third', { addressPools: [{ cidr: '10.244.0.0/16' }], ...elsewhere }));
    await server('third', /^False PoolConflict: .*overlaps 10\.244\.1\.0\/24 of the Pods of node node1/);
    await eventually('the Pods among the protected', 10_000, () =>
      node.config?.protectedDestinations.includes('10.244.1.0/24') ? true : undefined,
    );
    await lab.kubectl.run(['delete', 'vpns', 'second', 'third', '-n', 'vpn']);
  });

  it('are users with one name or address, or a foreign one, or no server or Secret', async () => {
    await lab.kubectl.run(['create', 'namespace', 'tenant']);
    await lab.apply(
      vpnUser('bob', { username: 'alice' }),
      password('bob', 'b'),
      vpnUser('carol', { address: '192.0.2.1' }),
      password('carol', 'c'),
      vpnUser('dave', { serverRef: { name: 'nowhere' } }),
      password('dave', 'd'),
      vpnUser('erin'),
      vpnUser('frank', { passwordSecretRef: { name: 'frank', key: 'pin' } }),
      password('frank', 'f'),
      vpnUser('mallory', { serverRef: { name: 'office', namespace: 'vpn' } }, 'tenant'),
      password('mallory', 'm', 'tenant'),
      vpnUser('grace', { expiresAt: '2020-01-01T00:00:00Z' }),
      password('grace', 'g'),
    );
    await user(
      'bob',
      /^False UsernameConflict: spec\.username: is already taken on vpn\/office by VpnUser vpn\/alice \(value "alice"\): give/,
    );
    await user('carol', /^False AddressConflict: spec\.address: is in no pool/);
    await user(
      'dave',
      /^False ServerNotFound: spec\.serverRef: names a VpnServer that does not exist \(value "vpn\/nowhere"\)/,
    );
    await user('erin', /^False SecretNotFound: spec\.passwordSecretRef\.name/);
    await user('frank', /^False SecretNotFound: .*has no key pin/);
    await user('grace', /^False Expired/);
    await lab.untilCondition(
      'vpnu',
      'mallory',
      /^False NotAllowed: .*add tenant to spec\.users\.allowedNamespaces/,
      'Ready',
      'tenant',
    );
    assert.match(await lab.condition('vpnu', 'alice'), /^True Active/);
    await lab.untilEvents('UsernameConflict', 'AddressConflict', 'ServerNotFound', 'SecretNotFound');
  });

  it('are broken Secrets: not UTF-8, empty, or a megabyte, each of one user only', async () => {
    const broken = (name: string, value: string) => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace: 'vpn' },
      data: { password: value },
    });
    const secrets = { binary: '/w==', empty: '', large: Buffer.alloc(1_000_000, 'x').toString('base64') };
    for (const [name, value] of Object.entries(secrets)) await lab.apply(vpnUser(name), broken(name, value));
    await user('binary', /^False PasswordInvalid: .*is not text in UTF-8/);
    await user('empty', /^False PasswordInvalid: .*holds an empty password/);
    await user('large', /^False PasswordInvalid: .*more than 256 characters/);
    assert.match(await lab.condition('vpnu', 'alice'), /^True Active/);
  });

  it('end when their cause ends', async () => {
    await lab.apply(password('erin', 'e'));
    await user('erin', /^True Active/);
    await lab.kubectl.run(['delete', 'vpnu', 'alice', '-n', 'vpn']);
    await user('bob', /^True Active/);
    await lab.apply(
      vpnServer('nowhere', { addressPools: [{ cidr: '10.98.0.0/24' }], listenAddresses: ['192.0.2.200'] }),
    );
    await user('dave', /^True Active/);
  });

  it('do not keep a user without passwordSecretRef from a generated one, with profiles for clients', async () => {
    const { passwordSecretRef: _, ...spec } = (vpnUser('heidi') as { spec: Record<string, unknown> }).spec;
    await lab.apply({ ...vpnUser('heidi'), spec });
    await user('heidi', /^True Active/);
    const text = (secret: SecretObject, key: string) =>
      Buffer.from(secret.data[key] ?? '', 'base64').toString();
    const secret = await eventually('the Secret', 10_000, () => lab.get<SecretObject>('secret', 'heidi-vpn'));
    assert.equal(secret.metadata.ownerReferences?.[0]?.kind, 'VpnUser');
    const generated = text(secret, 'password');
    assert.match(generated, /^[a-z2-9]{5}(-[a-z2-9]{5}){3}$/);
    assert.equal(text(secret, 'server'), '127.0.1.1');
    for (const key of ['pppd-peer', 'networkmanager.nmconnection', 'windows.ps1', 'routeros.rsc'])
      assert.ok(text(secret, key).includes(generated), key);
    const hashOf = (name: string) => node.config?.users.find((each) => each.name === name)?.ntHash;
    const expected = Buffer.from(ntPasswordHash(generated)).toString('hex');
    await eventually('her hash at the gateway', 10_000, () =>
      hashOf('heidi') === expected ? true : undefined,
    );
    await lab.kubectl.run(['delete', 'secret', 'heidi-vpn', '-n', 'vpn']);
    await eventually('another password', 10_000, () => {
      const hash = hashOf('heidi');
      return hash !== undefined && hash !== expected ? true : undefined;
    });
    await lab.kubectl.run([
      'patch',
      'vpnu',
      'heidi',
      '-n',
      'vpn',
      '--type=merge',
      '-p',
      '{"spec":{"passwordSecretRef":{"name":"erin"}}}',
    ]);
    await eventually('no leftover', 10_000, async () =>
      (await lab.get('secret', 'heidi-vpn')) === undefined ? true : undefined,
    );
  });
});

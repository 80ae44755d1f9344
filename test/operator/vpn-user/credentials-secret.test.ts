import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { SecretObject, VpnServerObject } from '../../../src/operator/objects.ts';
import { keepCredentials } from '../../../src/operator/vpn-user/credentials.ts';
import { serverObject, userObject } from '../../support/operator/objects.ts';

const alice = userObject('alice', { passwordSecretRef: undefined });

function officeWith(ready: 'True' | 'False', ...addresses: string[]): VpnServerObject {
  const endpoints = addresses.map((address) => ({ node: `node-${address}`, address }));
  const condition = { type: 'Ready', status: ready, reason: 'X', message: '', lastTransitionTime: '' };
  return { ...serverObject('office'), status: { endpoints, conditions: [condition] } };
}

describe('the generated Secret of a user', () => {
  let secret: SecretObject | undefined;
  let writes: number;

  beforeEach(() => {
    secret = undefined;
    writes = 0;
  });

  async function keep(server: VpnServerObject, user = alice, isNamed = false): Promise<void> {
    const merge = (wanted: SecretObject) => {
      secret = { ...wanted, data: { ...secret?.data, ...wanted.data } };
      writes++;
    };
    const services = {
      cluster: {
        create: async (_: unknown, wanted: SecretObject) => merge(wanted),
        delete: async () => {
          secret = undefined;
        },
      },
      applier: {
        ensure: async (_: unknown, wanted: SecretObject) => {
          const isNews = Object.entries(wanted.data ?? {}).some(
            ([key, text]) => secret?.data?.[key] !== text,
          );
          if (isNews) merge(wanted);
        },
      },
    };
    await keepCredentials(services as never, { user, server, secret, isNamed });
  }

  const text = (key: string) => Buffer.from(secret?.data?.[key] ?? '', 'base64').toString();

  it('keeps its password and names the addresses of ready gateways', async () => {
    await keep(officeWith('False'));
    const password = text('password');
    assert.equal(text('server'), 'SERVER-ADDRESS');
    await keep(officeWith('True', '192.0.2.1', '192.0.2.2'));
    assert.deepEqual([text('password'), text('servers')], [password, '192.0.2.1\n192.0.2.2']);
  });

  it('is not written because a gateway is away for a moment', async () => {
    await keep(officeWith('True', '192.0.2.1', '192.0.2.2'));
    const before = writes;
    for (const away of [officeWith('False', '192.0.2.2'), officeWith('False')]) await keep(away);
    await keep(officeWith('True', '192.0.2.1', '192.0.2.2'));
    assert.equal(writes, before);
  });

  it('follows when a gateway is gone for good, and when one is new', async () => {
    await keep(officeWith('True', '192.0.2.1', '192.0.2.2'));
    await keep(officeWith('True', '192.0.2.2'));
    assert.deepEqual([text('server'), text('servers')], ['192.0.2.2', '192.0.2.2']);
    await keep(officeWith('False', '192.0.2.2', '192.0.2.3'));
    assert.equal(text('servers'), '192.0.2.2\n192.0.2.3');
  });

  it('is the work of whoever made one of that name, and then left alone', async () => {
    secret = {
      ...{ apiVersion: 'v1', kind: 'Secret', metadata: { namespace: 'vpn', name: 'alice-vpn' } },
      data: { password: 'eA==' },
    };
    await keep(officeWith('True', '192.0.2.1'));
    assert.equal(writes, 0);
  });

  it('stays as it is once somebody made it immutable: nothing could be written but a new one', async () => {
    await keep(officeWith('True', '192.0.2.1'));
    secret = { ...secret!, immutable: true };
    const before = writes;
    await keep(officeWith('True', '192.0.2.9'));
    assert.equal(writes, before);
  });

  it('goes when its user names another one, unless somebody names it', async () => {
    const elsewhere = userObject('alice', { passwordSecretRef: { name: 'other' } });
    const itself = userObject('alice', { passwordSecretRef: { name: 'alice-vpn' } });
    const office = officeWith('True', '192.0.2.1');
    await keep(office);
    await keep(office, itself, true);
    assert.notEqual(text('password'), '');
    await keep(office, elsewhere);
    assert.equal(secret, undefined);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readDocuments } from '../../src/api/documents.ts';
import { validate } from '../../src/api/validate.ts';

describe('the validation of documents', () => {
  const text = `apiVersion: vpn-operator.dev/v1alpha1
kind: VpnServer
metadata: {name: office, uid: "1", labels: {a: b}}
spec:
  addressPools: [{cidr: 10.77.0.0/24, exclude: }]
  mtu:
  sessions: {max: , maxPerUser: 2}
  gatewayAddress:
status: {sessions: 3}
`;

  it('completes them as the API server does: an empty field counts as absent, then defaults apply', () => {
    const { servers, faults } = validate(readDocuments('f.yaml', text).documents);
    assert.deepEqual(faults, []);
    assert.equal(servers[0]?.metadata.namespace, 'default');
    const { addressPools, mtu, sessions, ...rest } = servers[0]!.spec;
    assert.deepEqual(addressPools, [{ cidr: '10.77.0.0/24' }]);
    assert.deepEqual(mtu, { mode: 'Auto' });
    assert.deepEqual([sessions.max, sessions.maxPerUser], [1000, 2]);
    assert.equal('gatewayAddress' in rest, false);
  });

  it('gives no two objects the same default', () => {
    const second = text.replace('office', 'home');
    const { servers } = validate(readDocuments('f.yaml', `${text}---\n${second}`).documents);
    servers[0]!.spec.routing.allowedDestinations.push('10.0.0.0/8');
    servers[0]!.spec.dns.push('10.0.0.1');
    assert.deepEqual(servers[1]?.spec.routing.allowedDestinations, ['0.0.0.0/0']);
    assert.deepEqual(servers[1]?.spec.dns, []);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { GatewayStatus } from '../../../src/api/gateway-status.ts';
import type { VpnServerStatus } from '../../../src/api/vpn-server-status.ts';
import type { NodeObject } from '../../../src/operator/objects.ts';
import { gatewayState } from '../../../src/operator/vpn-server/gateway-state.ts';
import type { Reported } from '../../../src/operator/vpn-server/reported.ts';
import { serverStatus, steadyPart } from '../../../src/operator/vpn-server/status.ts';
import { nodeObject, podObject, serverObject } from '../../support/operator/objects.ts';

const running = { conditions: [{ type: 'Ready', status: 'True' }], hostIP: '192.0.2.1' };
const answer = (more: Partial<GatewayStatus> = {}) =>
  ({
    ...{ configHash: 'new', ready: true, problems: [], sessions: 2, addresses: { total: 9, used: 2 } },
    pathMTU: { states: {}, tunnelMTU: null, sessions: [] },
    ...more,
  }) as unknown as GatewayStatus;

interface Given {
  spec?: object;
  nodes?: NodeObject[];
  report?: GatewayStatus | undefined;
  unreachable?: string;
  status?: VpnServerStatus;
}

function statusOf({ spec = {}, nodes, report = answer(), unreachable, status }: Given = {}): VpnServerStatus {
  const facts = {
    report: unreachable === undefined ? report : undefined,
    unreachable,
    mountFailure: undefined,
  };
  const gateways = [gatewayState({ pod: podObject('node1', running), ...facts })];
  const server = { ...serverObject('office', spec), ...(status === undefined ? {} : { status }) };
  const situation = { server, gateways, nodes, nodeNames: ['node1'] };
  const decision = { conflicts: [], gateways: { files: { hash: 'new' } } };
  return serverStatus({ situation, decision, behind: [], now: 0 } as unknown as Reported);
}

const addresses = (status: VpnServerStatus) => status.endpoints?.map(({ address }) => address);
const conditionOf = ({ conditions = [] }: VpnServerStatus, wanted: string) => {
  const { status, reason, message } = conditions.find(({ type }) => type === wanted) ?? {};
  return `${status} ${reason}: ${message}`;
};

describe('the status of a server', () => {
  it('offers the IPv4 addresses of its nodes, outer ones first, and none of IPv6', () => {
    const ofNode = (...pairs: [string, string][]) => [
      nodeObject('node1', {}, { status: { addresses: pairs.map(([type, address]) => ({ type, address })) } }),
    ];
    const nodes = ofNode(
      ['InternalIP', '10.0.0.1'],
      ['InternalIP', 'fd00::1'],
      ['Hostname', 'node1'],
      ['InternalIP', '10.1.0.1'],
      ['ExternalIP', '203.0.113.1'],
    );
    assert.deepEqual(addresses(statusOf({ nodes })), ['203.0.113.1', '10.0.0.1', '10.1.0.1']);
    assert.deepEqual(addresses(statusOf({ nodes: ofNode(['InternalIP', 'fd00::1']) })), ['192.0.2.1']);
    assert.deepEqual(addresses(statusOf()), ['192.0.2.1']);
  });

  it('offers only what the server listens on, also what Kubernetes does not know of', () => {
    const listen = (...listenAddresses: string[]) => addresses(statusOf({ spec: { listenAddresses } }));
    assert.deepEqual(listen('192.0.2.1', '192.0.2.2'), ['192.0.2.1']);
    assert.deepEqual(listen('198.51.100.1'), ['198.51.100.1']);
  });

  it('says when the operator cannot see what a gateway does, instead of blaming the gateway', () => {
    const status = statusOf({ unreachable: 'http://192.0.2.1:9723/v1/status does not answer (ETIMEDOUT)' });
    assert.match(
      conditionOf(status, 'UsersSynced'),
      /^Unknown GatewayUnreachable: whether node1 .*does not answer \(ETIMEDOUT\)$/,
    );
    assert.match(conditionOf(status, 'Ready'), /^True GatewaysReady/);
  });

  it('stays as it was while a change is on its way to the gateways', () => {
    const before = statusOf();
    assert.match(conditionOf(before, 'UsersSynced'), /^True Loaded/);
    const pending = answer({ configHash: 'old' });
    assert.match(conditionOf(statusOf({ report: pending, status: before }), 'UsersSynced'), /^True Loaded/);
    assert.match(conditionOf(statusOf({ report: pending }), 'UsersSynced'), /^Unknown Loading/);
  });

  it('may lag behind in counts and in the words about paths, and in nothing else', () => {
    const status = statusOf();
    const busier = statusOf({ report: answer({ sessions: 7, addresses: { total: 9, used: 7 } }) });
    assert.notDeepEqual(status, busier);
    assert.deepEqual(steadyPart(status), steadyPart(busier));
    const worse = statusOf({ report: answer({ ready: false }) });
    assert.notDeepEqual(steadyPart(status), steadyPart(worse));
  });
});

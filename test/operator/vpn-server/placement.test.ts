import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HttpPorts } from '../../../src/operator/vpn-server/http-port.ts';
import { gatewayNodes, nodesOf, shareNode } from '../../../src/operator/vpn-server/placement.ts';
import { surroundingsOf } from '../../../src/operator/vpn-server/surroundings.ts';
import { nodeObject, serverObject } from '../../support/operator/objects.ts';

const placed = (placement: object) => serverObject('office', { placement });
const tainted = (key: string, effect = 'NoSchedule', value?: string) =>
  nodeObject('n', {}, { spec: { taints: [{ key, effect, ...(value === undefined ? {} : { value }) }] } });

describe('the nodes of a server', () => {
  it('are those with its labels, and Linux', () => {
    const nodes = [
      nodeObject('a', { site: 'x' }),
      nodeObject('b'),
      nodeObject('c', { site: 'x', 'kubernetes.io/os': 'windows' }),
    ];
    assert.deepEqual(nodesOf(placed({ nodeSelector: { site: 'x' } }), nodes), ['a']);
    assert.deepEqual(nodesOf(placed({}), nodes), ['a', 'b']);
  });

  it('are those whose taints it tolerates', () => {
    const office = (...tolerations: object[]) => placed({ tolerations });
    assert.deepEqual(nodesOf(office(), [tainted('dedicated')]), []);
    assert.deepEqual(nodesOf(office({ key: 'dedicated', operator: 'Exists' }), [tainted('dedicated')]), [
      'n',
    ]);
    const equal = { key: 'dedicated', operator: 'Equal', value: 'vpn' };
    assert.deepEqual(nodesOf(office(equal), [tainted('dedicated', 'NoSchedule', 'vpn')]), ['n']);
    assert.deepEqual(nodesOf(office(equal), [tainted('dedicated', 'NoSchedule', 'db')]), []);
    assert.deepEqual(
      nodesOf(office({ ...equal, effect: 'NoExecute' }), [tainted('dedicated', 'NoSchedule', 'vpn')]),
      [],
    );
    assert.deepEqual(nodesOf(office({ operator: 'Exists' }), [tainted('anything', 'NoExecute')]), ['n']);
    assert.deepEqual(
      nodesOf(office(), [tainted('a', 'PreferNoSchedule'), tainted('node.kubernetes.io/unschedulable')]),
      ['n', 'n'],
    );
  });

  it('are shared when one node suits both; unseen, when no label keeps them apart', () => {
    const [x, y] = [placed({ nodeSelector: { site: 'x' } }), placed({ nodeSelector: { site: 'y' } })];
    const both = [nodeObject('a', { site: 'x' }), nodeObject('b', { site: 'y' })];
    assert.equal(shareNode(x, y, both), false);
    assert.equal(shareNode(x, placed({}), both), true);
    assert.equal(shareNode(x, y, undefined), false);
    assert.equal(shareNode(x, placed({ nodeSelector: { rack: '1' } }), undefined), true);
  });
});

describe('the nodes with gateways', () => {
  const found = (more: Partial<Parameters<typeof gatewayNodes>[0]>) =>
    gatewayNodes({
      ...{ eligible: undefined, running: [], leaving: [], former: [], desired: undefined },
      ...more,
    });

  it('are those that suit the server, and those that have one; who says goodbye lingers', () => {
    const { nodeNames, lingering } = found({ eligible: ['a', 'b'], running: ['b', 'c', ''], leaving: ['d'] });
    assert.deepEqual(
      [nodeNames, lingering],
      [
        ['a', 'b', 'c'],
        ['b', 'c', 'd'],
      ],
    );
  });

  it('stay the same while a pod is replaced, where nodes cannot be seen', () => {
    const both = { former: ['a', 'b'], desired: 2 };
    for (const moment of [
      { running: ['a', 'b'] },
      { running: ['b'], leaving: ['a'] },
      { running: ['b'] },
      { running: ['b'], desired: undefined },
    ])
      assert.deepEqual(
        [...found({ ...both, ...moment }).nodeNames].sort(),
        ['a', 'b'],
        JSON.stringify(moment),
      );
    assert.deepEqual(found({ ...both, running: ['b', 'c'] }).nodeNames, ['b', 'c'], 'another node came');
    assert.deepEqual(found({ ...both, running: ['b'], desired: 1 }).nodeNames, ['b'], 'a node went');
  });
});

describe('the surroundings', () => {
  const nodes = [
    nodeObject(
      'n1',
      {},
      {
        spec: { podCIDRs: ['10.244.1.0/24', 'fd00::/64'] },
        status: {
          addresses: [
            { type: 'InternalIP', address: '192.0.2.1' },
            { type: 'Hostname', address: 'n1' },
          ],
        },
      },
    ),
  ];
  const service = {
    apiVersion: '',
    kind: '',
    metadata: { name: 'kubernetes' },
    spec: { cidrs: ['10.96.0.0/12'] },
  };
  const api = {
    apiVersion: '',
    kind: '',
    metadata: { name: 'kubernetes' },
    endpoints: [{ addresses: ['192.0.2.9', 'fd00::1'] }],
  };
  const found = surroundingsOf({
    ...{ nodes, serviceCidrs: [service], apiServers: [api], extra: ['10.0.0.0/24'] },
    apiServerHost: '10.97.0.1',
  });

  it('close Pods, Services, the API server and what was named to clients, in a stable order', () => {
    assert.deepEqual(found.protectedDestinations, [
      '10.0.0.0/24',
      '10.244.1.0/24',
      '10.96.0.0/12',
      '10.97.0.1/32',
      '192.0.2.9/32',
    ]);
  });

  it('close the API server without any right in the cluster, where it is reached at an IPv4 address', () => {
    const nothing = { nodes: [], serviceCidrs: [], apiServers: [], extra: [] };
    const closed = (apiServerHost: string) =>
      surroundingsOf({ ...nothing, apiServerHost }).protectedDestinations;
    assert.deepEqual(closed('10.96.0.1'), ['10.96.0.1/32']);
    for (const host of ['api.example.com', 'fd00::1']) assert.deepEqual(closed(host), []);
  });

  it('keep pools away from those and from the nodes, and say whose they are', () => {
    assert.deepEqual(
      found.reserved.map(({ cidr, owner }) => `${cidr} ${owner}`),
      [
        '10.244.1.0/24 the Pods of node n1',
        '10.96.0.0/12 the Services of the cluster',
        '10.0.0.0/24 the operator’s --reserved-range',
        '192.0.2.1/32 node n1',
      ],
    );
  });
});

describe('the HTTP port of a server', () => {
  const onPort = (containerPort: number) => {
    const containers = [{ name: 'gateway', ports: [{ name: 'http', containerPort }] }];
    return {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { namespace: 'vpn', name: 'x' },
      spec: { template: { spec: { containers } } },
    };
  };

  const neighbour = (key: string, port?: number, isOlder = true) => ({
    ...{ key, isOlder },
    daemonSet: port === undefined ? undefined : onPort(port),
  });
  const choose = (own: number | undefined, ...neighbours: ReturnType<typeof neighbour>[]) =>
    new HttpPorts().choose('vpn/office', own === undefined ? undefined : onPort(own), neighbours);

  it('is 9723, or the next that no neighbour has, and stays', () => {
    assert.equal(choose(undefined), 9723);
    assert.equal(choose(undefined, neighbour('b', 9724), neighbour('c', 9723)), 9725);
    assert.equal(choose(9724), 9724);
  });

  it('differs for two servers that come together, before anything of them is in the cluster', () => {
    const ports = new HttpPorts();
    assert.equal(ports.choose('a/office', undefined, [neighbour('b/office')]), 9723);
    assert.equal(ports.choose('b/office', undefined, [neighbour('a/office')]), 9724);
    ports.forget('a/office');
    assert.equal(ports.choose('c/office', undefined, [neighbour('a/office')]), 9723);
  });

  it('stays with the older of two servers that become neighbours', () => {
    assert.equal(choose(9723, neighbour('b', 9723)), 9724);
    assert.equal(choose(9723, neighbour('b', 9723, false)), 9723);
  });
});

// The real image on real nodes: what a gateway's pod needs, what it keeps, and that a real Linux client gets in.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Cluster, startCluster } from '../support/kubernetes/cluster.ts';
import { changeFiles, startGateways } from '../support/kubernetes/gateway-pod.ts';
import { projectArchive } from '../support/kubernetes/image.ts';
import { nothingLeftBehind } from '../support/kubernetes/left-behind.ts';
import type { Node } from '../support/kubernetes/node.ts';
import { cannotRunCluster } from '../support/kubernetes/programs.ts';
import { dial } from '../support/lab/client.ts';
import { eventually } from '../support/lab/commands.ts';
import type { Machine } from '../support/lab/machine.ts';
import { type Snapshot, snapshotHost } from '../support/lab/residue.ts';

const slices = { node1: ['10.77.0.0/25'], node2: ['10.77.0.128/25'] };

function documents(change: { destinations?: string; suspended?: string[] } = {}): string {
  const users = ['alice', 'bob'].map(
    (name) => `---
apiVersion: vpn-operator.dev/v1alpha1
kind: VpnUser
metadata: {name: ${name}, namespace: vpn}
spec:
  serverRef: {name: office}
  passwordSecretRef: {name: ${name}}
  suspended: ${change.suspended?.includes(name) ?? false}
---
apiVersion: v1
kind: Secret
metadata: {name: ${name}, namespace: vpn}
stringData: {password: correct horse}
`,
  );
  return `apiVersion: vpn-operator.dev/v1alpha1
kind: VpnServer
metadata: {name: office, namespace: vpn}
spec:
  addressPools: [{cidr: 10.77.0.0/24}]
  routing: {allowedDestinations: [${change.destinations ?? '192.0.2.0/24'}]}
${users.join('')}`;
}

describe('a gateway in a pod', { skip: cannotRunCluster() }, () => {
  let cluster: Cluster;
  let machine: Machine;
  let other: Machine;
  let host: Snapshot;
  const node = (index: number): Node => cluster.nodes[index] ?? assert.fail(`no node ${index}`);

  before(async () => {
    const archive = await projectArchive();
    host = await snapshotHost();
    cluster = await startCluster({ images: [archive] });
    [machine, other] = await Promise.all([
      cluster.addMachine(),
      cluster.addMachine(),
      startGateways(cluster, { documents: documents(), slices }),
    ]);
  });
  after(async () => {
    cluster?.close();
    await nothingLeftBehind(host);
  });

  const gatewayProcess = async (on: Node): Promise<string> => {
    const { output } = await on.attempt(['pgrep', '-f', 'src/cli/main.ts gateway']);
    return output.trim().split('\n')[0] ?? '';
  };
  const threads = async (on: Node, field: string): Promise<string[]> => {
    const pid = await gatewayProcess(on);
    const { output } = await on.attempt(['sh', '-c', `cat /proc/${pid}/task/*/status`]);
    return [...output.matchAll(new RegExp(`^${field}:\\s+(\\S+)`, 'gm'))].map(([, value = '']) => value);
  };
  const login = (user: string, index = 1, from = machine) =>
    dial(from, { server: node(index).address, user, password: 'correct horse' });

  it('lets a real Linux client in on its node’s own address', async () => {
    const connection = await login('alice');
    await connection.up();
    assert.match(await machine.run('ping -c 3 -i 0.2 -W 2 10.77.0.1'), / 0% packet loss/);
    await connection.hangUp();
  });

  it('gives each node its own range of addresses', async () => {
    for (const [index, range] of [
      /^10\.77\.0\.(12[0-7]|1[01]\d|\d\d?)$/,
      /^10\.77\.0\.(12[89]|1[3-9]\d|2\d\d)$/,
    ].entries()) {
      const connection = await login('alice', index);
      await connection.up();
      const address = await machine.run(`ip -o -4 addr show ${connection.device} | awk '{print $4}'`);
      assert.match(address.trim(), range);
      await connection.hangUp();
    }
  });

  it('has no capability in force in any thread, is no root, and can gain nothing', async () => {
    const effective = await threads(node(0), 'CapEff');
    assert.ok(effective.length > 1);
    assert.deepEqual(new Set(effective), new Set(['0'.repeat(16)]));
    assert.deepEqual(new Set(await threads(node(0), 'Uid')), new Set(['65532']));
    assert.deepEqual(new Set(await threads(node(0), 'NoNewPrivs')), new Set(['1']));
  });

  it('is permitted nothing but CAP_NET_ADMIN, and that in its main thread only', async () => {
    const permitted = (await threads(node(0), 'CapPrm')).filter((mask) => !/^0+$/.test(mask));
    assert.deepEqual(permitted, ['0000000000001000']);
  });

  it('has no credential for the cluster', async () => {
    const { output } = await node(0).attempt([
      'sh',
      '-c',
      `ls /proc/${await gatewayProcess(node(0))}/root/var/run/secrets`,
    ]);
    assert.match(output, /No such file/);
  });

  it('follows its files all the same: firewall, users, and nobody else’s session ends', async () => {
    const [alice, bob] = [await login('alice'), await login('bob', 1, other)];
    await Promise.all([alice.up(), bob.up()]);
    const started = performance.now();
    const changed = documents({ destinations: '198.51.100.0/24', suspended: ['alice'] });
    await changeFiles(cluster, { documents: changed, slices });
    await alice.down(10_000);
    const seconds = (performance.now() - started) / 1000;
    assert.ok(seconds < 5, `the suspended user was cut off after ${seconds.toFixed(1)} s`);
    await eventually('the new firewall', 2_000, async () => {
      const { output } = await node(1).attempt(['nft', 'list', 'ruleset']);
      return output.includes('198.51.100.0/24') && !output.includes('192.0.2.0/24') ? 'there' : undefined;
    });
    assert.match(await other.run(`ping -c 2 -i 0.2 -W 2 -I ${bob.device} 10.77.0.1`), / 0% packet loss/);
    await bob.hangUp();
  });

  it('takes everything out of the node’s kernel when its pod is deleted', async () => {
    await cluster.kubectl.run(['delete', 'daemonset', 'gateway', '--timeout=30s']);
    // The garbage collector takes them, after kubectl has returned.
    await eventually('an end of the pods', 40_000, async () => {
      return (await cluster.kubectl.run(['get', 'pods', '-l', 'app=gateway', '-o', 'name'])) === ''
        ? 'gone'
        : undefined;
    });
    const links = await node(1).attempt(['ip', '-o', 'link']);
    const tables = await node(1).attempt(['nft', 'list', 'tables']);
    assert.doesNotMatch(links.output, /vpn-/);
    assert.doesNotMatch(tables.output, /vpn-operator/);
  });
});

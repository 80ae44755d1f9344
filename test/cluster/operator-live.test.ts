// Changes that reach running gateways, and what the gateways' answers become in Kubernetes. The nodes are made of paper.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { cannotRunApi, givenKubeconfig } from '../support/kubernetes/programs.ts';
import { eventually } from '../support/lab/commands.ts';
import { containerStatus, FakeNode } from '../support/operator/fake-node.ts';
import { password, vpnServer, vpnUser } from '../support/operator/operator-documents.ts';
import { OperatorLab, type Writes } from '../support/operator/operator-lab.ts';

const skip = givenKubeconfig() ? 'needs an API server of its own' : cannotRunApi();

describe('running gateways', { skip }, () => {
  let lab: OperatorLab;
  let node: FakeNode;
  let writes: Writes;

  before(async () => {
    lab = await OperatorLab.start();
    writes = lab.startOperator().writes;
    await lab.apply(vpnServer('office'), vpnUser('alice'), password('alice', 'correct horse'));
    node = new FakeNode(lab, 'office', 'node1', '127.0.1.1');
    await node.start();
  });
  after(async () => {
    node?.close();
    await lab?.close();
  });

  const usernames = () => node.config?.users.map(({ username }) => username).sort();
  const until = (what: string, isSo: () => boolean) =>
    eventually(what, 10_000, () => (isSo() ? true : undefined));
  async function timed(what: string, change: () => Promise<unknown>, isSo: () => boolean): Promise<number> {
    await change();
    const began = performance.now();
    await until(what, isSo);
    return performance.now() - began;
  }

  it('make the server ready, with endpoints and columns for people', async () => {
    await lab.untilCondition('vpns', 'office', /^True GatewaysReady: 1 of 1 nodes take calls$/);
    await lab.untilCondition('vpns', 'office', /^True Loaded/, 'UsersSynced');
    const status = (await lab.get<{ status: Record<string, unknown> }>('vpns', 'office'))?.status;
    assert.deepEqual(status?.['endpoints'], [{ node: 'node1', address: '127.0.1.1' }]);
    assert.deepEqual(status?.['summary'], { nodes: '1/1', addresses: '0/253' });
    const table = await lab.kubectl.run(['get', 'vpns,vpnu', '-n', 'vpn']);
    assert.match(table, /office +True +1\/1 +0 +0\/253/);
    assert.match(table, /alice +office +alice +True +Active/);
  });

  it('learn of users that come, change and go within a second', async () => {
    const came = await timed(
      'bob',
      () => lab.apply(vpnUser('bob'), password('bob', 'battery staple')),
      () => usernames()?.join() === 'alice,bob',
    );
    const hash = node.config?.users.find(({ name }) => name === 'bob')?.ntHash;
    const rotated = await timed(
      'the new password',
      () => lab.apply(password('bob', 'another one')),
      () => node.config?.users.find(({ name }) => name === 'bob')?.ntHash !== hash,
    );
    const suspended = await timed(
      'the suspension',
      () =>
        lab.kubectl.run([
          'patch',
          'vpnu',
          'bob',
          '-n',
          'vpn',
          '--type=merge',
          '-p',
          '{"spec":{"suspended":true}}',
        ]),
      () => node.config?.users.find(({ name }) => name === 'bob')?.suspended === true,
    );
    await lab.untilCondition('vpnu', 'bob', /^False Suspended/);
    const went = await timed(
      'no bob',
      () => lab.kubectl.run(['delete', 'vpnu', 'bob', '-n', 'vpn', '--wait=false']),
      () => usernames()?.join() === 'alice',
    );
    for (const time of [came, rotated, suspended, went]) assert.ok(time < 1_000, `${Math.round(time)} ms`);
  });

  const generation = async () =>
    (await lab.get<{ metadata: { generation: number } }>('daemonset', 'office-vpn-gateway'))?.metadata
      .generation;

  it('learn of added pools and name servers without a change of the pod template, and go on', async () => {
    await lab.untilQuiet(writes);
    const [before, done] = [await generation(), writes.done.length];
    const addressPools = [{ cidr: '10.77.0.0/24' }, { cidr: '10.78.0.0/24' }];
    await lab.apply(vpnServer('office', { addressPools, dns: ['10.78.0.1'] }));
    await until('the new settings', () => node.config?.spec.dns[0] === '10.78.0.1');
    assert.ok(node.config?.slice?.some((range) => range.startsWith('10.78.0.')));
    assert.equal(await generation(), before);
    assert.ok(writes.done.slice(done).every((write) => !write.includes('/events')));
  });

  it('are said to start anew before they must, without a change of the pod template', async () => {
    await lab.untilQuiet(writes);
    const [before, done] = [await generation(), writes.done.length];
    const dns = ['10.78.0.1'];
    await lab.apply(vpnServer('office', { addressPools: [{ cidr: '10.78.0.0/24' }], dns }));
    await until('the new address', () => node.config?.spec.gatewayAddress === '10.78.0.1');
    assert.ok(node.config?.slice?.every((range) => range.startsWith('10.78.0.')));
    assert.equal(await generation(), before);
    const news = await eventually('the word of the write', 10_000, () => {
      const now = writes.done.slice(done);
      return now.some((write) => write.endsWith('/secrets/office-vpn-config')) ? now : undefined;
    });
    const told = news.findIndex((write) => write.startsWith('POST') && write.endsWith('/events'));
    const changed = news.findIndex((write) => write.endsWith('/secrets/office-vpn-config'));
    assert.ok(told >= 0 && told < changed, news.join('\n'));
    const jsonpath = 'jsonpath={range .items[*]}{.reason}: {.note}{"\\n"}{end}';
    const events = await lab.kubectl.run(['get', 'events.events.k8s.io', '-n', 'vpn', '-o', jsonpath]);
    assert.match(events, /^RestartingGateways: spec\.gatewayAddress changed, .* all sessions end once$/m);
  });

  it('are asked again when the kubelet sleeps, and the server tells who is behind', async () => {
    await lab.untilCondition('vpns', 'office', /^True Loaded/, 'UsersSynced');
    node.isFollowing = false;
    await lab.apply(vpnUser('carol'), password('carol', 'a third one'));
    const behind = await lab.untilCondition('vpns', 'office', /^False GatewaysBehind/, 'UsersSynced');
    assert.match(behind, /node1 did not load the current configuration/);
    const annotations = await node.annotations();
    assert.ok(Number(annotations['vpn-operator.dev/config-attempt']) >= 2);
    node.isFollowing = true;
    await lab.untilCondition('vpns', 'office', /^True Loaded/, 'UsersSynced');
    assert.ok(usernames()?.includes('carol'));
  });

  it('tell sessions, last seen and last failure of a user, and of the server', async () => {
    const lastSeen = { time: '2026-05-01T10:00:00Z', from: '192.0.2.7' };
    const lastFailure = {
      time: '2026-05-01T09:00:00Z',
      reason: 'bad_credentials',
      message: 'wrong password',
      from: '192.0.2.8',
    };
    node.status = { sessions: 1, addresses: { total: 253, used: 1 }, usedAddresses: ['10.78.0.9'] };
    node.noteUsers([{ namespace: 'vpn', name: 'alice', sessions: 1, lastSeen, lastFailure }]);
    const status = await eventually('the session in the status', 10_000, async () => {
      const user = await lab.get<{ status: Record<string, unknown> }>('vpnu', 'alice');
      return user?.status['sessions'] === 1 ? user.status : undefined;
    });
    assert.deepEqual([status['lastSeen'], status['lastFailure']], [lastSeen, lastFailure]);
    await eventually('the columns', 10_000, async () =>
      /office +True +1\/1 +1 +1\/253/.test(await lab.kubectl.run(['get', 'vpns', '-n', 'vpn']))
        ? true
        : undefined,
    );
    node.status = {};
    node.noteUsers([]);
    await eventually('the end of the session', 10_000, async () => {
      const user = await lab.get<{ status: Record<string, unknown> }>('vpnu', 'alice');
      return user?.status['sessions'] === 0 && user.status['lastSeen'] !== undefined ? true : undefined;
    });
  });

  it('tell why they take no calls, with the fix', async () => {
    node.status = {
      ready: false,
      problems: [{ reason: 'PortTaken', message: 'TCP 0.0.0.0:1723 is taken by another process' }],
    };
    await lab.untilCondition(
      'vpns',
      'office',
      /^False PortTaken: 0 of 1 nodes take calls; node1: TCP 0\.0\.0\.0:1723 is taken/,
    );
    node.status = {};
    await lab.untilCondition('vpns', 'office', /^True GatewaysReady/);
    const waiting = { reason: 'ImagePullBackOff', message: 'Back-off pulling image "vpn-operator:dev"' };
    await node.setStatus({
      phase: 'Pending',
      conditions: [{ type: 'Ready', status: 'False' }],
      containerStatuses: [containerStatus({ waiting })],
    });
    await lab.untilCondition('vpns', 'office', /^False ImagePullFailed: .*node1: Back-off pulling image/);
    await node.setStatus({
      containerStatuses: [containerStatus({ waiting: { reason: 'ContainerCreating' } })],
    });
    const pod = await lab.get<{ metadata: { uid: string } }>('pod', node.pod);
    await lab.apply({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'mount', namespace: 'vpn' },
      involvedObject: { kind: 'Pod', namespace: 'vpn', name: node.pod, uid: pod?.metadata.uid },
      reason: 'FailedMount',
      message: 'hostPath type check failed: /dev/net/tun is not a character device',
      lastTimestamp: '2026-05-01T10:00:00Z',
      type: 'Warning',
    });
    await lab.untilCondition(
      'vpns',
      'office',
      /^False TunMissing: .*node1: the node has no \/dev\/net\/tun; run `modprobe tun`/,
    );
    await lab.untilEvents('PortTaken', 'ImagePullFailed', 'TunMissing', 'GatewaysBehind', 'Suspended');
  });

  it('cost no write while nothing changes', async () => {
    await node.setStatus({
      phase: 'Running',
      conditions: [{ type: 'Ready', status: 'True' }],
      containerStatuses: [containerStatus({ running: {} }, 'True')],
    });
    await lab.untilCondition('vpns', 'office', /^True GatewaysReady/);
    await lab.untilQuiet(writes);
    const before = writes.done.length;
    await new Promise((done) => setTimeout(done, 6_000));
    assert.deepEqual(writes.done.slice(before), []);
  });
});

// Ten thousand VpnUsers on one VpnServer: how long the operator takes from its start until all of them are judged, told and
// at the gateways, with how many calls and how much memory; and what one more change costs then.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { cannotRunApi, givenKubeconfig } from '../support/kubernetes/programs.ts';
import { eventually } from '../support/lab/commands.ts';
import { FakeNode } from '../support/operator/fake-node.ts';
import { OperatorProcess } from '../support/operator/operator-child.ts';
import { password, vpnServer, vpnUser } from '../support/operator/operator-documents.ts';
import { OperatorLab } from '../support/operator/operator-lab.ts';

const skip = givenKubeconfig() ? 'needs an API server of its own' : cannotRunApi();
const Users = 10_000;

describe(`${Users} users`, { skip, timeout: 600_000 }, () => {
  let lab: OperatorLab;
  let node: FakeNode;
  let operator: OperatorProcess;

  before(async () => {
    lab = await OperatorLab.start();
    await lab.apply(vpnServer('office', { addressPools: [{ cidr: '10.64.0.0/16' }] }));
    const names = Array.from({ length: Users }, (_, index) => `user-${index}`);
    await lab.createMany(
      '/api/v1/namespaces/vpn/secrets',
      names.map((name) => password(name, `secret of ${name}`)),
    );
    const users = '/apis/vpn-operator.dev/v1alpha1/namespaces/vpn/vpnusers';
    await lab.createMany(
      users,
      names.map((name) => vpnUser(name)),
    );
  });
  after(async () => {
    node?.close();
    await operator?.kill('SIGTERM');
    await lab?.close();
  });

  const writes = () => operator.lines.filter(({ write }) => write === 'after').length;
  const peak = () =>
    Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${operator.child.pid}/status`, 'utf8'))?.[1]) / 1024;
  const resident = () =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${operator.child.pid}/status`, 'utf8'))?.[1]) / 1024;

  it('are with the gateways in seconds, and told of in a write each', async () => {
    const began = performance.now();
    operator = new OperatorProcess(lab.plane.kubeconfig(), 'always');
    const elapsed = () => `${((performance.now() - began) / 1000).toFixed(1)} s`;
    await eventually('the configuration', 60_000, () =>
      operator.lines.some(({ path = '' }) => path.endsWith('/secrets/office-vpn-config')) ? true : undefined,
    );
    const configured = elapsed();
    await eventually('all statuses', 300_000, () => (writes() >= Users + 6 ? true : undefined));
    console.log(
      `${Users} users: at the gateways after ${configured}, all told after ${elapsed()}, ${writes()} writes, ` +
        `${Math.round(peak())} MB at most`,
    );
    assert.ok(writes() <= Users + 60, `${writes()} writes`);
    assert.ok(peak() < 700, `${peak()} MB`);
    node = new FakeNode(lab, 'office', 'node1', '127.0.1.1');
    await node.start();
    assert.equal(node.config?.users.length, Users);
    const sizes = await lab.kubectl.json<{
      items: { metadata: { name: string }; data?: Record<string, string> }[];
    }>([...['get', 'secrets', '-n', 'vpn', '-l', 'app.kubernetes.io/component=gateway']]);
    for (const { data = {} } of sizes.items)
      assert.ok(Object.values(data).join('').length * 0.75 < 1_000_000);
  });

  it('cost nothing at rest, and one write each of shard and configuration when one of them changes', async () => {
    await lab.untilCondition('vpns', 'office', /^True GatewaysReady/);
    await operator.quiet();
    const before = writes();
    await new Promise((done) => setTimeout(done, 5_000));
    assert.equal(writes(), before);
    const times: number[] = [];
    for (let index = 0; index < 10; index++) {
      const target = `user-${index * 997}`;
      await lab.kubectl.run([
        'patch',
        'vpnu',
        target,
        '-n',
        'vpn',
        '--type=merge',
        '-p',
        '{"spec":{"suspended":true}}',
      ]);
      const began = performance.now();
      const isSuspended = () => node.config?.users.find(({ name }) => name === target)?.suspended;
      await eventually('the suspension', 10_000, () => (isSuspended() ? true : undefined));
      times.push(performance.now() - began);
    }
    times.sort((one, other) => one - other);
    console.log(
      `one of ${Users} suspended: at the gateway after ${Math.round(times[5]!)} ms, ${Math.round(times[9]!)} ms at most`,
    );
    console.log(`${Math.round(resident())} MB resident`);
    await operator.quiet();
    const made = operator.lines.filter(({ write }) => write === 'after').slice(before);
    const ofSecrets = made.filter(({ path = '' }) => path.includes('/secrets/'));
    assert.equal(ofSecrets.length, 20, 'a shard and the configuration each time');
  });
});

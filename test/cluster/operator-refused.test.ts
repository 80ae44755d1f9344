// What the API server, or whoever makes pods, does not take: the status repeats it in their words, and all else goes on.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { cannotRunApi, givenKubeconfig } from '../support/kubernetes/programs.ts';
import { eventually } from '../support/lab/commands.ts';
import type { FakeNode } from '../support/operator/fake-node.ts';
import { serveOffice } from '../support/operator/office.ts';
import { password, vpnUser } from '../support/operator/operator-documents.ts';
import { OperatorLab } from '../support/operator/operator-lab.ts';

interface DaemonSetObject {
  spec?: { template?: { spec?: { containers?: { command?: string[] }[] } } };
}

const skip = givenKubeconfig() ? 'needs an API server of its own' : cannotRunApi();

describe('an operator that is refused something', { skip, timeout: 180_000 }, () => {
  let lab: OperatorLab;
  let node: FakeNode;

  before(async () => {
    lab = await OperatorLab.start();
    lab.startOperator();
    node = await serveOffice(lab);
  });
  after(async () => {
    node?.close();
    await lab?.close();
  });

  const users = () => node.config?.users.map(({ name }) => name) ?? [];
  const patch = (kind: string, name: string, change: object, ...more: string[]) =>
    lab.kubectl.run([
      ...['patch', kind, name, '-n', 'vpn', '--type=merge', '-p', JSON.stringify(change)],
      ...more,
    ]);
  const resources = (limits: object | null, requests: object | null) =>
    patch('vpns', 'office', { spec: { placement: { resources: { limits, requests } } } });

  it('repeats why a DaemonSet is invalid, with the fix, and lets users come and go meanwhile', async () => {
    await resources({ memory: '64Mi' }, { memory: '1Gi' });
    await lab.untilCondition(
      'vpns',
      'office',
      /^False ObjectRefused: DaemonSet\.apps "office-vpn-gateway" is invalid: .*memory limit.*; correct spec\.placement/,
    );
    await lab.apply(vpnUser('bob'), password('bob', 'b'));
    await lab.untilCondition('vpnu', 'bob', /^True Active/);
    await eventually('bob at the gateway', 10_000, () => (users().includes('bob') ? true : undefined));
    await resources(null, null);
    await lab.untilCondition('vpns', 'office', /^True GatewaysReady/);
  });

  it('says why there are no pods, where only an event of the DaemonSet tells it', async () => {
    const name = 'office-vpn-gateway';
    const set = await lab.get<{ metadata: { uid: string; generation: number } }>('daemonset', name);
    const { uid, generation } = set?.metadata ?? { uid: '', generation: 0 };
    const numbers = { currentNumberScheduled: 1, numberMisscheduled: 0, numberReady: 1 };
    const status = { ...numbers, desiredNumberScheduled: 2, observedGeneration: generation };
    await patch('daemonset', name, { status }, '--subresource=status');
    await lab.apply({
      ...{ apiVersion: 'v1', kind: 'Event', metadata: { name: 'refused', namespace: 'vpn' } },
      involvedObject: { apiVersion: 'apps/v1', kind: 'DaemonSet', namespace: 'vpn', name, uid },
      ...{ type: 'Warning', reason: 'FailedCreate', lastTimestamp: new Date().toISOString() },
      message: `Error creating: pods "${name}-x7k2l" is forbidden: violates PodSecurity "restricted:latest": no`,
    });
    await lab.untilCondition(
      'vpns',
      'office',
      /^False PodsRefused: 1 of 2 nodes take calls; no pod for 1 of them: violates PodSecurity .*: kubectl label namespace vpn/,
    );
    await patch(
      'daemonset',
      name,
      { status: { ...status, desiredNumberScheduled: 1 } },
      '--subresource=status',
    );
    await lab.untilCondition('vpns', 'office', /^True GatewaysReady/);
  });

  it('takes back a command that somebody gives the gateways, though all that it wrote itself is as it was', async () => {
    const path = '/spec/template/spec/containers/0/command';
    const change = JSON.stringify([{ op: 'add', path, value: ['sleep', 'infinity'] }]);
    await lab.kubectl.run([
      ...['patch', 'daemonset', 'office-vpn-gateway', '-n', 'vpn', '--type=json', '-p', change],
    ]);
    await eventually('no command', 10_000, async () => {
      const set = await lab.get<DaemonSetObject>('daemonset', 'office-vpn-gateway');
      const [{ command = [] } = {}] = set?.spec?.template?.spec?.containers ?? [];
      return command.length === 0 ? true : undefined;
    });
  });

  it('makes a Secret anew that somebody made immutable, so that a user who goes is gone', async () => {
    await patch('secret', 'office-vpn-users', { immutable: true });
    await patch('secret', 'office-vpn-config', { immutable: true });
    await lab.kubectl.run(['delete', 'vpnu', 'bob', '-n', 'vpn']);
    await eventually('no bob', 10_000, () => (users().includes('bob') ? undefined : true));
  });

  it('shuts out a user whom a finalizer keeps, and lets nobody write an expiry that is no time', async () => {
    await patch('vpnu', 'alice', { metadata: { finalizers: ['example.org/keep'] } });
    await lab.kubectl.run(['delete', 'vpnu', 'alice', '-n', 'vpn', '--wait=false']);
    await eventually('no alice', 10_000, () => (users().includes('alice') ? undefined : true));
    assert.notEqual(await lab.get('vpnu', 'alice'), undefined);
    await patch('vpnu', 'alice', { metadata: { finalizers: null } });
    await assert.rejects(
      lab.apply(vpnUser('carol', { expiresAt: '2036-01-01T00:00:00+24:00' })),
      /spec\.expiresAt: .*is not a time \(value "2036-01-01T00:00:00\+24:00"\): write it as in 2027/,
    );
  });
});

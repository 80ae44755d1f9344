// Circumstances that nobody plans: the longest names, namesakes, Secrets that come and go, people who edit what is not theirs, and
// a namespace that is deleted under the operator's hands.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { cannotRunApi, givenKubeconfig } from '../support/kubernetes/programs.ts';
import { eventually } from '../support/lab/commands.ts';
import { FakeNode } from '../support/operator/fake-node.ts';
import { password, vpnServer, vpnUser } from '../support/operator/operator-documents.ts';
import { OperatorLab, type Writes } from '../support/operator/operator-lab.ts';

const skip = givenKubeconfig() ? 'needs an API server of its own' : cannotRunApi();

interface Made {
  metadata: { labels: Record<string, string> };
  spec?: { template: { spec: { containers: { ports: { containerPort: number }[] }[] } } };
}

/** Of 249 characters, in parts of 50. */
const longestName = `${'a-name-of-fifty-characters-with-the-dot-behind-it.'.repeat(5)}`.slice(0, 249);

describe('an operator under strange circumstances', { skip, timeout: 180_000 }, () => {
  let lab: OperatorLab;
  let node: FakeNode;
  let writes: Writes;
  let started: ReturnType<OperatorLab['startOperator']>;

  before(async () => {
    lab = await OperatorLab.start();
    started = lab.startOperator();
    writes = started.writes;
    await lab.kubectl.run(['create', 'namespace', 'branch']);
    // Together, so that neither sees the other's DaemonSet.
    await lab.apply(
      vpnServer('office', { listenAddresses: ['127.0.1.1'] }),
      vpnServer(
        'office',
        { addressPools: [{ cidr: '10.88.0.0/24' }], listenAddresses: ['127.0.1.2'] },
        'branch',
      ),
      vpnUser('alice'),
      password('alice', 'correct horse'),
    );
  });
  after(async () => {
    node?.close();
    await lab?.close();
  });

  const daemonSet = (name: string, namespace: string) =>
    eventually(`${namespace}/${name}`, 15_000, () => lab.get<Made>('daemonset', name, namespace));
  const portOf = ({ spec }: Made) => spec?.template.spec.containers[0]?.ports[0]?.containerPort ?? 0;
  const editStatus = (kind: string, name: string, status: object) =>
    lab.kubectl.run([
      ...['patch', kind, name, '-n', 'vpn', '--subresource=status', '--type=merge'],
      ...['-p', JSON.stringify({ status })],
    ]);

  it('keeps two servers of one name on one node apart, also when they come together', async () => {
    const [here, there] = [
      await daemonSet('office-vpn-gateway', 'vpn'),
      await daemonSet('office-vpn-gateway', 'branch'),
    ];
    assert.deepEqual([portOf(here), portOf(there)].sort(), [9723, 9724]);
    node = new FakeNode(lab, 'office', 'node1', '127.0.1.1');
    await node.start({ port: portOf(here) });
    await lab.untilCondition('vpns', 'office', /^True GatewaysReady/);
    const names = () => node.config?.users.map(({ name }) => name);
    await eventually('alice, and nobody of the namesake', 10_000, () =>
      isDeepStrictEqual(names(), ['alice']) ? true : undefined,
    );
  });

  it('serves objects with the longest names, dots included', async () => {
    const server = 'the-main.office-of-tokyo.with-a-name-of-fifty-char';
    assert.deepEqual([server.length, longestName.length], [50, 249]);
    await lab.apply(
      vpnServer(server, { addressPools: [{ cidr: '10.99.0.0/24' }], listenAddresses: ['127.0.1.3'] }),
      vpnUser(longestName, { passwordSecretRef: undefined }),
    );
    await daemonSet(`${server}-vpn-gateway`, 'vpn');
    for (const name of [`${server}-vpn-config`, `${server}-vpn-users`, `${server}-vpn-metrics-token`])
      await eventually(name, 10_000, () => lab.get('secret', name));
    await lab.untilCondition('vpnu', longestName, /^True Active/);
    const secret = await eventually('the Secret', 10_000, () =>
      lab.get<Made>('secret', `${longestName}-vpn`),
    );
    assert.ok((secret.metadata.labels['app.kubernetes.io/instance']?.length ?? 99) <= 63);
    await eventually('the user at the gateway', 10_000, () =>
      node.config?.users.some(({ username }) => username === longestName) ? true : undefined,
    );
    await lab.kubectl.run([
      'patch',
      'vpnu',
      longestName,
      '-n',
      'vpn',
      '--type=merge',
      '-p',
      '{"spec":{"suspended":true}}',
    ]);
    await eventually('the Event', 10_000, async () => {
      const names = ['get', 'events.events.k8s.io', '-n', 'vpn', '-o', 'jsonpath={.items[*].regarding.name}'];
      return (await lab.kubectl.run(names)).includes(longestName) ? true : undefined;
    });
  });

  it('shuts a user out whose Secret is deleted, and lets him in again when it is back', async () => {
    await lab.kubectl.run(['delete', 'secret', 'alice', '-n', 'vpn']);
    await lab.untilCondition('vpnu', 'alice', /^False SecretNotFound/);
    const hasAlice = () => node.config?.users.some(({ name }) => name === 'alice') === true;
    await eventually('no alice', 5_000, () => (hasAlice() ? undefined : true));
    await lab.apply(password('alice', 'another horse'));
    await lab.untilCondition('vpnu', 'alice', /^True Active/);
    await eventually('alice', 5_000, () => (hasAlice() ? true : undefined));
  });

  it('takes back what somebody edits in a status', async () => {
    await editStatus('vpnu', 'alice', { sessions: 99, username: 'mallory', conditions: [] });
    await editStatus('vpns', 'office', { readyNodes: 99, endpoints: [{ node: 'x', address: '192.0.2.66' }] });
    await lab.untilCondition('vpnu', 'alice', /^True Active/);
    await eventually('both as they were', 10_000, async () => {
      const user = await lab.get<{ status: Record<string, unknown> }>('vpnu', 'alice');
      const server = await lab.get<{ status: Record<string, unknown> }>('vpns', 'office');
      const { endpoints } = server?.status ?? {};
      return user?.status['sessions'] === 0 &&
        user.status['username'] === 'alice' &&
        server?.status['readyNodes'] === 1 &&
        isDeepStrictEqual(endpoints, [{ node: 'node1', address: '127.0.1.1' }])
        ? true
        : undefined;
    });
  });

  it('can empty a list in a status that somebody wrote to', async () => {
    // What an apply leaves takes one more write.
    const untilEndpoints = (count: number) =>
      eventually(`${count} endpoints`, 10_000, async () => {
        const server = await lab.get<{ status: { endpoints?: object[] } }>('vpns', 'office');
        return (server?.status.endpoints ?? []).length === count ? true : undefined;
      });
    node.status = { ready: false, problems: [{ reason: 'StartFailed', message: 'for a test' }] };
    await lab.untilCondition('vpns', 'office', /^False StartFailed/);
    await untilEndpoints(0);
    node.status = {};
    await lab.untilCondition('vpns', 'office', /^True GatewaysReady/);
    await untilEndpoints(1);
  });

  it('leaves a condition of another controller alone, and does not write for ever because of it', async () => {
    const status = {
      conditions: [
        {
          ...{ type: 'example.org/Audited', status: 'True', reason: 'Seen', message: 'by somebody else' },
          lastTransitionTime: '2026-01-01T00:00:00Z',
        },
      ],
    };
    const body = {
      apiVersion: 'vpn-operator.dev/v1alpha1',
      kind: 'VpnUser',
      metadata: { name: 'alice', namespace: 'vpn' },
      status,
    };
    await lab.kubectl.run(
      ['apply', '--server-side', '--subresource=status', '--field-manager=auditor', '-f', '-'],
      { input: JSON.stringify(body) },
    );
    await lab.untilQuiet(writes);
    assert.match(await lab.condition('vpnu', 'alice', 'example.org/Audited'), /^True Seen/);
    const before = writes.done.length;
    for (let round = 0; round < 3; round++) {
      await lab.kubectl.run(['annotate', 'vpnu', 'alice', '-n', 'vpn', '--overwrite', `round=${round}`]);
      await new Promise((done) => setTimeout(done, 1_000));
    }
    const own = writes.done.slice(before).filter((write) => write.includes('/vpnusers/alice/status'));
    assert.ok(own.length <= 3, own.join('\n'));
  });

  it('lets a namespace go that is being deleted, without a word, and goes on elsewhere', async () => {
    await lab.kubectl.run(['delete', 'namespace', 'branch', '--wait=false']);
    await lab.kubectl.run(['delete', 'daemonset', 'office-vpn-gateway', '-n', 'branch']);
    await lab.kubectl.run(['annotate', 'vpns', 'office', '-n', 'branch', 'touched=yes']);
    await new Promise((done) => setTimeout(done, 3_000));
    assert.equal(await lab.get('daemonset', 'office-vpn-gateway', 'branch'), undefined);
    assert.doesNotMatch(await lab.condition('vpns', 'office', 'Ready', 'branch'), /NotPermitted/);
    await lab.apply(vpnUser('bob'), password('bob', 'b'));
    await lab.untilCondition('vpnu', 'bob', /^True Active/);
    assert.equal(started.operator.unhealthy(), undefined);
  });
});

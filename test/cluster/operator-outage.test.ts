// The API server goes away in different ways: the operator neither dies nor forgets, and makes up for what it missed. And with
// Roles in one namespace only it works there, and asks for nothing else.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { untilRights } from '../support/kubernetes/catching-up.ts';
import { serviceAccountUser } from '../support/kubernetes/control-plane.ts';
import { cannotRunApi, givenKubeconfig } from '../support/kubernetes/programs.ts';
import { eventually } from '../support/lab/commands.ts';
import { FakeNode } from '../support/operator/fake-node.ts';
import { serveOffice } from '../support/operator/office.ts';
import { password, vpnServer, vpnUser } from '../support/operator/operator-documents.ts';
import { OperatorLab } from '../support/operator/operator-lab.ts';

const skip = givenKubeconfig() ? 'needs an API server of its own' : cannotRunApi();
const sleep = (time: number) => new Promise((done) => setTimeout(done, time));

describe('an API server that is away', { skip, timeout: 180_000 }, () => {
  let lab: OperatorLab;
  let node: FakeNode;
  let started: ReturnType<OperatorLab['startOperator']>;

  before(async () => {
    lab = await OperatorLab.start();
    started = lab.startOperator({ leading: 'elected' });
    node = await serveOffice(lab);
  });
  after(async () => {
    node?.close();
    await lab?.close();
  });

  const hasUser = (name: string) => node.config?.users.some((user) => user.name === name);
  const until = (name: string) => eventually(name, 20_000, () => (hasUser(name) ? true : undefined));

  it('is waited for when it is stopped, and what changed afterwards arrives', async () => {
    await lab.plane.apiServer.stop();
    await sleep(8_000);
    assert.equal(started.operator.unhealthy(), undefined);
    lab.plane.apiServer.start();
    await lab.plane.ready();
    const began = performance.now();
    await lab.apply(vpnUser('bob'), password('bob', 'b'));
    await until('bob');
    console.log(
      `after an outage a new user is at the gateway within ${Math.round(performance.now() - began)} ms`,
    );
    assert.ok(hasUser('alice'), 'nobody was forgotten');
  });

  it('is waited for when it hangs with open connections', async () => {
    lab.plane.apiServer.pause();
    await sleep(8_000);
    lab.plane.apiServer.resume();
    // Nothing in the cluster has changed: only who leads.
    node.status = { sessions: 3 };
    await eventually('the sessions', 20_000, async () => {
      const server = await lab.get<{ status: { sessions: number } }>('vpns', 'office');
      return server?.status.sessions === 3 ? true : undefined;
    });
    node.status = {};
    await lab.apply(vpnUser('carol'), password('carol', 'c'));
    await until('carol');
  });

  it('is waited for when only its etcd is away', async () => {
    lab.plane.etcd.pause();
    await sleep(8_000);
    lab.plane.etcd.resume();
    await lab.plane.ready();
    await eventually('a write', 20_000, async () =>
      (await lab.kubectl.attempt(['get', 'vpnu', '-n', 'vpn'])).code === 0 ? true : undefined,
    );
    await lab.apply(vpnUser('dave'), password('dave', 'd'));
    await until('dave');
    await lab.untilCondition('vpns', 'office', /^True GatewaysReady/);
  });
});

describe('an operator with Roles in one namespace', { skip, timeout: 120_000 }, () => {
  const account = serviceAccountUser('default', 'namespaced');
  let lab: OperatorLab;
  let node: FakeNode;

  before(async () => {
    lab = await OperatorLab.start({ users: [account] });
    await lab.apply({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: 'all', namespace: 'vpn' },
      rules: [
        ...[['vpn-operator.dev'], [''], ['apps'], ['policy'], ['events.k8s.io']].map((apiGroups) => ({
          apiGroups,
          resources: ['*'],
          verbs: ['*'],
        })),
      ],
    });
    await lab.kubectl.run([
      'create',
      'rolebinding',
      'all',
      '-n',
      'vpn',
      '--role=all',
      '--serviceaccount=default:namespaced',
    ]);
    await untilRights(lab.plane.kubectl(account.name), 'yes', 'list', 'secrets', '-n', 'vpn');
  });
  after(async () => {
    node?.close();
    await lab?.close();
  });

  it('makes gateways where pods tell it that there are nodes, and is refused nothing', async () => {
    const { operator } = lab.startOperator({
      namespaces: ['vpn'],
      kubeconfig: lab.plane.kubeconfig(account.name),
    });
    await lab.apply(vpnServer('office'), vpnUser('alice'), password('alice', 'correct horse'));
    await eventually('the DaemonSet', 15_000, () => lab.get('daemonset', 'office-vpn-gateway'));
    node = new FakeNode(lab, 'office', 'node1', '127.0.1.1');
    await node.start();
    await lab.untilCondition('vpns', 'office', /^True GatewaysReady/);
    await eventually('the slice of the node', 10_000, () =>
      (node.config?.slice?.length ?? 0) > 0 ? true : undefined,
    );
    const status = (await lab.get<{ status: { endpoints: object[] } }>('vpns', 'office'))?.status;
    assert.deepEqual(status?.endpoints, [{ node: 'node1', address: '127.0.1.1' }]);
    assert.equal(operator.unready(), undefined);
    assert.doesNotMatch(await operator.metrics.scrape(), /rest_client_requests_total\{code="403"/);
  });
});

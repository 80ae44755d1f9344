// The operator under the rights that it is shipped with: every call is allowed, every right is used, and where a namespace
// is not granted it says so instead of failing.
import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  apiServerRights,
  clusterRights,
  kindRights,
  namespaceRights,
  ownRights,
  type Right,
} from '../../scripts/generate/chart/rights.ts';
import { untilRights } from '../support/kubernetes/catching-up.ts';
import { serviceAccountUser } from '../support/kubernetes/control-plane.ts';
import { cannotRunApi, givenKubeconfig } from '../support/kubernetes/programs.ts';
import { eventually } from '../support/lab/commands.ts';
import { containerStatus, type FakeNode } from '../support/operator/fake-node.ts';
import { serveOffice } from '../support/operator/office.ts';
import { vpnServer, vpnUser } from '../support/operator/operator-documents.ts';
import { OperatorLab } from '../support/operator/operator-lab.ts';

const skip = givenKubeconfig() ? 'needs an API server of its own' : cannotRunApi();
const deploy = resolve(import.meta.dirname, '../../deploy');
const account = serviceAccountUser('vpn-operator-system', 'vpn-operator');

describe('the rights of the operator', { skip }, () => {
  let lab: OperatorLab;
  let node: FakeNode;
  let started: ReturnType<OperatorLab['startOperator']>;
  const calls = new Set<string>();

  before(async () => {
    lab = await OperatorLab.start({ users: [account] });
    await lab.kubectl.run(['apply', '--server-side', '--force-conflicts', '-k', deploy]);
    const asOperator = lab.plane.kubectl(account.name);
    // From each binding one; what is refused before the operator knows better counts, too.
    await untilRights(asOperator, 'yes', 'watch', 'nodes');
    await untilRights(asOperator, 'yes', 'list', 'vpnusers.vpn-operator.dev', '-A');
    await untilRights(asOperator, 'yes', 'list', 'secrets', '-n', 'vpn');
    const lease = 'leases.coordination.k8s.io/vpn-operator';
    await untilRights(asOperator, 'yes', 'update', lease, '-n', 'vpn-operator-system');
    await untilRights(
      asOperator,
      'yes',
      ...['watch', 'endpointslices.discovery.k8s.io/kubernetes', '-n', 'default'],
    );
    started = lab.startOperator({
      kubeconfig: lab.plane.kubeconfig(account.name),
      namespace: 'vpn-operator-system',
      leading: 'elected',
      onRequest: ({ method, path, query = {} }) => {
        calls.add(callOf(method, path, query['watch'] === true));
      },
    });
    node = await serveOffice(lab);
  });
  after(async () => {
    node?.close();
    await lab?.close();
  });

  const patch = (kind: string, name: string, change: object) =>
    lab.kubectl.run(['patch', kind, name, '-n', 'vpn', '--type=merge', '-p', JSON.stringify(change)]);
  const foreignOwner = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    name: 'x',
    uid: '0b0b0b0b-0000-4000-8000-000000000000',
  };

  async function untilCalled(call: string): Promise<void> {
    await eventually(call, 15_000, () => (calls.has(call) ? true : undefined)).catch((error: Error) => {
      throw new Error(`${error.message}; there were\n${[...calls].sort().join('\n')}`);
    });
  }

  it('allow every call', async () => {
    await lab.addNode('node2', '127.0.1.2');
    await untilCalled('policy/poddisruptionbudgets create-or-patch');
    for (const kind of ['daemonset', 'serviceaccount', 'poddisruptionbudget'])
      await patch(kind, 'office-vpn-gateway', { metadata: { ownerReferences: [foreignOwner] } });
    await patch('secret', 'office-vpn-config', { metadata: { ownerReferences: [foreignOwner] } });
    for (const resource of ['/secrets', '/serviceaccounts', 'apps/daemonsets', 'policy/poddisruptionbudgets'])
      await untilCalled(`${resource} update`);
    await lab.kubectl.run(['delete', 'node', 'node2']);
    await untilCalled('policy/poddisruptionbudgets delete');
    await lab.apply(vpnUser('bob', { passwordSecretRef: undefined }));
    await untilCalled('/secrets create');
    await patch('vpnu', 'bob', { spec: { passwordSecretRef: { name: 'alice' } } });
    await untilCalled('/secrets delete');
    await untilCalled('/pods patch');
    const waiting = { reason: 'ContainerCreating' };
    await node.setStatus({
      conditions: [{ type: 'Ready', status: 'False' }],
      containerStatuses: [containerStatus({ waiting })],
    });
    await untilCalled('/events list');
    // The same again after the stutter, within the series.
    for (const suspended of [true, false, true, false]) {
      await patch('vpnu', 'alice', { spec: { suspended } });
      await lab.untilCondition('vpnu', 'alice', suspended ? /Suspended/ : /Active/);
      await new Promise((done) => setTimeout(done, 3_000));
    }
    await untilCalled('events.k8s.io/events patch');
    const metrics = await started.operator.metrics.scrape();
    assert.doesNotMatch(metrics, /rest_client_requests_total\{code="403"/);
  });

  it('are all used', () => {
    const granted = [
      ...kindRights,
      ...namespaceRights,
      ...clusterRights,
      ...apiServerRights,
      ...ownRights,
    ].flatMap(each);
    const used = new Set([...calls].flatMap(verbsOf));
    assert.deepEqual(
      granted.filter((right) => !used.has(right)),
      [],
      [...calls].sort().join('\n'),
    );
  });

  it('that are missing in a namespace become a condition with the command that grants them', async () => {
    await lab.kubectl.run(['create', 'namespace', 'branch']);
    await lab.kubectl.run(['create', 'namespace', 'people']);
    const dora = { serverRef: { name: 'office', namespace: 'vpn' }, passwordSecretRef: undefined };
    await lab.apply(vpnUser('dora', dora, 'people'));
    await patch('vpns', 'office', { spec: { users: { allowedNamespaces: ['people'] } } });
    await lab.apply(
      vpnServer(
        'branch',
        { addressPools: [{ cidr: '10.88.0.0/24' }], placement: { nodeSelector: { site: 'b' } } },
        'branch',
      ),
    );
    const command = (namespace: string) =>
      `kubectl create rolebinding vpn-operator-namespace -n ${namespace} --clusterrole=vpn-operator-namespace ` +
      '--serviceaccount=vpn-operator-system:vpn-operator';
    const user = await lab.untilCondition('vpnu', 'dora', /^False NotPermitted/, 'Ready', 'people');
    assert.ok(user.endsWith(command('people')), user);
    const told = await lab.untilCondition('vpns', 'branch', /^False NotPermitted/, 'Ready', 'branch');
    assert.ok(told.endsWith(command('branch')), told);
    for (const namespace of ['branch', 'people'])
      await lab.kubectl.run(command(namespace).split(' ').slice(1));
    await eventually('the gateways of the branch', 60_000, () =>
      lab.get('daemonset', 'branch-vpn-gateway', 'branch'),
    );
    await eventually('the user of another namespace', 60_000, async () =>
      (await lab.condition('vpnu', 'dora', 'Ready', 'people')).startsWith('True') ? true : undefined,
    );
  });
});

/** `group/resource verb`; a server-side apply needs two rights. */
function callOf(method: string, path: string, isWatch: boolean): string {
  const [, root, ...rest] = path.split('/');
  const [group, resource, name, subresource] = partsOf(
    root === 'api' ? ['', ...rest.slice(1)] : [rest[0] ?? '', ...rest.slice(2)],
  );
  const verbs: Record<string, string> = { POST: 'create', PUT: 'update', DELETE: 'delete' };
  const isApplied =
    method === 'PATCH' && subresource === undefined && resource !== 'pods' && group !== 'events.k8s.io';
  const reading = isWatch ? 'watch' : name === undefined ? 'list' : 'get';
  const verb =
    method === 'GET'
      ? reading
      : method === 'PATCH'
        ? isApplied
          ? 'create-or-patch'
          : 'patch'
        : verbs[method];
  return `${group}/${resource}${subresource === undefined ? '' : `/${subresource}`} ${verb}`;
}

function partsOf([group = '', ...rest]: string[]): (string | undefined)[] {
  return [group, ...(rest[0] === 'namespaces' ? rest.slice(2) : rest)];
}

function verbsOf(call: string): string[] {
  const [resource = '', verb = ''] = call.split(' ');
  return verb === 'create-or-patch' ? [`${resource} create`, `${resource} patch`] : [call];
}

function each({ apiGroup, resources, verbs }: Right): string[] {
  return resources.flatMap((resource) => verbs.map((verb) => `${apiGroup}/${resource} ${verb}`));
}

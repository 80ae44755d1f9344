// The chart on a real API server: install, upgrade, uninstall and install again, and what the rights really allow.
import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { stringify } from 'yaml';
import { valueSets } from '../charts/value-sets.ts';
import {
  chart,
  type Manifest,
  releaseNamespace,
  renderChart,
  runHelm,
  type Values,
} from '../support/helm/render.ts';
import { chartTools } from '../support/helm/tools.ts';
import { untilRights, untilServed } from '../support/kubernetes/catching-up.ts';
import {
  type ControlPlane,
  serviceAccountUser,
  startControlPlane,
} from '../support/kubernetes/control-plane.ts';
import { cannotRunApi, givenKubeconfig } from '../support/kubernetes/programs.ts';
import { eventually } from '../support/lab/commands.ts';

const tools = chartTools();
const helm = typeof tools === 'string' ? '' : tools.helm;
const skip =
  (typeof tools === 'string' ? tools : false) ||
  (givenKubeconfig() ? 'needs an API server of its own: it installs and removes CRDs' : cannotRunApi());

const operator = serviceAccountUser(releaseNamespace, 'vpn-operator');
const deploy = resolve(import.meta.dirname, '../../deploy');
const office = stringify({
  apiVersion: 'vpn-operator.dev/v1alpha1',
  kind: 'VpnServer',
  metadata: { name: 'office', namespace: 'vpn' },
  spec: { addressPools: [{ cidr: '10.77.0.0/24' }] },
});

describe('the chart on a real API server', { skip }, () => {
  let plane: ControlPlane;

  before(async () => {
    plane = await startControlPlane({ users: [operator] });
  });
  after(() => plane?.close());

  const kubectl = (...args: string[]) => plane.kubectl().run(args);

  function release(command: string[], values?: Values): string {
    const { status, stdout, stderr } = runHelm(
      helm,
      [...command, '--kubeconfig', plane.kubeconfig()],
      values,
    );
    assert.equal(status, 0, stderr);
    return stdout;
  }

  /** The operator's ServiceAccount. */
  const may = (...what: string[]) => untilRights(plane.kubectl(operator.name), 'yes', ...what);
  const mayNot = (...what: string[]) => untilRights(plane.kubectl(operator.name), 'no', ...what);

  async function existing(kinds: string): Promise<string[]> {
    const names = await kubectl(
      'get',
      kinds,
      '-A',
      '-o',
      'name',
      '-l',
      'app.kubernetes.io/name=vpn-operator',
    );
    return names.split('\n').filter(Boolean).sort();
  }

  it('installs, and a VpnServer can be made at once', async () => {
    release(['install', 'vpn-operator', chart, '--create-namespace'], {
      grantNamespaces: ['vpn'],
      createNamespaces: true,
    });
    await untilServed(plane.kubectl());
    await plane.kubectl().apply(office);
    assert.match(
      await kubectl('get', 'vpns', '-n', 'vpn'),
      /^NAME +READY +NODES +SESSIONS +ADDRESSES +MTU +AGE\noffice /,
    );
  });

  it('lets the operator act in the granted namespace, and only see the kinds elsewhere', async () => {
    for (const [verb, resource, ...part] of [
      ['list', 'secrets'],
      ['watch', 'secrets'],
      ['patch', 'daemonsets.apps'],
      ['patch', 'pods'],
      ['patch', 'vpnservers.vpn-operator.dev', '--subresource=status'],
      ['create', 'events.events.k8s.io'],
    ] as const) {
      await may(verb, resource, '-n', 'vpn', ...part);
    }
    for (const [verb, resource, ...where] of [
      ['list', 'secrets', '-n', 'default'],
      ['list', 'secrets', '-A'],
      ['get', 'secrets', '-n', 'kube-system'],
      ['create', 'daemonsets.apps', '-n', 'default'],
      ['create', 'pods', '-n', 'vpn'],
      ['create', 'pods', '-n', 'vpn', '--subresource=exec'],
      ['patch', 'nodes'],
      ['create', 'rolebindings.rbac.authorization.k8s.io', '-n', 'vpn'],
      ['update', 'leases.coordination.k8s.io/other', '-n', releaseNamespace],
      ['delete', 'vpnservers.vpn-operator.dev', '-n', 'vpn'],
    ] as const) {
      await mayNot(verb, resource, ...where);
    }
    await may('list', 'vpnusers.vpn-operator.dev', '-A');
    await may('watch', 'nodes');
    await may('update', 'leases.coordination.k8s.io/vpn-operator', '-n', releaseNamespace);
    await may('watch', 'endpointslices.discovery.k8s.io/kubernetes', '-n', 'default');
  });

  it('grants another namespace by the one command of its notes', async () => {
    await kubectl('create', 'namespace', 'branch');
    await kubectl(
      ...[
        'create',
        'rolebinding',
        'vpn-operator-namespace',
        '-n',
        'branch',
        '--clusterrole=vpn-operator-namespace',
      ],
      `--serviceaccount=${releaseNamespace}:vpn-operator`,
    );
    await may('watch', 'secrets', '-n', 'branch');
    await kubectl('delete', 'namespace', 'branch', '--wait=false');
  });

  it('upgrades the kinds with it, and keeps the objects', async () => {
    const crd = 'crd/vpnservers.vpn-operator.dev';
    const columns = ['get', crd, '-o', 'jsonpath={.spec.versions[0].additionalPrinterColumns[*].name}'];
    const now = await kubectl(...columns);
    // As an older version would have left it.
    const older = [{ op: 'remove', path: '/spec/versions/0/additionalPrinterColumns/0' }];
    await kubectl('patch', crd, '--type=json', '-p', JSON.stringify(older));
    assert.notEqual(await kubectl(...columns), now);
    release(['upgrade', 'vpn-operator', chart, '--force-conflicts'], {
      replicas: 2,
      watchNamespaces: ['vpn'],
    });
    assert.equal(await kubectl(...columns), now);
    assert.equal(
      await kubectl('get', 'vpns', '-n', 'vpn', '-o', 'name'),
      'vpnserver.vpn-operator.dev/office\n',
    );
    assert.deepEqual(await existing('poddisruptionbudgets'), ['poddisruptionbudget.policy/vpn-operator']);
  });

  it('with named namespaces takes every cluster-wide right away', async () => {
    assert.deepEqual(await existing('clusterrolebindings'), []);
    await mayNot('list', 'vpnservers.vpn-operator.dev', '-A');
    await mayNot('list', 'nodes');
    await may('list', 'vpnservers.vpn-operator.dev', '-n', 'vpn');
    await may('list', 'secrets', '-n', 'vpn');
  });

  it('makes Pods that Pod Security admits: the operator as restricted, the login test as privileged', async () => {
    await kubectl('label', 'namespace', releaseNamespace, 'pod-security.kubernetes.io/enforce=restricted');
    const manifests = renderChart(helm, valueSets['login-test'] ?? {});
    const dryRun = (pod: object) =>
      plane.kubectl().attempt(['create', '--dry-run=server', '-f', '-'], { input: JSON.stringify(pod) });
    const [deployment] = manifests.filter(({ kind }) => kind === 'Deployment');
    assert.ok(deployment);
    const template = (deployment['spec'] as { template: Pick<Manifest, 'metadata'> }).template;
    const metadata = { ...template.metadata, name: 'operator', namespace: releaseNamespace };
    const asOperator = await dryRun({ apiVersion: 'v1', kind: 'Pod', ...template, metadata });
    assert.equal(asOperator.code, 0, asOperator.stderr);
    assert.doesNotMatch(asOperator.stderr, /would violate PodSecurity/);
    const [test] = manifests.filter(({ kind }) => kind === 'Pod');
    assert.ok(test);
    const asTest = await dryRun(test);
    assert.equal(asTest.code, 0, asTest.stderr);
    const misplaced = { ...test, metadata: { ...test.metadata, namespace: releaseNamespace } };
    // The label is in force some moments after it was set.
    await eventually('a refusal by Pod Security', 10_000, async () =>
      /violates PodSecurity "restricted/.test((await dryRun(misplaced)).stderr) ? 'so' : undefined,
    );
  });

  it('leaves on uninstall the kinds, their objects and the namespace, and nothing else', async () => {
    release(['uninstall', 'vpn-operator']);
    const left = await existing(
      'deployments,roles,rolebindings,clusterroles,clusterrolebindings,serviceaccounts,pdb',
    );
    assert.deepEqual(left, []);
    assert.deepEqual(await existing('namespaces'), ['namespace/vpn']);
    assert.equal(
      await kubectl('get', 'vpns', '-n', 'vpn', '-o', 'name'),
      'vpnserver.vpn-operator.dev/office\n',
    );
  });

  it('installs again over what it left', async () => {
    release(['install', 'vpn-operator', chart], { watchNamespaces: ['vpn'], createNamespaces: true });
    assert.equal(
      await kubectl('get', 'vpns', '-n', 'vpn', '-o', 'name'),
      'vpnserver.vpn-operator.dev/office\n',
    );
    release(['uninstall', 'vpn-operator']);
  });

  it('is installed and removed without Helm, too', async () => {
    await kubectl('delete', 'vpns', '--all', '-n', 'vpn');
    await kubectl('delete', 'crd', 'vpnservers.vpn-operator.dev', 'vpnusers.vpn-operator.dev');
    await kubectl('apply', '-k', deploy);
    await untilServed(plane.kubectl());
    assert.deepEqual(await existing('deployments'), ['deployment.apps/vpn-operator']);
    await may('watch', 'secrets', '-n', 'vpn');
    assert.match(await kubectl('apply', '-k', deploy), /deployment\.apps\/vpn-operator unchanged/);
    await kubectl('delete', '-k', deploy, '--wait=false');
    assert.deepEqual(await existing('clusterroles,clusterrolebindings'), []);
  });
});

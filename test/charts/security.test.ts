// What the chart must never ask for, whatever the values: looked for in every render.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  apiServerRights,
  clusterRights,
  kindRights,
  namespaceRights,
  ownRights,
} from '../../scripts/generate/chart/rights.ts';
import * as operatorResources from '../../src/operator/kube/resource.ts';
import { identityOf, type Manifest, renderChart } from '../support/helm/render.ts';
import { chartTools } from '../support/helm/tools.ts';
import { valueSets } from './value-sets.ts';

const tools = chartTools();
const helm = typeof tools === 'string' ? '' : tools.helm;
const skip = typeof tools === 'string' ? tools : false;

interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
}

const rulesOf = (manifest: Manifest) => (manifest['rules'] ?? []) as Rule[];

function boundInTheWholeCluster(manifests: readonly Manifest[]): Rule[] {
  const bound = manifests
    .filter(({ kind }) => kind === 'ClusterRoleBinding')
    .map((binding) => (binding['roleRef'] as { name: string }).name);
  return manifests
    .filter(({ kind, metadata }) => kind === 'ClusterRole' && bound.includes(metadata.name))
    .flatMap(rulesOf);
}

describe('the chart, with any values', { skip }, () => {
  for (const [name, values] of Object.entries(valueSets)) {
    it(`asks for no wildcard and no way to more rights: ${name}`, () => {
      for (const rule of renderChart(helm, values).flatMap(rulesOf)) {
        const words = [...rule.apiGroups, ...rule.resources, ...rule.verbs];
        assert.deepEqual(
          words.filter((word) =>
            ['*', 'escalate', 'bind', 'impersonate', 'nodes/proxy', 'pods/exec'].includes(word),
          ),
          [],
        );
        assert.ok(
          !rule.resources.some((resource) => /^(cluster)?role(binding)?s$/.test(resource)),
          JSON.stringify(rule),
        );
      }
    });

    it(`gives nobody Secrets, Pods or workloads of the whole cluster: ${name}`, () => {
      for (const rule of boundInTheWholeCluster(renderChart(helm, values))) {
        assert.ok(
          !rule.apiGroups.includes('apps') && !rule.apiGroups.includes('policy'),
          JSON.stringify(rule),
        );
        assert.deepEqual(
          rule.resources.filter((resource) => ['secrets', 'pods', 'serviceaccounts'].includes(resource)),
          [],
        );
      }
    });

    it(`runs an operator that Pod Security "restricted" admits: ${name}`, () => {
      const [deployment] = renderChart(helm, values).filter(({ kind }) => kind === 'Deployment');
      assert.ok(deployment);
      const pod = (deployment['spec'] as { template: { spec: PodSpec } }).template.spec;
      assert.equal(pod.securityContext?.['runAsNonRoot'], true);
      assert.deepEqual(pod.securityContext?.['seccompProfile'], { type: 'RuntimeDefault' });
      assert.equal(pod['hostNetwork'] ?? pod['hostPID'] ?? pod['volumes'], undefined);
      for (const { securityContext } of pod.containers) {
        assert.deepEqual(securityContext, {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
      }
    });
  }

  it('makes no ClusterRole for the operator when namespaces are named', () => {
    const manifests = renderChart(helm, valueSets['namespaced'] ?? {});
    assert.deepEqual(
      manifests.filter(({ kind }) => kind === 'ClusterRoleBinding'),
      [],
    );
    const roles = manifests.filter(({ kind }) => kind === 'Role').map(identityOf);
    assert.deepEqual(roles.sort(), [
      'Role branch/vpn-operator',
      'Role vpn-operator-system/vpn-operator-leader',
      'Role vpn/vpn-operator',
    ]);
  });

  it('makes nothing outside of namespaces with named namespaces and without the kinds', () => {
    const manifests = renderChart(helm, valueSets['without-cluster-scope'] ?? {});
    assert.deepEqual(
      manifests.filter(({ metadata }) => metadata.namespace === undefined).map(identityOf),
      [],
    );
  });

  it('keeps the kinds, and the namespaces it made, when it is uninstalled', () => {
    const kept = renderChart(helm, valueSets['namespaced'] ?? {})
      .filter(({ metadata }) => metadata.annotations?.['helm.sh/resource-policy'] === 'keep')
      .map(identityOf);
    assert.deepEqual(kept.sort(), [
      'CustomResourceDefinition vpnservers.vpn-operator.dev',
      'CustomResourceDefinition vpnusers.vpn-operator.dev',
      'Namespace branch',
      'Namespace vpn',
    ]);
  });

  it('gives the login test one capability and no token', () => {
    const pod = renderChart(helm, valueSets['login-test'] ?? {}).find(({ kind }) => kind === 'Pod');
    const spec = pod?.['spec'] as PodSpec;
    assert.equal(spec['automountServiceAccountToken'], false);
    assert.deepEqual(spec.containers[0]?.securityContext?.['capabilities'], {
      drop: ['ALL'],
      add: ['NET_RAW'],
    });
  });
});

interface PodSpec {
  securityContext?: Record<string, unknown>;
  containers: { securityContext?: Record<string, unknown> }[];
  [field: string]: unknown;
}

describe('the rights of the operator', () => {
  it('are on the resources that its code knows, all of them and no others', () => {
    const granted = [kindRights, namespaceRights, clusterRights, apiServerRights, ownRights]
      .flat()
      .flatMap(({ apiGroup, resources }) =>
        resources.map((resource) => `${apiGroup}/${resource.split('/')[0]}`),
      );
    const known = Object.values(operatorResources)
      .filter((resource) => typeof resource !== 'function')
      .map(
        ({ apiVersion, plural }) => `${apiVersion.includes('/') ? apiVersion.split('/')[0] : ''}/${plural}`,
      );
    assert.deepEqual([...new Set(granted)].sort(), [...new Set(known)].sort());
  });
});

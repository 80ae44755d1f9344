// The chart as real Helm renders it. UPDATE_GOLDEN=1 rewrites the goldens and deploy/operator.yaml.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import {
  chart,
  identityOf,
  isAboutKinds,
  kustomize,
  type Manifest,
  refusalOf,
  renderChart,
  runHelm,
  toYaml,
  withoutHelm,
} from '../support/helm/render.ts';
import { chartTools } from '../support/helm/tools.ts';
import { valueSets } from './value-sets.ts';

const tools = chartTools();
const { helm, kubectl } = typeof tools === 'string' ? { helm: '', kubectl: '' } : tools;
const skip = typeof tools === 'string' ? tools : false;
const deploy = resolve(import.meta.dirname, '../../deploy');

function golden(file: string, content: string): void {
  if (process.env['UPDATE_GOLDEN'] !== undefined) writeFileSync(file, content);
  assert.equal(content, readFileSync(file, 'utf8'), `${file}: run with UPDATE_GOLDEN=1 if this is meant`);
}

describe('the chart', { skip }, () => {
  it('passes helm lint --strict', () => {
    const { status, stdout, stderr } = runHelm(helm, ['lint', '--strict', chart]);
    assert.equal(status, 0, stdout + stderr);
  });

  for (const [name, values] of Object.entries(valueSets)) {
    it(`renders as before: ${name}`, () => {
      const manifests = renderChart(helm, values).filter((manifest) => !isAboutKinds(manifest));
      golden(join(import.meta.dirname, `${name}.golden.yaml`), toYaml(manifests));
    });
  }

  for (const [what, values, message] of [
    ['an unknown value', { replicaz: 2 }, /additional properties 'replicaz' not allowed/],
    [
      'an unknown value in a group',
      { image: { name: 'x' } },
      /at '\/image': additional properties 'name' not allowed/,
    ],
    ['a wrong type', { replicas: 'two' }, /at '\/replicas': got string, want integer/],
    ['no operator at all', { replicas: 0 }, /at '\/replicas': minimum: got 0, want 1/],
    [
      'an unknown pull policy',
      { image: { pullPolicy: 'Sometimes' } },
      /pullPolicy': value must be one of 'Always'/,
    ],
    [
      'a digest that is none',
      { image: { digest: 'latest' } },
      /at '\/image\/digest'.*does not match pattern/,
    ],
    [
      'a namespace that cannot be',
      { watchNamespaces: ['Vpn'] },
      /at '\/watchNamespaces\/0'.*does not match pattern/,
    ],
    [
      'a namespace twice',
      { watchNamespaces: ['vpn', 'vpn'] },
      /at '\/watchNamespaces': items at 0 and 1 are equal/,
    ],
    [
      'a gateway without a server',
      { podMonitor: { gateways: [{ namespace: 'vpn' }] } },
      /missing property 'server'/,
    ],
    [
      'a pull secret without a name',
      { imagePullSecrets: ['registry'] },
      /at '\/imagePullSecrets\/0': got string, want object/,
    ],
    [
      'a range that is none',
      { reservedRanges: ['10.96.0.0'] },
      /at '\/reservedRanges\/0'.*does not match pattern/,
    ],
    ['an account without a name', { serviceAccount: { name: '' } }, /at '\/serviceAccount\/name'/],
    ['both lists', { watchNamespaces: ['a'], grantNamespaces: ['b'] }, /Leave one of the two empty/],
    ['nothing to create', { createNamespaces: true }, /name some/],
    ['a test without a password', { test: { user: 'alice' } }, /test\.user also needs test\.namespace/],
  ] as const) {
    it(`refuses ${what}, and says what is wrong`, () => {
      assert.match(refusalOf(helm, values), message);
    });
  }

  it('tells in its notes what PPTP is, and which command comes next', () => {
    const notes = (values: object) =>
      runHelm(helm, ['install', 'vpn-operator', chart, '--dry-run=client'], { ...values }).stdout.split(
        'NOTES:',
      )[1] ?? '';
    assert.match(notes({}), /^PPTP is broken\. Anyone who can record your traffic can read all of it/m);
    assert.match(notes({}), /--clusterrole=vpn-operator-namespace/);
    assert.match(notes({ watchNamespaces: ['vpn'] }), /watches: vpn\.\n/);
    assert.match(notes({ watchNamespaces: ['vpn'] }), /kubectl get vpns,vpnu -n vpn/);
    assert.match(notes({ watchNamespaces: ['vpn'] }), /cannot see the networks of the cluster/);
    const closed = { watchNamespaces: ['vpn'], reservedRanges: ['10.0.0.0/8'] };
    for (const values of [{}, closed]) assert.doesNotMatch(notes(values), /cannot see the networks/);
    assert.match(
      notes(valueSets['login-test'] ?? {}),
      /helm test vpn-operator -n vpn-operator-system\n +kubectl logs vpn-operator-test-login -n vpn\n/,
    );
  });

  it('is what kubectl apply -k deploy installs', () => {
    const values = { image: { tag: 'dev' }, grantNamespaces: ['vpn'], createNamespaces: true };
    const manifests = renderChart(helm, values).flatMap((manifest) => withoutHelm(manifest) ?? []);
    const operator = manifests.filter((manifest) => !isAboutKinds(manifest));
    golden(join(deploy, 'operator.yaml'), `${origin}${toYaml(operator)}`);
    const plain = kustomize(kubectl, deploy);
    const byIdentity = (list: Manifest[]) =>
      new Map(list.map((manifest) => [identityOf(manifest), manifest]));
    const own = byIdentity(plain);
    assert.ok(own.delete('Namespace vpn-operator-system'));
    assert.deepEqual(own, byIdentity(manifests));
  });

  it('is installed with another image by one line of deploy/kustomization.yaml, gateways included', () => {
    const text = JSON.stringify(kustomize(kubectl, deploy));
    assert.equal(text.match(/vpn-operator:dev/g)?.length, 2);
  });
});

const origin =
  '# Rendered from charts/vpn-operator by `UPDATE_GOLDEN=1 npm test charts/render`. Edit the chart, not this file.\n';

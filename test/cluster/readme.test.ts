// README's five commands on Kubernetes, taken from its text and run as they are written, by somebody outside of the cluster.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Cluster, startCluster } from '../support/kubernetes/cluster.ts';
import { projectArchive, projectImage } from '../support/kubernetes/image.ts';
import { cannotInstall } from '../support/kubernetes/installation.ts';
import { nothingLeftBehind } from '../support/kubernetes/left-behind.ts';
import { inShell } from '../support/kubernetes/shell.ts';
import { eventually } from '../support/lab/commands.ts';
import { type Snapshot, snapshotHost } from '../support/lab/residue.ts';

const repository = resolve(import.meta.dirname, '../..');
// As the container runtime calls the image that README builds.
const builtImage = `docker.io/library/vpn-operator:${chartVersion()}`;
// The same of deploy/kustomization.yaml.
const developmentImage = 'docker.io/library/vpn-operator:dev';

describe('README, on Kubernetes', { skip: cannotInstall() }, () => {
  let cluster: Cluster;
  let host: Snapshot;
  const [install = '', apply = '', get = '', connect = '', remove = '', ...more] = readmeCommands();

  before(async () => {
    const archive = await projectArchive();
    host = await snapshotHost();
    cluster = await startCluster({ images: [archive] });
    await Promise.all(cluster.nodes.map((node) => node.nameImage(projectImage, builtImage)));
  });
  after(async () => {
    cluster?.close();
    await nothingLeftBehind(host);
  });

  it('builds the image that its commands install', () => {
    assert.match(readme(), new RegExp(`docker build -t vpn-operator:${chartVersion()} `));
    assert.deepEqual(more, [], 'five commands');
  });

  it('installs the operator with the first command', async () => {
    assert.match(await inShell(cluster, install), /STATUS: deployed/);
  });

  it('makes a server and users with the second', async () => {
    const output = await inShell(cluster, apply);
    assert.match(output, /vpnserver\.vpn-operator\.dev\/office created/);
    assert.match(output, /vpnuser\.vpn-operator\.dev\/alice created/);
  });

  it('shows what became of them with the third', async () => {
    const output = await inShell(cluster, get);
    assert.match(output, /office +True +2\/2 /);
    assert.match(output, /alice +office +alice +True +Active/);
    assert.match(output, /sato +office +sato@example\.com +True +Active/);
  });

  it('logs in with the fourth', async () => {
    const output = await inShell(cluster, connect);
    assert.match(output, /log in \(MS-CHAPv2\)/);
    assert.match(output, /ping the gateway through the tunnel/);
  });

  it('removes all but the kinds and the namespace with the fifth', async () => {
    await inShell(cluster, remove);
    const look =
      'kubectl get vpns,vpnu,pods,secrets,daemonsets,pdb -n vpn -o name; helm list -A -q; kubectl get pods -n vpn-operator-system -o name';
    // The garbage collector takes what a VpnServer owned, after kubectl has returned.
    await eventually('nothing left in the cluster', 30_000, async () =>
      (await inShell(cluster, look)) === '' ? 'nothing' : undefined,
    );
    assert.match(await inShell(cluster, 'kubectl get crd,ns -o name'), /vpnusers\.[\s\S]*namespace\/vpn\n/);
  });

  it('installs without Helm by the one command of docs/kubernetes.md, and serves', async () => {
    const docs = readFileSync(resolve(repository, 'docs/kubernetes.md'), 'utf8');
    const [, command = ''] = /^(kubectl apply -k deploy)$/m.exec(docs) ?? [];
    await Promise.all(cluster.nodes.map((node) => node.nameImage(projectImage, developmentImage)));
    await inShell(cluster, command);
    await inShell(
      cluster,
      'kubectl rollout status deployment/vpn-operator -n vpn-operator-system --timeout=90s',
    );
    await inShell(cluster, apply);
    assert.match(await inShell(cluster, get), /office +True +2\/2 /);
    await inShell(cluster, 'kubectl delete -f deploy/samples && kubectl delete -k deploy --timeout=60s');
  });
});

function readme(): string {
  return readFileSync(resolve(repository, 'README.md'), 'utf8');
}

/** The numbered commands, without their comments. */
function readmeCommands(): string[] {
  const block = /```sh\n(# 1\. [\s\S]*?)```/.exec(readme())?.[1] ?? '';
  return block
    .split(/^# \d\. .*\n/m)
    .slice(1)
    .map((text) => text.trim());
}

function chartVersion(): string {
  const text = readFileSync(resolve(repository, 'charts/vpn-operator/Chart.yaml'), 'utf8');
  return /^appVersion: (\S+)$/m.exec(text)?.[1] ?? assert.fail('no appVersion');
}

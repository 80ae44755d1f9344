// Which Kubernetes the tests run against, and the command lines of its programs.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { buildKube, whyNoKube } from './kube-binary.ts';

export type ProgramName =
  | 'etcd'
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'kube-scheduler'
  | 'kubelet'
  | 'kube-proxy'
  | 'kubectl';

/** The command line that starts a program; arguments follow. */
export type Programs = (name: ProgramName) => string[];

/** A cluster that the user has already; the tests make and remove their own namespaces there. */
export function givenKubeconfig(): string | undefined {
  return process.env['KUBECONFIG'] || undefined;
}

/** A folder with etcd, kube-apiserver and kubectl, as setup-envtest makes it. */
function givenAssets(): string | undefined {
  return process.env['KUBEBUILDER_ASSETS'] || undefined;
}

/** Why tests of the API server cannot run here; false where they can. Builds nothing. */
export function cannotRunApi(): string | false {
  if (givenKubeconfig()) return hasProgram('kubectl') ? false : 'KUBECONFIG is set, but there is no kubectl';
  const assets = givenAssets();
  if (assets === undefined) return whyNoKube() ?? false;
  const missing = ['etcd', 'kube-apiserver', 'kubectl'].filter((name) => !existsSync(join(assets, name)));
  return missing.length === 0 ? false : `KUBEBUILDER_ASSETS=${assets} has no ${missing.join(', no ')}`;
}

/** Why tests on nodes of our own cannot run here; false where they can. */
export function cannotRunCluster(): string | false {
  if (process.getuid?.() !== 0) return 'needs root: it makes network namespaces and containers';
  if (!existsSync('/dev/net/tun')) return 'needs /dev/net/tun';
  const missing = ['containerd', 'runc', 'buildah', 'mmdebstrap', 'nft', 'pkill'].filter(
    (name) => !hasProgram(name),
  );
  if (missing.length > 0) return `needs ${missing.join(', ')}: run scripts/setup.sh cluster`;
  return whyNoKube() ?? false;
}

/** Programs for an API server of our own. */
export async function apiPrograms(): Promise<Programs> {
  const assets = givenAssets();
  return assets === undefined ? builtPrograms() : (name) => [join(assets, name)];
}

/** The programs of the binary that is built from kube/. */
export async function builtPrograms(): Promise<Programs> {
  const kube = join(await buildKube(), 'kube');
  return (name) => [kube, name];
}

function hasProgram(name: string): boolean {
  return spawnSync('sh', ['-c', 'command -v "$1"', 'sh', name], { stdio: 'ignore' }).status === 0;
}

// The operator as people install it: by Helm, from the chart of this checkout, with the image that the nodes hold.
import { stringify } from 'yaml';
import { chart, releaseNamespace, type Values } from '../helm/render.ts';
import { chartTools } from '../helm/tools.ts';
import { execute } from '../lab/commands.ts';
import type { Machine } from '../lab/machine.ts';
import { snapshotHost } from '../lab/residue.ts';
import { type Cluster, startCluster } from './cluster.ts';
import { projectArchive, projectImage } from './image.ts';
import { nothingLeftBehind } from './left-behind.ts';
import { LoginClient } from './login-client.ts';
import { cannotRunCluster } from './programs.ts';

/** Where the tests' VpnServers are; the chart makes it, and grants the operator to act in it. */
export const vpnNamespace = 'vpn';

const [repository = '', tag = ''] = projectImage.split(/:(?=[^:]*$)/);
const ownValues: Values = {
  image: { repository, tag, pullPolicy: 'Never' },
  grantNamespaces: [vpnNamespace],
  createNamespaces: true,
};

/** Why an installation cannot be tried here; false where it can. */
export function cannotInstall(): string | false {
  const tools = chartTools();
  return cannotRunCluster() || (typeof tools === 'string' ? tools : false);
}

/** Runs Helm with the cluster's kubeconfig in the release's namespace. @returns what it printed @throws Error with its message */
export function helm(cluster: Cluster, command: readonly string[], values?: Values): Promise<string> {
  const tools = chartTools();
  if (typeof tools === 'string') throw new Error(tools);
  const where = ['--kubeconfig', cluster.kubeconfig(), '--namespace', releaseNamespace];
  const given = values === undefined ? [] : ['--values', '-'];
  return execute([tools.helm, ...command, ...where, ...given], {
    input: values === undefined ? '' : stringify(values),
    timeout: 180_000,
  });
}

/** Installs the chart and waits until the operator is ready. */
export async function installOperator(cluster: Cluster, values: Values = {}): Promise<void> {
  const all = { ...ownValues, ...values };
  await helm(cluster, ['install', 'vpn-operator', chart, '--create-namespace'], all);
  await cluster.kubectl.run(
    ['rollout', 'status', 'deployment/vpn-operator', '-n', releaseNamespace, '--timeout=90s'],
    { timeout: 100_000 },
  );
}

/** Two nodes with the operator installed, two Linux machines with PPTP, and a client for quick logins. */
export interface Installation {
  readonly cluster: Cluster;
  readonly machines: readonly [Machine, Machine];
  readonly client: LoginClient;
  /** Takes all of it down. @throws Error when something stays on this host */
  close(): Promise<void>;
}

export async function startInstallation(values: Values = {}): Promise<Installation> {
  const archive = await projectArchive();
  const before = await snapshotHost();
  const cluster = await startCluster({ images: [archive] });
  const [one, other] = await Promise.all([
    cluster.addMachine(),
    cluster.addMachine(),
    installOperator(cluster, values),
  ]);
  const close = async () => {
    cluster.close();
    await nothingLeftBehind(before);
  };
  return {
    cluster,
    machines: [one, other],
    client: new LoginClient(cluster.undo, cluster.internet),
    close,
  };
}

/** Applies objects in the order given. */
export function applyObjects(cluster: Cluster, ...objects: readonly object[]): Promise<string> {
  return cluster.kubectl.apply(objects.map((object) => stringify(object)).join('---\n'));
}

// The operator as people install it: by Helm, from the chart of this checkout, with the image that the nodes hold.
import { stringify } from 'yaml';
import { chart, releaseNamespace, type Values } from '../helm/render.ts';
import { chartTools } from '../helm/tools.ts';
import { execute } from '../lab/commands.ts';
import type { Cluster } from './cluster.ts';
import { projectImage } from './image.ts';

/** Where the tests' VpnServers are; the chart makes it, and grants the operator to act in it. */
export const vpnNamespace = 'vpn';

const [repository = '', tag = ''] = projectImage.split(/:(?=[^:]*$)/);
const ownValues: Values = {
  image: { repository, tag, pullPolicy: 'Never' },
  grantNamespaces: [vpnNamespace],
  createNamespaces: true,
};

/** Why there is no Helm here; false where there is. */
export function cannotRunHelm(): string | false {
  const tools = chartTools();
  return typeof tools === 'string' ? tools : false;
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

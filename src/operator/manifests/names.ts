// How everything is called that the operator makes. Scripts, dashboards and people rely on these names.
import { createHash } from 'node:crypto';
import { apiGroup, type NamespacedName } from '../../api/names.ts';
import { generatedSecretName } from '../../api/vpn-user.ts';
import type { KubeObject, ObjectKey } from '../kube/object.ts';

export const gatewayName = (server: string) => `${server}-vpn-gateway`;
export const configSecretName = (server: string) => `${server}-vpn-config`;
export const usersSecretName = (server: string, shard: number) =>
  `${server}-vpn-users${shard === 0 ? '' : `-${shard}`}`;
export const tokenSecretName = (server: string) => `${server}-vpn-metrics-token`;
export { generatedSecretName };

/** On gateway pods: a change of it makes the kubelet bring new files at once. */
export const configHashAnnotation = `${apiGroup}/config-hash`;
/** Counts up when the kubelet did not. */
export const configAttemptAnnotation = `${apiGroup}/config-attempt`;

const nameLabel = 'app.kubernetes.io/name';
const componentLabel = 'app.kubernetes.io/component';
const instanceLabel = 'app.kubernetes.io/instance';
const managedByLabel = 'app.kubernetes.io/managed-by';
const product = 'vpn-operator';

/** What tells the pods of one server from all others; it can never be changed. */
export function selectorLabels(server: string): Record<string, string> {
  return { [nameLabel]: product, [componentLabel]: 'gateway', [instanceLabel]: server };
}

export function gatewayLabels(server: string): Record<string, string> {
  return { ...selectorLabels(server), [managedByLabel]: product };
}

const LongestLabel = 63;

/** Names of objects may be longer than the value of a label. */
export function labelValueOf(name: string): string {
  if (name.length <= LongestLabel) return name;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return `${name.slice(0, LongestLabel - digest.length - 1)}-${digest}`;
}

export function credentialsLabels(user: string): Record<string, string> {
  return {
    [nameLabel]: product,
    [componentLabel]: 'credentials',
    [instanceLabel]: labelValueOf(user),
    [managedByLabel]: product,
  };
}

/** Everything that belongs to gateways. */
export const componentSelector = `${nameLabel}=${product},${componentLabel}=gateway`;

export function isOurs({ metadata: { labels = {} } }: KubeObject): boolean {
  return labels[nameLabel] === product && labels[managedByLabel] === product;
}

/** The VpnServer that an object was made for, by its labels; undefined: it is none of a gateway's. */
export function serverKeyOf({
  metadata: { labels = {}, namespace = '' },
}: KubeObject): ObjectKey | undefined {
  const server = labels[instanceLabel];
  if (labels[nameLabel] !== product || labels[componentLabel] !== 'gateway' || server === undefined)
    return undefined;
  return `${namespace}/${server}`;
}

export function keyOfName({ namespace, name }: NamespacedName): ObjectKey {
  return `${namespace}/${name}`;
}

// Keeps those who evict pods through the API (not `kubectl drain`, which leaves DaemonSets alone) from taking down more
// than one gateway at a time. With a single gateway it would only block them for ever, so there is none then.
import type { V1PodDisruptionBudget } from '@kubernetes/client-node';
import type { KubeObject } from '../kube/object.ts';
import type { VpnServerObject } from '../objects.ts';
import { gatewayLabels, gatewayName, selectorLabels } from './names.ts';
import { ownedMetadata } from './owned.ts';

/** undefined: none. A DaemonSet has no scale subresource, so only a whole number of pods can be asked for. */
export function gatewayPodDisruptionBudget(
  server: VpnServerObject,
  gateways: number,
): (V1PodDisruptionBudget & KubeObject) | undefined {
  if (gateways < 2) return undefined;
  const { name } = server.metadata;
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: ownedMetadata(server, gatewayName(name), gatewayLabels(name)),
    spec: { minAvailable: gateways - 1, selector: { matchLabels: selectorLabels(name) } },
  } as V1PodDisruptionBudget & KubeObject;
}

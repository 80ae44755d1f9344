// The identity of the gateway pods. It has no rights, and its token is mounted nowhere: a gateway that is taken over
// cannot speak to Kubernetes.
import type { V1ServiceAccount } from '@kubernetes/client-node';
import type { KubeObject } from '../kube/object.ts';
import type { VpnServerObject } from '../objects.ts';
import { gatewayLabels, gatewayName } from './names.ts';
import { ownedMetadata } from './owned.ts';

export function gatewayServiceAccount(server: VpnServerObject): V1ServiceAccount & KubeObject {
  const { name } = server.metadata;
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: ownedMetadata(server, gatewayName(name), gatewayLabels(name)),
    automountServiceAccountToken: false,
  } as V1ServiceAccount & KubeObject;
}

// The objects that the operator reads, as far as it reads them.
import type { ObjectMetadata } from '../api/names.ts';
import type { VpnServerSpec } from '../api/vpn-server.ts';
import type { VpnServerStatus } from '../api/vpn-server-status.ts';
import type { VpnUserSpec } from '../api/vpn-user.ts';
import type { VpnUserStatus } from '../api/vpn-user-status.ts';
import type { KubeObject, ObjectMeta } from './kube/object.ts';

type Namespaced = ObjectMeta & ObjectMetadata;

export interface VpnServerObject extends KubeObject {
  metadata: Namespaced;
  spec: VpnServerSpec;
  status?: VpnServerStatus;
}

export interface VpnUserObject extends KubeObject {
  metadata: Namespaced;
  spec: VpnUserSpec;
  status?: VpnUserStatus;
}

export interface SecretObject extends KubeObject {
  metadata: Namespaced;
  type?: string;
  immutable?: boolean;
  data?: Record<string, string>;
}

export interface DaemonSetObject extends KubeObject {
  metadata: Namespaced;
  spec?: { template?: PodTemplate };
  status?: { desiredNumberScheduled?: number; observedGeneration?: number };
}

export interface PodTemplate {
  spec?: {
    containers?: { name: string; image?: string; ports?: { name?: string; containerPort: number }[] }[];
  };
}

export interface ContainerState {
  waiting?: { reason?: string; message?: string };
  running?: { startedAt?: string };
  terminated?: { reason?: string; message?: string; exitCode?: number };
}

export interface PodObject extends KubeObject {
  metadata: Namespaced;
  spec?: { nodeName?: string; affinity?: unknown } & PodTemplate['spec'];
  status?: {
    phase?: string;
    hostIP?: string;
    podIP?: string;
    conditions?: { type: string; status: string; reason?: string; message?: string }[];
    containerStatuses?: {
      name: string;
      ready?: boolean;
      restartCount?: number;
      state?: ContainerState;
      lastState?: ContainerState;
    }[];
  };
}

export interface Taint {
  key: string;
  value?: string;
  effect: string;
}

export interface NodeObject extends KubeObject {
  spec?: { podCIDRs?: string[]; podCIDR?: string; taints?: Taint[] };
  status?: { addresses?: { type: string; address: string }[] };
}

export interface ServiceCidrObject extends KubeObject {
  spec?: { cidrs?: string[] };
}

export interface EndpointSliceObject extends KubeObject {
  endpoints?: { addresses?: string[] }[] | null;
}

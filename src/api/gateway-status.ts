// What a gateway tells the operator, at GET /v1/status and /v1/users: JSON, protected by the token that both know. The
// gateway holds no Kubernetes credential; all that Kubernetes shows of it is written by the operator from this.

import type { NamespacedName } from './names.ts';

/** What keeps a gateway from taking calls; also the reason of the VpnServer's condition. */
export const gatewayProblems = {
  ConfigInvalid: 'The files that the operator wrote cannot be used; the last good ones stay in force.',
  NoAddressSlice: 'The node has no range of addresses for clients yet.',
  TunMissing: 'The node has no /dev/net/tun, or the pod may not use it.',
  PortTaken: 'TCP port 1723 belongs to another program on the node.',
  ListenAddressMissing: 'The node has none of spec.listenAddresses.',
  GreRefused: 'The kernel refuses a raw socket for GRE.',
  NetworkRefused: 'The kernel refuses an address, a route, or the packet filter.',
  StartFailed: 'Anything else.',
} as const;

export type GatewayProblemReason = keyof typeof gatewayProblems;

export interface GatewayProblem {
  readonly reason: GatewayProblemReason;
  readonly message: string;
}

export interface GatewayStatus {
  readonly node: string;
  readonly server: NamespacedName | null;
  /** Of the files that are in force. */
  readonly configHash: string | null;
  readonly ready: boolean;
  readonly problems: readonly GatewayProblem[];
  readonly sessions: number;
  readonly addresses: { readonly total: number; readonly used: number };
  /** Inner addresses that sessions have. */
  readonly usedAddresses: readonly string[];
  readonly pathMTU: { readonly indeterminate: number; readonly blackHoles: number };
  /** Changes whenever /v1/users does; of this process only. */
  readonly usersRevision: string;
}

export interface UserActivity extends NamespacedName {
  readonly sessions: number;
  readonly lastSeen?: { readonly time: string; readonly from: string };
  readonly lastFailure?: {
    readonly time: string;
    readonly reason: string;
    readonly message: string;
    readonly from: string;
  };
}

export interface UsersActivity {
  readonly usersRevision: string;
  readonly users: readonly UserActivity[];
}

/** The port of a gateway's HTTP endpoints, unless another server's gateway has it on the same node. */
export const firstHttpPort = 9723;

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
  readonly pathMTU: PathSummary;
  readonly notices: GatewayNotices;
  /** Changes whenever /v1/users does; of this process only. */
  readonly usersRevision: string;
}

/** What is known of the path to a client. */
export const pathStates = {
  Searching: 'being measured',
  Confirmed: 'measured',
  BlackHole: 'measured, and swallows larger packets without an ICMP message',
  Indeterminate: 'not to be measured: the client answers no probes, or small ones only',
  Fixed: 'not measured: spec.mtu.mode is Fixed',
} as const;

export type PathState = keyof typeof pathStates;

/** Of one established session; sizes in bytes. */
export interface SessionPath {
  readonly user: NamespacedName;
  readonly from: string;
  readonly state: PathState;
  /** Of the interface towards the client; null when nothing is measured. */
  readonly interfaceMTU: number | null;
  /** The largest outer packet. */
  readonly pathMTU: number;
  /** The largest inner packet. */
  readonly tunnelMTU: number;
}

export interface PathSummary {
  /** Established sessions by what is known of their paths. */
  readonly states: Readonly<Partial<Record<PathState, number>>>;
  /** Smallest and largest tunnel MTU; null without sessions. */
  readonly tunnelMTU: { readonly smallest: number; readonly largest: number } | null;
  /** The worst ones, and no more than mostPaths. */
  readonly sessions: readonly SessionPath[];
}

export const mostPaths = 50;

/** What a gateway wants Kubernetes to know once; also the reasons of Events. */
export const noticeReasons = {
  BlackHoleCured:
    'The path to a client swallows large packets without an ICMP message; the tunnel MTU was lowered, and all goes on.',
  PathShrank:
    'The path to a client takes less than before, in the middle of a session; the tunnel MTU was lowered.',
  GreBlocked:
    'A client is connected over TCP, but its tunnel carries nothing; the note says why and what to do.',
  LargePacketsLost:
    'The path to a client drops all but small packets; they leave small, and in fragments if need be.',
} as const;

export type NoticeReason = keyof typeof noticeReasons;

export interface GatewayNotice {
  /** 1, 2, 3 and so on, in one process. */
  readonly sequence: number;
  readonly time: string;
  readonly reason: NoticeReason;
  /** One sentence, as in the log. */
  readonly message: string;
  /** Whose call it was, by the best guess; absent: nobody can be named. */
  readonly user?: NamespacedName;
}

export interface GatewayNotices {
  /** Differs from one life of the gateway to the next. */
  readonly process: string;
  /** The gateway's clock, by which the notices are dated. */
  readonly now: string;
  /** The last ones, and no more than mostNotices. */
  readonly latest: readonly GatewayNotice[];
}

export const mostNotices = 100;

export interface UserActivity extends NamespacedName {
  readonly sessions: number;
  /** The smallest of its sessions, inner and outer bytes; absent without sessions. */
  readonly path?: { readonly tunnelMTU: number; readonly pathMTU: number };
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

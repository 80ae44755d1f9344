// Every reason that a VpnServer's conditions and the operator's Events can have, with its meaning: for the reference, and so
// that none is made up on the way. Those of a VpnUser are in finding.ts.
import { serverReasons } from './finding.ts';
import { gatewayProblems, noticeReasons } from './gateway-status.ts';

/** What keeps a gateway's pod from working, where the gateway itself cannot tell. */
export const podProblems = {
  ImagePullFailed: 'The image of the gateway cannot be pulled.',
  PodsRefused:
    'Kubernetes makes no pods of the gateways: Pod Security, a quota, a missing priority class; the message says which.',
  ContainerRefused: 'The container runtime refuses to make the container.',
  MountFailed: 'A volume of the pod cannot be mounted.',
  Unschedulable: 'The pod does not fit onto its node.',
  GatewayFailed: 'The gateway ended by itself.',
  GatewayUnreachable: 'The gateway does not answer the operator.',
  GatewayStarting: 'The gateway is being started.',
} as const;

export const serverConditionReasons = {
  Ready: {
    GatewaysReady: 'Every node that should have a gateway has one that takes calls.',
    NoNodeMatches: 'No node has the labels of spec.placement, or all are tainted; the message says which.',
    ObjectRefused:
      'The API server does not take an object of the gateways: spec.placement, a quota or a policy forbids it; the message has its words.',
    NotPermitted: 'The operator may not work in the namespace; the message has the command that lets it.',
    ...serverReasons,
    ...gatewayProblems,
    ...podProblems,
  },
  UsersSynced: {
    Loaded: 'Every gateway has loaded the current users and settings.',
    Loading: 'The first files are on their way.',
    GatewaysBehind: 'A gateway did not load the current files in time; its kubelet is asked again.',
    GatewayUnreachable: 'A gateway does not answer the operator, perhaps because of a firewall on its node.',
    NoGateways: 'There is no gateway that could load users.',
  },
  PathMTU: {
    Measured: 'The path of every session is measured.',
    BlackHolesCured:
      'Paths swallow large packets without an ICMP message; their tunnels are cured. The message names them.',
    Indeterminate:
      'Clients answer no probes, so their packets may leave in fragments. The message names them.',
    Measuring: 'The first sessions are being measured.',
    NoSessions: 'Nobody is connected.',
    Fixed: 'spec.mtu.mode is Fixed, so nothing is measured.',
  },
  WeakProtocol: { PPTP: 'The protocol is broken, whatever the settings.' },
} as const;

export type ReasonOf<Type extends keyof typeof serverConditionReasons> =
  keyof (typeof serverConditionReasons)[Type];

/** Events that are no change of a condition. */
export const eventReasons = {
  RollingGateways: 'The pod template changes: gateways are replaced node after node. Written before.',
  RestartingGateways:
    'A setting changed that a running gateway cannot follow: all start anew in their pods. Written before.',
  ...noticeReasons,
} as const;

export type EventReason = keyof typeof eventReasons;

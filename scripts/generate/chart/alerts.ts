// The alerts of the chart's PrometheusRule, each with what it means and what to do: the rules file and docs/alerts.md are
// made from this. Every metric named here is one of the gateway's or the operator's; a test holds them together.

export interface Alert {
  readonly name: string;
  readonly expr: string;
  readonly for: string;
  readonly severity: 'critical' | 'warning' | 'info';
  readonly summary: string;
  /** Prometheus templates may stand in it. */
  readonly description: string;
  readonly meaning: string;
  readonly steps: readonly string[];
}

/** Per server, so that one alert names one VpnServer. */
const by = 'by (namespace, server)';

export const alerts: readonly Alert[] = [
  {
    name: 'VpnGatewayDown',
    expr: 'up{job=~".+/.+-vpn-gateway"} == 0',
    for: '2m',
    severity: 'critical',
    summary: 'A VPN gateway does not answer.',
    description:
      'The gateway {{ $labels.instance }} of {{ $labels.job }} has not answered Prometheus for two minutes.',
    meaning: 'Nobody can log in on that node, or only Prometheus is kept out.',
    steps: [
      '`kubectl get vpns -A` and `kubectl describe vpns NAME`: the condition Ready says what is wrong with which node.',
      '`kubectl logs -n NAMESPACE ds/NAME-vpn-gateway`: the last lines before the end.',
      'All well there? Then the token of the PodMonitor is wrong (HTTP 401), or a firewall keeps Prometheus from the node.',
    ],
  },
  {
    name: 'VpnAddressesAlmostExhausted',
    expr: `sum ${by} (vpn_addresses{state="free"}) / sum ${by} (vpn_addresses) < 0.1`,
    for: '10m',
    severity: 'warning',
    summary: 'A VpnServer has few addresses left.',
    description:
      'Less than a tenth of the addresses of {{ $labels.namespace }}/{{ $labels.server }} is free; without one the next login fails with error 930.',
    meaning: 'The pools are too small for the number of clients, or sessions pile up that nobody uses.',
    steps: [
      'Add a pool to `spec.addressPools`; running sessions are not touched.',
      'Set `spec.sessions.idleTimeout` if many sessions are idle.',
    ],
  },
  {
    name: 'VpnLoginsRefusedForAddresses',
    expr: `sum ${by} (increase(vpn_logins_total{result=~"no_address|too_many_sessions"}[15m])) > 0`,
    for: '0m',
    severity: 'critical',
    summary: 'People with the right password are turned away for lack of room.',
    description:
      '{{ $labels.namespace }}/{{ $labels.server }} refused {{ $value | humanize }} logins in 15 minutes: no address was free, or sessions.max is reached.',
    meaning: 'Clients see error 930.',
    steps: ['Add a pool to `spec.addressPools`, or raise `spec.sessions.max`.'],
  },
  {
    name: 'VpnPasswordGuessing',
    expr: `sum ${by} (increase(vpn_logins_total{result=~"bad_credentials|penalized"}[15m])) > 30`,
    for: '0m',
    severity: 'warning',
    summary: 'Many logins with wrong passwords.',
    description:
      '{{ $labels.namespace }}/{{ $labels.server }} saw {{ $value | humanize }} wrong passwords in 15 minutes.',
    meaning:
      'Somebody guesses, or a device dials with an old password for ever. The server slows both down by itself.',
    steps: [
      "The gateway's log names source and user of each attempt.",
      'Narrow the user with `spec.allowedSources`, or suspend him (`spec.suspended`) and change the password.',
    ],
  },
  {
    name: 'VpnGreBlocked',
    expr: `sum ${by} (increase(vpn_logins_total{result="no_gre"}[30m])) > 5 and sum ${by} (increase(vpn_logins_total{result="success"}[30m])) == 0`,
    for: '0m',
    severity: 'warning',
    summary: 'Clients reach TCP port 1723, but no GRE.',
    description:
      'On {{ $labels.namespace }}/{{ $labels.server }} every call of the last 30 minutes ended without a GRE packet.',
    meaning: 'Something drops IP protocol 47 before the node, for everybody.',
    steps: [
      'Let protocol 47 pass: security group, firewall before the node, host firewall.',
      '`vpn-operator probe --server NODE` from outside says in which direction it is dropped.',
    ],
  },
  {
    name: 'VpnPacketsTooLarge',
    expr: `sum ${by} (rate(vpn_session_pmtu_drops_total{reason=~"icmp_limited|unfragmentable|message_too_long|too_large"}[10m])) > 1`,
    for: '10m',
    severity: 'warning',
    summary: 'Packets are dropped because they are too large for a tunnel.',
    description:
      '{{ $labels.namespace }}/{{ $labels.server }} drops {{ $value | humanize }} packets a second whose senders do not learn the right size.',
    meaning: 'Pages load half or not at all for somebody.',
    steps: [
      '`vpn_session_pmtu_drops_total` names the session, `vpn_session_tunnel_mtu_bytes` its size.',
      'See path-mtu.md; as a last resort set `spec.mtu` to `{mode: Fixed, value: 1300}`.',
    ],
  },
  {
    name: 'VpnHostErrors',
    expr: `sum by (namespace, server, operation, errno) (rate(vpn_host_errors_total{errno!="EMSGSIZE"}[10m])) > 1`,
    for: '10m',
    severity: 'warning',
    summary: 'The kernel refuses what a gateway asks of it.',
    description:
      '{{ $labels.operation }} of {{ $labels.namespace }}/{{ $labels.server }} fails with {{ $labels.errno }} {{ $value | humanize }} times a second.',
    meaning: 'Packets get lost on the node itself. Sessions go on.',
    steps: [
      'EPERM: a firewall on the node drops outgoing GRE. ENOBUFS: the network card cannot keep up. ENETUNREACH: a route is missing.',
      "The gateway's log says more about each errno, once.",
    ],
  },
  {
    name: 'VpnEncryptionRefused',
    expr: `sum ${by} (increase(vpn_logins_total{result="encryption_refused"}[1h])) > 3`,
    for: '0m',
    severity: 'info',
    summary: 'Clients do not encrypt as the server requires.',
    description:
      '{{ $labels.namespace }}/{{ $labels.server }} turned away {{ $value | humanize }} logins in an hour over encryption.',
    meaning:
      'A client is set to no encryption or can only do 40 bits; or somebody on the path tries to talk it down.',
    steps: ['Turn encryption on at the client. Widen `spec.encryption` only if the device can do no better.'],
  },
  {
    name: 'VpnOperatorReconcileErrors',
    expr: 'sum by (controller) (increase(controller_runtime_reconcile_errors_total{controller=~"vpn.*"}[15m])) > 3',
    for: '15m',
    severity: 'warning',
    summary: 'The operator cannot do its work.',
    description:
      'The controller {{ $labels.controller }} failed {{ $value | humanize }} times in 15 minutes.',
    meaning:
      'Changes of VpnServers or VpnUsers do not reach the gateways. Sessions and logins go on with the last state.',
    steps: [
      '`kubectl logs -n vpn-operator-system deploy/vpn-operator`.',
      'A refusal by the API server (403)? Compare with rbac.md.',
    ],
  },
  {
    name: 'VpnOperatorWithoutLeader',
    expr: 'max(leader_election_master_status{name="vpn-operator"}) < 1',
    for: '1m',
    severity: 'critical',
    summary: 'No operator leads.',
    description: 'For a minute no operator has been the leader: changes reach no gateway.',
    meaning: 'Suspending or removing a user has no effect now.',
    steps: [
      '`kubectl get pods,lease -n vpn-operator-system`.',
      'The log of the operator says why it cannot renew its Lease.',
    ],
  },
];

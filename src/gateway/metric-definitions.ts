// Every gateway metric: name, kind, help and labels, and for a session's metrics where the value comes from.
// docs/metrics.md is generated from this. No metric library here.
import { formatAddress } from '../protocol/ip/address.ts';
import type { SessionSnapshot } from './session-view.ts';

export interface MetricDefinition {
  name: string;
  kind: 'counter' | 'gauge';
  help: string;
  /** Besides `namespace` and `server`. */
  labels: readonly string[];
}

export interface Sample {
  labels: Readonly<Record<string, string>>;
  value: number;
}

export interface SessionMetric extends MetricDefinition {
  samples: (session: SessionSnapshot) => readonly Sample[];
}

/** Every series carries these. */
export const commonLabels = ['namespace', 'server'] as const;
/** Every series of a session carries these too; `address` is the inner one. */
export const sessionLabels = ['user', 'address'] as const;

const ofSession = [...sessionLabels];

export const sessionMetrics: readonly SessionMetric[] = [
  {
    name: 'vpn_session_info',
    kind: 'gauge',
    help: 'Always 1; says where the client dials from and how the session is encrypted.',
    labels: [...ofSession, 'peer_address', 'encryption'],
    samples: (s) => [
      { labels: { peer_address: formatAddress(s.peerAddress), encryption: s.encryption }, value: 1 },
    ],
  },
  plain(
    'gauge',
    'vpn_session_start_time_seconds',
    'When the session began, in seconds since the Unix epoch.',
    (s) => s.startedAt / 1000,
  ),
  plain(
    'gauge',
    'vpn_session_round_trip_seconds',
    'Last measured round trip to the client through the tunnel; absent until the first measurement.',
    (s) => (s.roundTrip === undefined ? undefined : s.roundTrip / 1000),
  ),
  plain(
    'counter',
    'vpn_session_received_bytes_total',
    'Inner bytes received from the client.',
    (s) => s.totals.receivedBytes,
  ),
  plain(
    'counter',
    'vpn_session_sent_bytes_total',
    'Inner bytes sent to the client.',
    (s) => s.totals.sentBytes,
  ),
  plain(
    'counter',
    'vpn_session_received_packets_total',
    'Inner packets received from the client.',
    (s) => s.totals.receivedPackets,
  ),
  plain(
    'counter',
    'vpn_session_sent_packets_total',
    'Inner packets sent to the client.',
    (s) => s.totals.sentPackets,
  ),
  {
    name: 'vpn_session_pmtu_drops_total',
    kind: 'counter',
    help: 'Inner packets dropped because they were too large for the tunnel or the path, by direction and reason.',
    labels: [...ofSession, 'direction', 'reason'],
    samples: (s) => [
      ...reasons(s.totals.pmtuDrops.toClient, { direction: 'to_client' }),
      ...reasons(s.totals.pmtuDrops.fromClient, { direction: 'from_client' }),
    ],
  },
  plain(
    'gauge',
    'vpn_session_path_mtu_bytes',
    'Largest outer IP packet that reaches the client whole.',
    (s) => s.pathMtu,
  ),
  plain(
    'gauge',
    'vpn_session_tunnel_mtu_bytes',
    'Largest inner IP packet that the tunnel carries whole.',
    (s) => s.tunnelMtu,
  ),
  {
    name: 'vpn_session_path_mtu_probes_total',
    kind: 'counter',
    help: 'Path MTU probes since the session began, by what became of them.',
    labels: [...ofSession, 'outcome'],
    samples: ({ probes: { echoed, acknowledged, lost } }) =>
      Object.entries({ echoed, acknowledged, lost }).map(([outcome, value]) => ({
        labels: { outcome },
        value,
      })),
  },
  plain(
    'counter',
    'vpn_session_fragments_sent_total',
    'Pieces sent to the client of inner packets that were too large and could be cut.',
    (s) => s.totals.fragmentsSent,
  ),
  plain(
    'counter',
    'vpn_session_clamped_syns_total',
    'TCP SYNs, in either direction, whose MSS was lowered to what the tunnel takes.',
    (s) => s.totals.clampedSyns,
  ),
  plain(
    'counter',
    'vpn_session_fragmentation_needed_sent_total',
    'ICMP errors that told a sender the size that fits.',
    (s) => s.totals.fragmentationNeededSent,
  ),
  plain(
    'counter',
    'vpn_session_gre_lost_packets_total',
    'GRE packets from the client that never came.',
    (s) => s.totals.greLost,
  ),
  plain(
    'counter',
    'vpn_session_gre_reordered_packets_total',
    'GRE packets from the client that came out of order and were put in order.',
    (s) => s.totals.greReordered,
  ),
  plain(
    'counter',
    'vpn_session_gre_duplicate_packets_total',
    'GRE packets from the client that came a second time.',
    (s) => s.totals.greDuplicate,
  ),
  {
    name: 'vpn_session_discarded_packets_total',
    kind: 'counter',
    help: 'Packets of the session that were refused, by reason; a reason appears with its first packet.',
    labels: [...ofSession, 'reason'],
    samples: (s) => reasons(s.totals.discarded, {}).filter((sample) => sample.value > 0),
  },
];

export const serverMetrics = {
  buildInfo: {
    name: 'vpn_build_info',
    kind: 'gauge',
    help: 'Always 1; says which version runs.',
    labels: ['version', 'node_version'],
  },
  sessions: { name: 'vpn_sessions', kind: 'gauge', help: 'Sessions of authenticated users.', labels: [] },
  sessionsWithoutSeries: {
    name: 'vpn_sessions_without_series',
    kind: 'gauge',
    help: 'Sessions beyond the cap, which have no series of their own.',
    labels: [],
  },
  logins: {
    name: 'vpn_logins_total',
    kind: 'counter',
    help: 'Login attempts by result.',
    labels: ['result'],
  },
  sessionEnds: {
    name: 'vpn_session_ends_total',
    kind: 'counter',
    help: 'Sessions that ended, by reason.',
    labels: ['reason'],
  },
  greVerdicts: {
    name: 'vpn_gre_verdicts_total',
    kind: 'counter',
    help: 'Calls whose tunnel carried nothing although TCP worked, by what GRE showed of the path.',
    labels: ['verdict'],
  },
  controlDiscarded: {
    name: 'vpn_control_discarded_packets_total',
    kind: 'counter',
    help: 'Control messages and PPP control frames that were passed over, by reason.',
    labels: ['reason'],
  },
  greDiscarded: {
    name: 'vpn_gre_discarded_packets_total',
    kind: 'counter',
    help: 'GRE packets that belong to no session or are malformed, by reason.',
    labels: ['reason'],
  },
  hostErrors: {
    name: 'vpn_host_errors_total',
    kind: 'counter',
    help: 'System calls that failed, by operation and errno; none of them ends a session.',
    labels: ['operation', 'errno'],
  },
  addresses: {
    name: 'vpn_addresses',
    kind: 'gauge',
    help: 'Addresses of the pools by state.',
    labels: ['state'],
  },
  collectErrors: {
    name: 'vpn_collect_errors_total',
    kind: 'counter',
    help: 'Parts of a scrape that failed and were left out.',
    labels: ['source'],
  },
} as const satisfies Record<string, MetricDefinition>;
export type ServerMetric = keyof typeof serverMetrics;

function plain(
  kind: MetricDefinition['kind'],
  name: string,
  help: string,
  value: (session: SessionSnapshot) => number | undefined,
): SessionMetric {
  return {
    name,
    kind,
    help,
    labels: ofSession,
    samples: (session) => {
      const found = value(session);
      return found === undefined ? [] : [{ labels: {}, value: found }];
    },
  };
}

function reasons(counts: Readonly<Record<string, number>>, labels: Sample['labels']): Sample[] {
  return Object.entries(counts).map(([reason, value]) => ({ labels: { ...labels, reason }, value }));
}

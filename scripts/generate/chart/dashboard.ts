// The Grafana dashboard of the chart, as data. Every metric in it is one of the gateway's or the operator's; a test holds
// them together.

const datasource = { type: 'prometheus', uid: '$datasource' };
const scope = '{namespace=~"$namespace", server=~"$server"}';
const scopeAnd = (more: string) => `{namespace=~"$namespace", server=~"$server", ${more}}`;

interface Panel {
  readonly title: string;
  readonly description: string;
  readonly type: 'stat' | 'timeseries';
  readonly unit: string;
  readonly width: number;
  readonly queries: readonly (readonly [expr: string, legend: string])[];
}

const panels: readonly Panel[] = [
  {
    title: 'Sessions',
    description: 'Authenticated users now.',
    type: 'stat',
    unit: 'none',
    width: 6,
    queries: [[`sum(vpn_sessions${scope})`, 'sessions']],
  },
  {
    title: 'Addresses free',
    description: 'Of all pools.',
    type: 'stat',
    unit: 'none',
    width: 6,
    queries: [[`sum(vpn_addresses${scopeAnd('state="free"')})`, 'free']],
  },
  {
    title: 'Logins refused, last hour',
    description: 'By reason.',
    type: 'stat',
    unit: 'none',
    width: 12,
    queries: [
      [`sum by (result) (increase(vpn_logins_total${scopeAnd('result!="success"')}[1h])) > 0`, '{{result}}'],
    ],
  },
  {
    title: 'Traffic',
    description: 'Inner bytes, as the clients see them.',
    type: 'timeseries',
    unit: 'Bps',
    width: 12,
    queries: [
      [`sum(rate(vpn_session_received_bytes_total${scope}[$__rate_interval]))`, 'from clients'],
      [`sum(rate(vpn_session_sent_bytes_total${scope}[$__rate_interval]))`, 'to clients'],
    ],
  },
  {
    title: 'Sessions over time',
    description: 'Per server.',
    type: 'timeseries',
    unit: 'none',
    width: 12,
    queries: [[`sum by (namespace, server) (vpn_sessions${scope})`, '{{namespace}}/{{server}}']],
  },
  {
    title: 'Round trip',
    description: 'Through the tunnel.',
    type: 'timeseries',
    unit: 's',
    width: 12,
    queries: [[`vpn_session_round_trip_seconds${scope}`, '{{user}}']],
  },
  {
    title: 'Tunnel MTU',
    description: 'Largest packet that the tunnel carries whole.',
    type: 'timeseries',
    unit: 'decbytes',
    width: 12,
    queries: [[`vpn_session_tunnel_mtu_bytes${scope}`, '{{user}}']],
  },
  {
    title: 'Packets lost, late or twice',
    description: 'GRE from the clients.',
    type: 'timeseries',
    unit: 'pps',
    width: 12,
    queries: [
      [`sum(rate(vpn_session_gre_lost_packets_total${scope}[$__rate_interval]))`, 'lost'],
      [`sum(rate(vpn_session_gre_reordered_packets_total${scope}[$__rate_interval]))`, 'reordered'],
      [`sum(rate(vpn_session_gre_duplicate_packets_total${scope}[$__rate_interval]))`, 'twice'],
    ],
  },
  {
    title: 'Packets dropped for their size',
    description: 'By reason; see docs/path-mtu.md.',
    type: 'timeseries',
    unit: 'pps',
    width: 12,
    queries: [
      [
        `sum by (direction, reason) (rate(vpn_session_pmtu_drops_total${scope}[$__rate_interval])) > 0`,
        '{{direction}} {{reason}}',
      ],
    ],
  },
  {
    title: 'Packets refused',
    description: 'By reason.',
    type: 'timeseries',
    unit: 'pps',
    width: 12,
    queries: [
      [`sum by (reason) (rate(vpn_session_discarded_packets_total${scope}[$__rate_interval]))`, '{{reason}}'],
      [`sum by (reason) (rate(vpn_gre_discarded_packets_total${scope}[$__rate_interval]))`, 'GRE {{reason}}'],
    ],
  },
  {
    title: 'Why sessions ended',
    description: 'By reason.',
    type: 'timeseries',
    unit: 'none',
    width: 12,
    queries: [
      [`sum by (reason) (increase(vpn_session_ends_total${scope}[$__rate_interval])) > 0`, '{{reason}}'],
    ],
  },
];

export function sessionsDashboard(): string {
  return `${JSON.stringify({ ...frame, panels: placed() }, undefined, 2)}\n`;
}

const frame = {
  title: 'VPN sessions',
  uid: 'vpn-operator-sessions',
  tags: ['vpn-operator'],
  schemaVersion: 39,
  editable: true,
  refresh: '30s',
  time: { from: 'now-6h', to: 'now' },
  templating: {
    list: [
      { name: 'datasource', type: 'datasource', query: 'prometheus' },
      variable('namespace', 'label_values(vpn_sessions, namespace)'),
      variable('server', 'label_values(vpn_sessions{namespace=~"$namespace"}, server)'),
    ],
  },
};

function variable(name: string, query: string) {
  return {
    name,
    type: 'query',
    datasource,
    query,
    refresh: 2,
    multi: true,
    includeAll: true,
    allValue: '.*',
  };
}

/** Grafana's grid is 24 wide. */
function placed() {
  let x = 0;
  let y = 0;
  let rowHeight = 0;
  return panels.map((panel, index) => {
    const height = panel.type === 'stat' ? 4 : 8;
    if (x + panel.width > 24) {
      x = 0;
      y += rowHeight;
      rowHeight = 0;
    }
    const gridPos = { x, y, w: panel.width, h: height };
    x += panel.width;
    rowHeight = Math.max(rowHeight, height);
    const targets = panel.queries.map(([expr, legendFormat], at) => ({
      refId: String.fromCharCode(65 + at),
      datasource,
      expr,
      legendFormat,
    }));
    const { title, description, type, unit } = panel;
    const fieldConfig = { defaults: { unit }, overrides: [] };
    return { id: index + 1, title, description, type, datasource, fieldConfig, gridPos, targets };
  });
}

// docs/metrics.md from the metric definitions and the closed sets of their labels, so that it cannot drift.
import { controlDiscardReasons } from '../../src/gateway/control-discards.ts';
import { greVerdicts } from '../../src/gateway/gre-verdict.ts';
import {
  commonLabels,
  type MetricDefinition,
  serverMetrics,
  sessionMetrics,
} from '../../src/gateway/metric-definitions.ts';
import {
  addressStates,
  collectSources,
  hostOperations,
  loginResults,
  sessionEndReasons,
} from '../../src/gateway/metric-labels.ts';
import { maximumSessionsWithSeries } from '../../src/gateway/metrics.ts';
import { discardReasons, greDiscardReasons, pmtuDropReasons } from '../../src/protocol/datapath/counters.ts';

export const metricsDocumentPath = 'docs/metrics.md';

/** The whole file, line feed at its end. */
export function metricsDocument(): string {
  return `${[introduction(), sessionPart(), serverPart(), labelPart(), queryPart()].join('\n\n')}\n`;
}

function introduction(): string {
  return `<!-- Generated from src/gateway/metric-definitions.ts and the label lists; run \`npm run generate\`. -->
# Metrics

The gateway answers \`GET /metrics\` in the Prometheus text format, on \`127.0.0.1:9723\` unless \`--http-address\` says
otherwise. On any other address than loopback the request must carry \`Authorization: Bearer\` with the token of
\`--token-file\`.

- Every \`vpn_\` series carries ${words(commonLabels)}: the VpnServer's.
- Labels hold names of configured objects, addresses of live sessions, or words of the lists below. Nothing that a
  client sends becomes a label.
- Counters begin at 0 when the gateway or the session begins.
- The usual \`process_*\` and \`nodejs_*\` metrics are there too; they describe the process and carry neither label.`;
}

function sessionPart(): string {
  return `## Sessions

Each series also carries \`user\` (\`metadata.name\` of the VpnUser) and \`address\` (the client's address inside the tunnel),
and is gone with the first scrape after its session ended. \`received\` is from the client, \`sent\` is to the client; bytes
are those of the packets inside the tunnel. At most ${thousands(maximumSessionsWithSeries)} sessions of a process get series of their own.

${table(sessionMetrics, ['user', 'address'])}`;
}

function serverPart(): string {
  return `## Server\n\n${table(Object.values(serverMetrics), [])}`;
}

function table(metrics: readonly MetricDefinition[], implied: readonly string[]): string {
  const rows = metrics.map((metric) => {
    const labels = metric.labels.filter((label) => !implied.includes(label));
    return `| \`${metric.name}\` | ${metric.kind} | ${words(labels)} | ${metric.help} |`;
  });
  return ['| Name | Kind | More labels | Meaning |', '|---|---|---|---|', ...rows].join('\n');
}

function labelPart(): string {
  return [
    '## Words of the labels\n\nEvery list is closed.',
    list('`result` of `vpn_logins_total`', loginResults),
    list('`reason` of `vpn_session_ends_total`', sessionEndReasons),
    list('`reason` of `vpn_session_discarded_packets_total`', discardReasons),
    list('`reason` of `vpn_session_pmtu_drops_total`, `direction="to_client"`', pmtuDropReasons.toClient),
    list('`reason` of `vpn_session_pmtu_drops_total`, `direction="from_client"`', pmtuDropReasons.fromClient),
    list('`reason` of `vpn_gre_discarded_packets_total`', greDiscardReasons),
    list('`reason` of `vpn_control_discarded_packets_total`', controlDiscardReasons),
    list('`verdict` of `vpn_gre_verdicts_total`', greVerdicts),
    list('`operation` of `vpn_host_errors_total`', hostOperations),
    "`errno` of `vpn_host_errors_total` is the system's name of the error (`EMSGSIZE`, `ENOBUFS` ...), else `OTHER`.",
    list('`state` of `vpn_addresses`', addressStates),
    list('`source` of `vpn_collect_errors_total`', collectSources),
    '`encryption` of `vpn_session_info` is `None` or `MPPE-` with the key length and the mode, such as `MPPE-128-stateless`.',
  ].join('\n\n');
}

function list(title: string, set: Readonly<Record<string, string>>): string {
  const rows = Object.entries(set).map(([word, meaning]) => `| \`${word}\` | ${meaning} |`);
  return [`### ${title}`, '', '| Word | Meaning |', '|---|---|', ...rows].join('\n');
}

function queryPart(): string {
  return `## Useful queries

| Question | Query |
|---|---|
| Who moves most data to clients? | \`topk(10, rate(vpn_session_sent_bytes_total[5m])) * 8\` (bits per second) |
| Are logins refused? | \`sum by (result) (rate(vpn_logins_total{result!="success"}[5m]))\` |
| Is anybody not encrypted? | \`vpn_session_info{encryption="None"}\` |
| Whose path is too small? | \`rate(vpn_session_pmtu_drops_total[5m]) > 0\` |
| Whose line loses packets? | \`rate(vpn_session_gre_lost_packets_total[5m]) / rate(vpn_session_received_packets_total[5m])\` |
| Are addresses running out? | \`vpn_addresses{state="free"} < 5\` |
| What does the kernel refuse? | \`sum by (operation, errno) (rate(vpn_host_errors_total[5m])) > 0\` |`;
}

function words(labels: readonly string[]): string {
  return labels.map((label) => `\`${label}\``).join(', ');
}

function thousands(count: number): string {
  return count.toLocaleString('en-US');
}

// The values of the Helm chart: one schema from which values.yaml, values.schema.json and the chart's README are made.
// Field names of docs and scripts of others: rename nothing.
import { type TProperties, type TSchema, Type } from 'typebox';
import { durationPattern } from '../../../src/api/duration.ts';

const dnsLabel = '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$';
const objectName = '^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$';
const ipv4Range = '^([0-9]{1,3}[.]){3}[0-9]{1,3}/[0-9]{1,2}$';
const dnsName = '^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?)?$';

/** Strict: a value that nobody reads is a mistake of whoever wrote it. */
function group(description: string, properties: TProperties) {
  const optional = Object.entries(properties).map(([name, schema]) => [name, Type.Optional(schema)]);
  return Type.Object(Object.fromEntries(optional) as TProperties, {
    description,
    additionalProperties: false,
  });
}

function toggle(value: boolean, description: string) {
  return Type.Boolean({ description, default: value });
}

function text(value: string, description: string, more: { pattern?: string; enum?: string[] } = {}) {
  return Type.String({ description, default: value, ...more });
}

function namespaces(description: string) {
  return Type.Array(Type.String({ pattern: dnsLabel }), { description, default: [], uniqueItems: true });
}

/** Passed on as it is; Kubernetes judges it. */
function passedOn(
  type: 'object' | 'array',
  description: string,
  value: unknown = type === 'array' ? [] : {},
) {
  return Type.Unsafe<unknown>({ type, description, default: value });
}

function texts(description: string, value: Record<string, string> = {}) {
  return Type.Unsafe<Record<string, string>>({
    type: 'object',
    additionalProperties: { type: 'string' },
    description,
    default: value,
  });
}

const image = group('One image for the operator and the gateways.', {
  repository: text('vpn-operator', 'Registry and name.', { pattern: '^[^\\s@]+$' }),
  tag: text('', "Tag; empty: the chart's appVersion."),
  digest: text('', 'Digest, as `sha256:…`; wins over the tag.', { pattern: '^(sha256:[0-9a-f]{64})?$' }),
  pullPolicy: text('IfNotPresent', 'When to pull.', { enum: ['Always', 'IfNotPresent', 'Never'] }),
});

const test = group('What `helm test` logs in with. Without a user there is no test.', {
  namespace: text('', 'Where the gateway, the user and the Secret are.', { pattern: dnsName }),
  user: text('', 'User name of a VpnUser of that namespace.'),
  passwordSecretRef: group("The Secret with the user's password.", {
    name: text('', 'Name of the Secret.', { pattern: dnsName }),
    key: text('password', 'Key in it.'),
  }),
  server: text('', 'Address to dial; empty: the node on which the test runs, beside a gateway.'),
  timeout: text('10s', 'How long each step of the probe may take.', { pattern: durationPattern }),
});

const gatewayRef = Type.Object(
  { namespace: Type.String({ pattern: dnsLabel }), server: Type.String({ pattern: objectName }) },
  { additionalProperties: false },
);

const pullSecret = Type.Object(
  { name: Type.String({ pattern: objectName }) },
  { additionalProperties: false },
);

const podMonitor = group('Scraping by the Prometheus operator.', {
  enabled: toggle(false, 'Make PodMonitors (monitoring.coreos.com/v1).'),
  interval: text('30s', 'How often to scrape.', { pattern: durationPattern }),
  labels: texts('Labels that your Prometheus selects PodMonitors by.'),
  gateways: Type.Array(gatewayRef, {
    description:
      'VpnServers whose gateways are scraped, as `{namespace, server}`: each needs its own token from its own namespace.',
    default: [],
  }),
});

export const chartValues = group('Values of the chart.', {
  image,
  imagePullSecrets: Type.Array(pullSecret, {
    description:
      'Pull secrets of the operator and the gateways, as `{name}`. Each namespace with gateways needs a copy of its own.',
    default: [],
  }),
  replicas: Type.Integer({
    minimum: 1,
    maximum: 5,
    default: 1,
    description: 'Operators; one leads. With 2 or more: PodDisruptionBudget, and spread over nodes.',
  }),
  watchNamespaces: namespaces(
    'Namespaces to watch. The operator then has Roles in these and no ClusterRole. Empty: VpnServers and VpnUsers of all ' +
      'namespaces are watched, and the operator may act in those of `grantNamespaces` only.',
  ),
  grantNamespaces: namespaces(
    'With an empty `watchNamespaces`: namespaces in which the operator may read Secrets and run gateways. Others can ' +
      'be granted later by a RoleBinding to the ClusterRole `vpn-operator-namespace`.',
  ),
  createNamespaces: toggle(
    false,
    'Make the namespaces of the two lists, labelled for gateways (Pod Security `privileged`); they outlive the chart.',
  ),
  reservedRanges: Type.Array(Type.String({ pattern: ipv4Range }), {
    description:
      'IPv4 ranges that no pool may overlap and no client may reach, beside those that the operator finds: the Pods where ' +
      'the CNI plugin has ranges of its own, the Services before Kubernetes 1.33, and all of the cluster with ' +
      '`watchNamespaces`.',
    default: [],
    uniqueItems: true,
  }),
  crds: group('The kinds VpnServer and VpnUser.', {
    install: toggle(true, 'Install and upgrade them; they stay when the chart is uninstalled.'),
  }),
  rbac: group('Rights.', {
    create: toggle(true, 'Make Roles and bindings.'),
    aggregatedRoles: toggle(
      true,
      'Let holders of view, edit and admin deal with VpnServers and VpnUsers (ClusterRoles; only with `crds.install`).',
    ),
  }),
  serviceAccount: group("The operator's ServiceAccount.", {
    create: toggle(true, 'Make it.'),
    name: text('vpn-operator', 'Its name.', { pattern: objectName }),
    annotations: texts('Annotations of it.'),
  }),
  logLevel: text('info', 'How much the operator logs.', {
    enum: ['trace', 'debug', 'info', 'warn', 'error', 'silent'],
  }),
  resources: passedOn('object', 'Requests and limits of the operator.', {
    requests: { cpu: '20m', memory: '128Mi' },
    limits: { memory: '512Mi' },
  }),
  priorityClassName: text('', 'Priority of the operator.'),
  nodeSelector: texts('Where the operator runs.', { 'kubernetes.io/os': 'linux' }),
  tolerations: passedOn('array', 'Taints that the operator tolerates.'),
  affinity: passedOn('object', 'Affinity of the operator.'),
  podAnnotations: texts('Annotations of the operator Pods.'),
  podLabels: texts('More labels of the operator Pods.'),
  extraArgs: Type.Array(Type.String(), {
    description: 'More arguments of `vpn-operator operator`.',
    default: [],
  }),
  podMonitor,
  prometheusRule: group('Alerts.', {
    enabled: toggle(
      false,
      'Make a PrometheusRule (monitoring.coreos.com/v1); docs/alerts.md explains each alert.',
    ),
    labels: texts('Labels that your Prometheus selects rules by.'),
  }),
  dashboards: group('Grafana dashboards.', {
    enabled: toggle(false, 'Make a ConfigMap with the dashboards.'),
    labels: texts("Labels that Grafana's sidecar looks for.", { grafana_dashboard: '1' }),
    annotations: texts('Annotations of it, such as a folder.'),
  }),
  test,
});

/** What the generators read of a schema. */
export interface ValueSchema {
  readonly type: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, ValueSchema>>;
}

export function valueSchema(schema: TSchema): ValueSchema {
  return JSON.parse(JSON.stringify(schema)) as ValueSchema;
}

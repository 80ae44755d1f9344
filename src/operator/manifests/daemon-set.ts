// The DaemonSet of one VpnServer's gateways. Whatever changes here rolls the pods, node after node, and ends their
// sessions: what can change while they run is in the Secrets that they mount.
import type {
  V1Container,
  V1DaemonSet,
  V1PodSpec,
  V1Probe,
  V1ResourceRequirements,
  V1SecretProjection,
  V1Volume,
} from '@kubernetes/client-node';
import { configFile, tokenFile, usersFile } from '../../api/gateway-files.ts';
import type { KubeObject } from '../kube/object.ts';
import type { VpnServerObject } from '../objects.ts';
import { usersKey } from './gateway-secrets.ts';
import {
  configSecretName,
  gatewayLabels,
  gatewayName,
  selectorLabels,
  tokenSecretName,
  usersSecretName,
} from './names.ts';
import { ownedMetadata } from './owned.ts';

export interface GatewayPodOptions {
  readonly image: string;
  readonly imagePullPolicy: string;
  readonly pullSecrets?: readonly string[];
  /** On the node's own address: the pod is in the node's network. */
  readonly httpPort: number;
  /** Users Secrets that the pod mounts, whether they exist or not: a power of two, so that growth seldom rolls pods. */
  readonly userShards: number;
}

const configFolder = '/etc/vpn-operator';
const stateFolder = '/var/lib/vpn-operator';
const terminationLog = '/dev/termination-log';
/** Whom the gateway becomes once everything is open (docs/adr/0008-capabilities.md), and the group of its files. */
const GatewayUser = 65532;
/** Longer than the gateway takes to say goodbye to everyone. */
const GracePeriod = 15;
const defaultResources: V1ResourceRequirements = {
  limits: { memory: '512Mi' },
  requests: { cpu: '100m', memory: '128Mi' },
};

export function gatewayDaemonSet(
  server: VpnServerObject,
  options: GatewayPodOptions,
): V1DaemonSet & KubeObject {
  const { name } = server.metadata;
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: ownedMetadata(server, gatewayName(name), gatewayLabels(name)),
    spec: {
      selector: { matchLabels: selectorLabels(name) },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
      template: {
        metadata: { labels: gatewayLabels(name) },
        spec: podSpec(server, options),
      },
    },
  } as V1DaemonSet & KubeObject;
}

function podSpec(server: VpnServerObject, options: GatewayPodOptions): V1PodSpec {
  const { name } = server.metadata;
  const { placement } = server.spec;
  const { pullSecrets = [] } = options;
  return {
    ...(pullSecrets.length === 0
      ? {}
      : { imagePullSecrets: pullSecrets.map((secret) => ({ name: secret })) }),
    serviceAccountName: gatewayName(name),
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    // GRE has no ports, so no Service can carry it: the gateway sits in the node's own network.
    hostNetwork: true,
    hostPID: false,
    hostIPC: false,
    shareProcessNamespace: false,
    dnsPolicy: 'Default',
    nodeSelector: { 'kubernetes.io/os': 'linux', ...placement.nodeSelector },
    tolerations: placement.tolerations,
    ...(placement.priorityClassName === '' ? {} : { priorityClassName: placement.priorityClassName }),
    terminationGracePeriodSeconds: GracePeriod,
    securityContext: { fsGroup: GatewayUser, seccompProfile: { type: 'RuntimeDefault' } },
    // Said, so that one that somebody adds is noticed.
    initContainers: [],
    containers: [gatewayContainer(server, options)],
    volumes: [
      configVolume(name, options.userShards),
      { name: 'tun', hostPath: { path: '/dev/net/tun', type: 'CharDevice' } },
      { name: 'state', emptyDir: { sizeLimit: '16Mi' } },
    ],
  };
}

function gatewayContainer(server: VpnServerObject, options: GatewayPodOptions): V1Container {
  const { limits, requests } = server.spec.placement.resources;
  const resources = limits === undefined && requests === undefined ? defaultResources : { limits, requests };
  return {
    name: 'gateway',
    image: options.image,
    imagePullPolicy: options.imagePullPolicy,
    // Both said for the same reason as initContainers.
    command: [],
    envFrom: [],
    args: [
      'gateway',
      `--config-dir=${configFolder}`,
      // In brackets, since the node's first address may be one of IPv6.
      `--http-address=[$(HOST_IP)]:${options.httpPort}`,
      `--state-dir=${stateFolder}`,
      `--termination-log=${terminationLog}`,
      `--run-as=${GatewayUser}`,
    ],
    env: [
      { name: 'NODE_NAME', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'spec.nodeName' } } },
      { name: 'HOST_IP', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'status.hostIP' } } },
    ],
    ports: [{ name: 'http', containerPort: options.httpPort, protocol: 'TCP' }],
    resources: resources as V1ResourceRequirements,
    startupProbe: probe('/healthz', { periodSeconds: 1, failureThreshold: 60 }),
    // Generous: a restart ends every session of the node.
    livenessProbe: probe('/healthz', { periodSeconds: 10, failureThreshold: 6 }),
    readinessProbe: probe('/readyz', { periodSeconds: 2, failureThreshold: 2 }),
    terminationMessagePath: terminationLog,
    terminationMessagePolicy: 'FallbackToLogsOnError',
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { add: ['NET_ADMIN', 'NET_RAW', 'SETUID', 'SETGID'], drop: ['ALL'] },
      privileged: false,
      readOnlyRootFilesystem: true,
      // Kubernetes gives capabilities to root only: it begins as root, and gives that up.
      runAsUser: 0,
      runAsGroup: 0,
    },
    volumeMounts: [
      { name: 'config', mountPath: configFolder, readOnly: true },
      { name: 'tun', mountPath: '/dev/net/tun' },
      { name: 'state', mountPath: stateFolder },
    ],
  };
}

function probe(path: string, times: Pick<V1Probe, 'periodSeconds' | 'failureThreshold'>): V1Probe {
  return { httpGet: { path, port: 'http', scheme: 'HTTP' }, timeoutSeconds: 3, ...times };
}

/** One volume for all: its files change together. */
function configVolume(server: string, userShards: number): V1Volume {
  const shards = Array.from({ length: userShards }, (_, shard) =>
    projection(usersSecretName(server, shard), usersKey, usersFile(shard)),
  );
  return {
    name: 'config',
    projected: {
      defaultMode: 0o440,
      sources: [
        { secret: projection(configSecretName(server), configFile, configFile) },
        { secret: projection(tokenSecretName(server), tokenFile, tokenFile) },
        ...shards.map((secret) => ({ secret: { ...secret, optional: true } })),
      ],
    },
  };
}

function projection(name: string, key: string, path: string): V1SecretProjection {
  return { name, items: [{ key, path }] };
}

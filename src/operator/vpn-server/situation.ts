// Gathers all that is known about one VpnServer at one moment. Reads the caches, decides nothing.
import { byClaim } from '../../api/claims.ts';
import { type ConfigDocument, configFile, digestOf, tokenFile } from '../../api/gateway-files.ts';
import type { GatewayReports } from '../gateways/gateway-reports.ts';
import type { Judgement, Judgements } from '../judgements.ts';
import type { KubeObject, ObjectKey } from '../kube/object.ts';
import { splitKey } from '../kube/object.ts';
import { textOf } from '../manifests/gateway-secrets.ts';
import {
  configSecretName,
  gatewayName,
  serverKeyOf,
  tokenSecretName,
  usersSecretName,
} from '../manifests/names.ts';
import type { DaemonSetObject, NodeObject, PodObject, SecretObject, VpnServerObject } from '../objects.ts';
import type { World } from '../world.ts';
import { type GatewayState, gatewayState, nodeOf } from './gateway-state.ts';
import type { Neighbour } from './http-port.ts';
import { type GatewayNodes, gatewayNodes, nodesOf, shareNode } from './placement.ts';

export interface Situation extends GatewayNodes {
  readonly server: VpnServerObject;
  readonly judgement: Judgement;
  /** undefined: nodes cannot be seen. */
  readonly nodes: readonly NodeObject[] | undefined;
  readonly daemonSet: DaemonSetObject | undefined;
  /** Why Kubernetes makes no pod of it. */
  readonly podRefusal: string | undefined;
  /** Servers that share a node with this one. */
  readonly neighbours: readonly Neighbour[];
  readonly serviceAccount: KubeObject | undefined;
  readonly budget: KubeObject | undefined;
  readonly configSecret: SecretObject | undefined;
  /** What the configuration Secret says; undefined when it says nothing of use. */
  readonly previous: ConfigDocument | undefined;
  /** What a gateway reports that has loaded it. */
  readonly previousHash: string | undefined;
  readonly token: string | undefined;
  /** By name; those that are too many, too. */
  readonly usersSecrets: ReadonlyMap<string, SecretObject>;
  readonly gateways: readonly GatewayState[];
}

export interface GatherServices {
  readonly world: World;
  readonly judgements: Judgements;
  readonly reports: GatewayReports;
  /** What Kubernetes said in events about pods that wait and DaemonSets that get none, by uid. */
  readonly complaints: ReadonlyMap<string, string>;
}

export function gather(services: GatherServices, server: VpnServerObject, key: ObjectKey): Situation {
  const { world, judgements } = services;
  const { namespace, name } = splitKey(key);
  const secretNamed = (secret: string) => world.secrets.cache.get(`${namespace}/${secret}`);
  const configSecret = secretNamed(configSecretName(name));
  const configText = textOf(configSecret, configFile);
  const gateways = podsOf(world, key)
    .map((pod) => stateOf(services, pod))
    .sort((one, other) => one.node.localeCompare(other.node, 'en'));
  const nodes = world.seesNodes ? world.nodes.cache.all() : undefined;
  const own = `${namespace}/${gatewayName(name)}`;
  const daemonSet = daemonSetOf(world, key);
  const previous = parseConfig(configText);
  return {
    ...gatewayNodes({
      eligible: nodes === undefined ? undefined : nodesOf(server, nodes),
      running: gateways.map(({ node }) => node),
      leaving: unfinishedPods(world, key).filter(isLeaving).map(nodeOf),
      former: Object.keys(previous?.slices ?? {}),
      desired: scheduledNodes({ daemonSet }),
    }),
    server,
    judgement: judgements.ofServer(key),
    nodes,
    daemonSet,
    podRefusal: services.complaints.get(daemonSet?.metadata.uid ?? ''),
    neighbours: neighboursOf(world, server, nodes),
    serviceAccount: world.serviceAccounts.cache.get(own),
    budget: world.budgets.cache.get(own),
    configSecret,
    previous,
    previousHash: configText === undefined ? undefined : digestOf(configText),
    token: textOf(secretNamed(tokenSecretName(name)), tokenFile),
    usersSecrets: usersSecretsOf(world, key),
    gateways,
  };
}

export function podsOf(world: World, server: ObjectKey): PodObject[] {
  return unfinishedPods(world, server).filter((pod) => !isLeaving(pod));
}

function unfinishedPods(world: World, server: ObjectKey): PodObject[] {
  return world.pods.cache.all().filter((pod) => serverKeyOf(pod) === server && !isFinished(pod));
}

function isLeaving({ metadata }: PodObject): boolean {
  return metadata.deletionTimestamp !== undefined;
}

export function daemonSetOf(world: World, server: ObjectKey): DaemonSetObject | undefined {
  const { namespace, name } = splitKey(server);
  return world.daemonSets.cache.get(`${namespace}/${gatewayName(name)}`);
}

/** undefined: the DaemonSet controller did not look at the DaemonSet as it is now. */
export function scheduledNodes({ daemonSet }: Pick<Situation, 'daemonSet'>): number | undefined {
  const { metadata, status } = daemonSet ?? {};
  const isCurrent = (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 1);
  return isCurrent ? status?.desiredNumberScheduled : undefined;
}

/** The DaemonSet controller replaces failed pods; evicted ones stay as they are. */
function isFinished({ status }: PodObject): boolean {
  return status?.phase === 'Failed' || status?.phase === 'Succeeded';
}

function stateOf({ reports, complaints }: GatherServices, pod: PodObject): GatewayState {
  const { uid = '' } = pod.metadata;
  const { status, unreachable } = reports.get(uid);
  return gatewayState({ pod, report: status, unreachable, mountFailure: complaints.get(uid) });
}

function neighboursOf(
  world: World,
  server: VpnServerObject,
  nodes: readonly NodeObject[] | undefined,
): Neighbour[] {
  const all = byClaim(world.servers.cache.all());
  const own = all.indexOf(server);
  return all.flatMap((other, index) => {
    if (other === server || !shareNode(server, other, nodes)) return [];
    const key = `${other.metadata.namespace}/${other.metadata.name}`;
    return [{ key, daemonSet: daemonSetOf(world, key), isOlder: index < own }];
  });
}

function usersSecretsOf(world: World, key: ObjectKey): Map<string, SecretObject> {
  const { namespace, name } = splitKey(key);
  const found = new Map<string, SecretObject>();
  // They are numbered without gaps, apart from what somebody deleted a moment ago.
  for (let shard = 0, gaps = 0; gaps < 16; shard++) {
    const secretName = usersSecretName(name, shard);
    const secret = world.secrets.cache.get(`${namespace}/${secretName}`);
    if (secret !== undefined && serverKeyOf(secret) === key) found.set(secretName, secret);
    else gaps++;
  }
  return found;
}

function parseConfig(text: string | undefined): ConfigDocument | undefined {
  try {
    const document = JSON.parse(text ?? '') as ConfigDocument;
    return document.formatVersion === 1 && document.slices && document.spec ? document : undefined;
  } catch {
    return undefined;
  }
}

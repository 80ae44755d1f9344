// All that the operator sees of the cluster. VpnServers and VpnUsers are watched wherever it may; Secrets, pods and what
// belongs to gateways only in namespaces that have to do with a VPN, because nobody should need the right to read all
// Secrets of a cluster.
import { type KubeObject, keyOf } from './kube/object.ts';
import * as resources from './kube/resource.ts';
import { ResourceWatch, type Scope, type ScopeState, type WatchServices } from './kube/resource-watch.ts';
import { componentSelector, isOurs } from './manifests/names.ts';
import type {
  DaemonSetObject,
  EndpointSliceObject,
  NodeObject,
  PodObject,
  SecretObject,
  ServiceCidrObject,
  VpnServerObject,
  VpnUserObject,
} from './objects.ts';

/** Types of Secrets that hold no password of a user, and are often large. */
const foreignTypes = [
  'helm.sh/release.v1',
  'kubernetes.io/service-account-token',
  'kubernetes.io/dockerconfigjson',
];
const passwordSecrets = [...foreignTypes, 'kubernetes.io/tls'].map((type) => `type!=${type}`).join(',');
/** Base64 digits of a value; a password has 256 characters at most, which are far fewer. */
const LongestValue = 4_096;

export class World {
  readonly servers: ResourceWatch<VpnServerObject>;
  readonly users: ResourceWatch<VpnUserObject>;
  readonly secrets: ResourceWatch<SecretObject>;
  readonly daemonSets: ResourceWatch<DaemonSetObject>;
  readonly pods: ResourceWatch<PodObject>;
  readonly serviceAccounts: ResourceWatch<KubeObject>;
  readonly budgets: ResourceWatch<KubeObject>;
  readonly nodes: ResourceWatch<NodeObject>;
  readonly serviceCidrs: ResourceWatch<ServiceCidrObject>;
  readonly apiServers: ResourceWatch<EndpointSliceObject>;
  /** undefined: all. */
  readonly #namespaces: readonly string[] | undefined;

  constructor(services: WatchServices, namespaces: readonly string[] | undefined) {
    const ours = { labelSelector: componentSelector };
    this.#namespaces = namespaces;
    this.servers = new ResourceWatch(services, { resource: resources.vpnServers });
    this.users = new ResourceWatch(services, { resource: resources.vpnUsers });
    this.secrets = new ResourceWatch(services, {
      resource: resources.secrets,
      fieldSelector: passwordSecrets,
      keep: keepSecret,
    });
    this.daemonSets = new ResourceWatch(services, { resource: resources.daemonSets, ...ours });
    this.pods = new ResourceWatch(services, { resource: resources.pods, ...ours });
    this.serviceAccounts = new ResourceWatch(services, { resource: resources.serviceAccounts, ...ours });
    this.budgets = new ResourceWatch(services, { resource: resources.podDisruptionBudgets, ...ours });
    this.nodes = new ResourceWatch(services, { resource: resources.nodes, keep: keepNode });
    this.serviceCidrs = new ResourceWatch(services, { resource: resources.serviceCidrs });
    this.apiServers = new ResourceWatch(services, {
      resource: resources.endpointSlices,
      fieldSelector: 'metadata.name=kubernetes',
    });
  }

  start(): void {
    for (const scope of this.#scopes) {
      this.servers.follow(scope);
      this.users.follow(scope);
    }
    // With Roles in some namespaces only, these would be refused for ever.
    if (this.#namespaces !== undefined) return;
    this.nodes.follow(undefined);
    this.serviceCidrs.follow(undefined);
    this.apiServers.follow('default');
  }

  /** Follows Secrets and gateways in the namespaces that matter now, and no others. */
  followNamespaces(servers: ReadonlySet<string>, users: ReadonlySet<string>): void {
    for (const watch of this.#ofGateways) adjust(watch, servers);
    adjust(this.secrets, new Set([...servers, ...users]));
  }

  /** Whether the kinds of our own are all there. */
  get hasSynced(): boolean {
    return [this.servers, this.users].every((watch) =>
      this.#scopes.every((scope) => watch.state(scope) === 'synced'),
    );
  }

  /** Whether all about the cluster is there that we may see. */
  get knowsCluster(): boolean {
    if (this.#namespaces !== undefined) return true;
    return this.nodes.state(undefined) !== 'waiting' && this.apiServers.state('default') !== 'waiting';
  }

  /** Whether nodes can be seen at all. */
  get seesNodes(): boolean {
    return this.nodes.state(undefined) === 'synced';
  }

  /** Of all that belongs to gateways in one namespace. */
  gatewayState(namespace: string): ScopeState {
    const states = [...this.#ofGateways, this.secrets].map((watch) => watch.state(namespace));
    return (
      states.find((state) => state === 'forbidden') ?? states.find((state) => state === 'waiting') ?? 'synced'
    );
  }

  /** Why the namespace cannot be worked in; undefined: it can. */
  refusal(namespace: string): string | undefined {
    for (const watch of [...this.#ofGateways, this.secrets]) {
      const refusal = watch.refusal(namespace);
      if (refusal !== undefined) return refusal;
    }
    return undefined;
  }

  get watches(): ResourceWatch<never>[] {
    const all = [this.servers, this.users, this.secrets, ...this.#ofGateways, this.nodes, this.serviceCidrs];
    return [...all, this.apiServers] as unknown as ResourceWatch<never>[];
  }

  async close(): Promise<void> {
    await Promise.all(this.watches.map((watch) => watch.close()));
  }

  get #scopes(): readonly Scope[] {
    return this.#namespaces ?? [undefined];
  }

  get #ofGateways(): Pick<ResourceWatch<KubeObject>, 'scopes' | 'follow' | 'leave' | 'state' | 'refusal'>[] {
    return [this.daemonSets, this.pods, this.serviceAccounts, this.budgets];
  }
}

function adjust(
  watch: Pick<ResourceWatch<KubeObject>, 'scopes' | 'follow' | 'leave'>,
  wanted: ReadonlySet<string>,
): void {
  for (const scope of watch.scopes) if (scope !== undefined && !wanted.has(scope)) watch.leave(scope);
  for (const scope of wanted) watch.follow(scope);
}

/** Passwords are short: what is longer is none, and a namespace may hold megabytes of it. */
function keepSecret(secret: SecretObject): SecretObject {
  const { metadata, data = {} } = secret;
  const kept = { ...secret, metadata: { ...metadata, managedFields: undefined } };
  if (isOurs(secret)) return kept;
  const values = Object.entries(data).map(([key, value]) => [key, value.slice(0, LongestValue)]);
  return { ...kept, data: Object.fromEntries(values) };
}

/** Kubelets renew the status of a Node all the time; what changes then is none of our business. */
function keepNode({ apiVersion, kind, metadata, spec = {}, status = {} }: NodeObject): NodeObject {
  const { name, uid, labels = {}, resourceVersion = '' } = metadata;
  const { podCIDRs = [], podCIDR, taints = [] } = spec;
  const kept = { name, labels, ...(uid === undefined ? {} : { uid }), resourceVersion };
  const cidrs = podCIDRs.length > 0 || podCIDR === undefined ? podCIDRs : [podCIDR];
  return {
    apiVersion,
    kind,
    metadata: kept,
    spec: { podCIDRs: cidrs, taints },
    status: { addresses: status.addresses ?? [] },
  };
}

export function keyOfObject(object: KubeObject): string {
  return keyOf(object.metadata);
}

// From a change in the cluster to the keys that must be looked at again. A change that cannot matter, such as the status that
// we wrote ourselves or a kubelet's sign of life, wakes nobody.
import type { Judgements } from './judgements.ts';
import type { Applier } from './kube/applier.ts';
import type { Change } from './kube/cache.ts';
import type { KubeObject, ObjectKey } from './kube/object.ts';
import type { ResourceWatch } from './kube/resource-watch.ts';
import { serverKeyOf } from './manifests/names.ts';
import type { NodeObject, SecretObject, VpnServerObject, VpnUserObject } from './objects.ts';
import { serverKeyOfUser, type UserIndex } from './user-index.ts';
import type { World } from './world.ts';

export interface TriggerServices {
  readonly world: World;
  readonly index: UserIndex;
  readonly judgements: Judgements;
  readonly applier: Applier;
  readonly servers: { add(key: ObjectKey): void };
  readonly users: { add(key: ObjectKey): void };
}

export function connectTriggers(services: TriggerServices): void {
  const { world } = services;
  world.servers.cache.listen((change) => serverChanged(services, change));
  world.users.cache.listen((change) => userChanged(services, change));
  world.secrets.cache.listen((change) => secretChanged(services, change));
  world.nodes.cache.listen((change) => nodeChanged(services, change));
  world.serviceCidrs.cache.listen(() => everythingChanged(services));
  world.apiServers.cache.listen(() => everythingChanged(services));
  for (const watch of [world.daemonSets, world.pods, world.serviceAccounts, world.budgets])
    followOwned(services, watch as unknown as ResourceWatch<KubeObject>);
}

/** The Secrets and gateways of a namespace are watched as long as a VpnServer or a VpnUser lives in it. */
function followNamespaces({ world, index }: TriggerServices): void {
  const servers = new Set(world.servers.cache.all().map(({ metadata }) => metadata.namespace));
  world.followNamespaces(servers, new Set(index.namespaces));
}

function serverChanged(services: TriggerServices, { key, before, after }: Change<VpnServerObject>): void {
  const { index, judgements, servers, users } = services;
  const isNew = before?.metadata.uid !== after?.metadata.uid;
  if (isNew) followNamespaces(services);
  const isOther = isNew || before?.metadata.generation !== after?.metadata.generation || isLeaving(after);
  // Servers stand in each other's way: what one is decides what another may be.
  if (isOther) everythingChanged(services);
  if (isNew) for (const user of index.ofServer(key)) users.add(user);
  judgements.invalidate(key);
  servers.add(key);
  // Their Secrets name the addresses of gateways.
  const reachable = ({ status }: Partial<VpnServerObject> = {}) =>
    textOf([status?.endpoints, status?.conditions?.find(({ type }) => type === 'Ready')?.status]);
  if (reachable(before) === reachable(after)) return;
  for (const user of index.ofServer(key)) {
    if (services.world.users.cache.get(user)?.spec.passwordSecretRef === undefined) users.add(user);
  }
}

function isLeaving(object: KubeObject | undefined): boolean {
  return object?.metadata.deletionTimestamp !== undefined;
}

function userChanged(services: TriggerServices, change: Change<VpnUserObject>): void {
  const { index, judgements, servers, users } = services;
  const { key, before, after } = change;
  const namespaces = index.namespaces.length;
  index.follow(change);
  if (index.namespaces.length !== namespaces) followNamespaces(services);
  users.add(key);
  const isOther =
    before?.metadata.uid !== after?.metadata.uid ||
    before?.metadata.generation !== after?.metadata.generation;
  if (!isOther && isLeaving(before) === isLeaving(after)) return;
  for (const server of new Set(
    [before, after].flatMap((user) => (user === undefined ? [] : [serverKeyOfUser(user)])),
  )) {
    judgements.invalidate(server);
    servers.add(server);
  }
}

function secretChanged(services: TriggerServices, { key, before, after }: Change<SecretObject>): void {
  const { index, world, judgements, servers, users, applier } = services;
  if (after === undefined) applier.forget(world.secrets.resource, key);
  const owner = [after, before].flatMap((secret) => (secret && serverKeyOf(secret)) ?? [])[0];
  if (owner !== undefined) servers.add(owner);
  for (const user of index.ofSecret(key)) {
    users.add(user);
    const named = world.users.cache.get(user);
    if (named === undefined || textOf(before?.data) === textOf(after?.data)) continue;
    judgements.invalidate(serverKeyOfUser(named));
    servers.add(serverKeyOfUser(named));
  }
  // A user who names another Secret now may leave a generated one behind.
  const leftover = world.users.cache.get(key.replace(/-vpn$/, ''));
  if (leftover !== undefined) users.add(`${leftover.metadata.namespace}/${leftover.metadata.name}`);
}

function nodeChanged(services: TriggerServices, { before, after }: Change<NodeObject>): void {
  const content = (node: NodeObject | undefined) =>
    textOf([node?.metadata.name, node?.metadata.labels, node?.spec, node?.status]);
  if (content(before) !== content(after)) everythingChanged(services);
}

function everythingChanged({ world, judgements, servers, index }: TriggerServices): void {
  judgements.invalidateAll();
  for (const { metadata } of world.servers.cache.all()) servers.add(`${metadata.namespace}/${metadata.name}`);
  for (const server of index.servers) servers.add(server);
}

/** Whatever happens to what we made, its server finds out what is missing. */
function followOwned({ applier, servers }: TriggerServices, watch: ResourceWatch<KubeObject>): void {
  watch.cache.listen(({ key, before, after }) => {
    if (after === undefined) applier.forget(watch.resource, key);
    for (const object of [before, after]) {
      const server = object === undefined ? undefined : serverKeyOf(object);
      if (server !== undefined) servers.add(server);
    }
  });
}

function textOf(value: unknown): string {
  return JSON.stringify(value) ?? '';
}

// What the resolution found out about every user, computed once a server and kept until something it rests on changes.
// VpnServers and VpnUsers are reported from the same judgement, so that they never contradict each other.
import type { Finding } from '../api/finding.ts';
import type { GatewayConfig } from '../api/gateway-config.ts';
import { resolve } from '../api/resolve.ts';
import type { Clock } from './clock.ts';
import type { Grants } from './grants.ts';
import type { KubeObject, ObjectKey } from './kube/object.ts';
import type { SecretObject, VpnServerObject, VpnUserObject } from './objects.ts';
import { secretKeyOfUser, type UserIndex } from './user-index.ts';
import { shareNode } from './vpn-server/placement.ts';
import { type Surroundings, surroundingsOf } from './vpn-server/surroundings.ts';
import type { World } from './world.ts';

export interface UserJudgement {
  /** Both of the user that was judged, who may have a successor of the same name. */
  readonly uid: string;
  readonly generation: number;
  readonly findings: readonly Finding[];
}

export interface Judgement {
  /** undefined: there is no such server. */
  readonly config: GatewayConfig | undefined;
  readonly serverFindings: readonly Finding[];
  readonly users: ReadonlyMap<ObjectKey, UserJudgement>;
  /** Wall clock, ms: the next time a user expires; Infinity when none will. */
  readonly validUntil: number;
  /** Namespaces of users whose Secrets may not be read. */
  readonly hidden: readonly string[];
}

export interface JudgementsOptions {
  readonly world: World;
  readonly index: UserIndex;
  readonly clock: Clock;
  readonly reservedRanges: readonly string[];
  readonly apiServerHost: string;
  readonly grants: Grants;
  /** A user is judged otherwise than before. */
  readonly userJudged: (user: ObjectKey) => void;
}

export class Judgements {
  readonly #options: JudgementsOptions;
  readonly #byServer = new Map<ObjectKey, Judgement>();
  readonly #stale = new Set<ObjectKey>();
  readonly #byUser = new Map<ObjectKey, UserJudgement>();

  constructor(options: JudgementsOptions) {
    this.#options = options;
  }

  invalidate(server: ObjectKey): void {
    this.#stale.add(server);
  }

  invalidateAll(): void {
    for (const server of this.#byServer.keys()) this.#stale.add(server);
  }

  ofUser(user: ObjectKey): UserJudgement | undefined {
    return this.#byUser.get(user);
  }

  ofServer(key: ObjectKey): Judgement {
    const known = this.#byServer.get(key);
    const now = this.#options.clock.wallClock();
    // A right that was granted or taken away tells nobody.
    const hidden = this.#hiddenNamespaces(key);
    const isFresh = known !== undefined && !this.#stale.has(key) && now < known.validUntil;
    if (isFresh && known.hidden.join() === hidden.join()) return known;
    const judgement = { ...this.#judge(key, now), hidden };
    this.#stale.delete(key);
    if (judgement.config === undefined && judgement.users.size === 0) this.#byServer.delete(key);
    else this.#byServer.set(key, judgement);
    this.#announce(known, judgement);
    return judgement;
  }

  /** Where the Secrets are that the server's users name; only those of users whom it takes. */
  secretNamespaces(server: ObjectKey): string[] {
    const { world, index } = this.#options;
    const users = index
      .ofServer(server)
      .flatMap((user) => world.users.cache.get(user)?.metadata.namespace ?? []);
    return [...new Set(users)];
  }

  surroundings(): Surroundings {
    const { world, reservedRanges, apiServerHost } = this.#options;
    return surroundingsOf({
      nodes: world.nodes.cache.all(),
      serviceCidrs: world.serviceCidrs.cache.all(),
      apiServers: world.apiServers.cache.all(),
      apiServerHost,
      extra: reservedRanges,
    });
  }

  #hiddenNamespaces(key: ObjectKey): string[] {
    const { secrets } = this.#options.world;
    return this.secretNamespaces(key).filter((namespace) => secrets.refusal(namespace) !== undefined);
  }

  #judge(key: ObjectKey, now: number): Omit<Judgement, 'hidden'> {
    const { world, index } = this.#options;
    // Who is being deleted is gone for us, however long somebody's finalizer keeps the object.
    const users = index
      .ofServer(key)
      .flatMap((user) => world.users.cache.get(user) ?? [])
      .filter(stays);
    const servers = world.servers.cache.all().filter(stays);
    const nodes = world.seesNodes ? world.nodes.cache.all() : undefined;
    const { reserved, protectedDestinations } = this.surroundings();
    const { gateways, findings } = resolve({
      servers,
      users,
      secrets: this.#secretsOf(users),
      hiddenSecrets: (namespace) => this.#hidden(namespace),
      now,
      protectedDestinations,
      reservedRanges: reserved,
      shareNode: (one, other) => shareNode(one as VpnServerObject, other as VpnServerObject, nodes),
    });
    const about = Map.groupBy(
      findings,
      ({ object: { kind, namespace, name } }) => `${kind} ${namespace}/${name}`,
    );
    return {
      config: gateways.find(({ server }) => `${server.namespace}/${server.name}` === key),
      serverFindings: about.get(`VpnServer ${key}`) ?? [],
      users: new Map(users.map((user) => judgementOf(user, about))),
      validUntil: nextExpiry(users, now),
    };
  }

  #hidden(namespace: string): string | undefined {
    const refusal = this.#options.world.secrets.refusal(namespace);
    return refusal === undefined ? undefined : `let it: ${this.#options.grants.command(namespace, refusal)}`;
  }

  #secretsOf(users: readonly VpnUserObject[]): SecretObject[] {
    const keys = new Set(users.map(secretKeyOfUser));
    return [...keys].flatMap((key) => this.#options.world.secrets.cache.get(key) ?? []);
  }

  #announce(before: Judgement | undefined, after: Judgement): void {
    for (const [user, judgement] of after.users) {
      const known = this.#byUser.get(user);
      this.#byUser.set(user, judgement);
      if (known === undefined || !sameJudgement(known, judgement)) this.#options.userJudged(user);
    }
    for (const user of before?.users.keys() ?? []) {
      if (!after.users.has(user) && this.#byUser.get(user) === before?.users.get(user))
        this.#byUser.delete(user);
    }
  }
}

function stays({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp === undefined;
}

function judgementOf(
  { metadata }: VpnUserObject,
  about: ReadonlyMap<string, readonly Finding[]>,
): [ObjectKey, UserJudgement] {
  const key = `${metadata.namespace}/${metadata.name}`;
  const { uid = '', generation = 0 } = metadata;
  return [key, { uid, generation, findings: about.get(`VpnUser ${key}`) ?? [] }];
}

function sameJudgement(one: UserJudgement, other: UserJudgement): boolean {
  return (
    one.uid === other.uid &&
    one.generation === other.generation &&
    JSON.stringify(one.findings) === JSON.stringify(other.findings)
  );
}

function nextExpiry(users: readonly VpnUserObject[], now: number): number {
  return users.reduce((next, { spec: { expiresAt } }) => {
    const time = expiresAt === undefined ? Number.NaN : Date.parse(expiresAt);
    return time > now && time < next ? time : next;
  }, Number.POSITIVE_INFINITY);
}

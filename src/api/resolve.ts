// Servers, users and Secrets in; what each gateway serves, and what is wrong between the objects, out.
// Pure: `local`, `check` and the operator all decide by this one function.

import type { Finding } from './finding.ts';
import type { GatewayConfig } from './gateway-config.ts';
import type { NamespacedName } from './names.ts';
import { gatewayAddressOf } from './pool-addresses.ts';
import { type ReservedRange, serverFindings } from './resolve-servers.ts';
import { resolveUsers } from './resolve-users.ts';
import type { Secret } from './secret.ts';
import type { VpnServer } from './vpn-server.ts';
import type { VpnUser } from './vpn-user.ts';

export interface ResolveInput {
  /** Validated, with defaults. */
  readonly servers: readonly VpnServer[];
  readonly users: readonly VpnUser[];
  /** Those that the users refer to; others do no harm. */
  readonly secrets: readonly Secret[];
  /** Why Secrets of a namespace cannot be seen at all, and what to do; undefined: they can. */
  readonly hiddenSecrets?: (namespace: string) => string | undefined;
  /** Wall clock, in milliseconds since 1970: decides what has expired. */
  readonly now: number;
  /** CIDRs closed to clients of every server, besides the built-in ones. */
  readonly protectedDestinations?: readonly string[];
  /** Ranges that no pool may overlap, such as those of Pods and Services. */
  readonly reservedRanges?: readonly ReservedRange[];
  /** Whether two servers have a node in common. Absent: all run on one host. */
  readonly shareNode?: (one: VpnServer, other: VpnServer) => boolean;
}

export interface Resolution {
  /** One for every server, in the order given, also for those with findings: whether to run them is the caller's. */
  readonly gateways: GatewayConfig[];
  readonly findings: Finding[];
}

export function resolve(input: ResolveInput): Resolution {
  const { servers, users, secrets, now } = input;
  const { protectedDestinations = [], reservedRanges = [], shareNode = () => true } = input;
  const { admitted, findings } = resolveUsers(users, {
    findServer: finder(servers),
    findSecret: finder(secrets),
    hiddenSecrets: input.hiddenSecrets ?? (() => undefined),
    now,
  });
  const usersOf = Map.groupBy(admitted, ({ server }) => server);
  const gateways = servers.map((server) => ({
    server: { namespace: server.metadata.namespace, name: server.metadata.name },
    spec: { ...server.spec, gatewayAddress: gatewayAddressOf(server.spec) },
    protectedDestinations,
    users: (usersOf.get(server) ?? []).map(({ user }) => user),
  }));
  return { gateways, findings: [...serverFindings(servers, { shareNode, reservedRanges }), ...findings] };
}

function finder<Object extends { metadata: NamespacedName }>(objects: readonly Object[]) {
  const keyOf = ({ namespace, name }: NamespacedName) => `${namespace}/${name}`;
  const index = new Map(objects.map((object) => [keyOf(object.metadata), object]));
  return (key: NamespacedName): Object | undefined => index.get(keyOf(key));
}

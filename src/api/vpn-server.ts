// VpnServer: what an administrator writes to get PPTP gateways on some nodes of the cluster, or on this host.
// The schema value is the single source: type, CRD, reference and offline check derive from it (`npm run generate`).

import { type Static, Type } from 'typebox';
import type { ObjectMetadata } from './names.ts';
import { judgedBy, listOf, mapOf, oneOf, setOf, whole } from './schema.ts';
import { addressText, durationText, namespaceText, rangeText } from './schema-texts.ts';
import { placement } from './vpn-server-placement.ts';
import * as rules from './vpn-server-rules.ts';

const addressPool = Type.Object(
  {
    cidr: rangeText('The range, such as 10.77.0.0/24.', rules.poolHasUsefulSize),
    exclude: Type.Optional(
      setOf(rangeText('A range inside the pool.'), {
        description: 'Parts of the range that no client gets, for instance because printers live there.',
        maxItems: 16,
      }),
    ),
  },
  { description: 'One range of addresses for clients.', ...judgedBy(rules.excludedInsidePool) },
);

const encryption = Type.Object(
  {
    policy: oneOf(['Required', 'Optional', 'Disabled'], {
      description:
        'Required: a client without encryption is refused. Optional: it is let in, and everything it sends can be read. ' +
        'Disabled: nothing is encrypted. None of the three is safe: MPPE rests on MS-CHAPv2, which anyone who records ' +
        'the login can break within about a day, whatever the password.',
      default: 'Required',
    }),
    keyLengths: setOf(
      Type.Unsafe<40 | 56 | 128>({
        type: 'integer',
        format: 'int32',
        enum: [40, 56, 128],
        description: 'Bits of the RC4 key.',
      }),
      {
        description:
          'Key lengths offered to clients; the longest one that the client can do is used. 40 and 56 bits are broken ' +
          'in seconds to hours without even attacking the login: only for devices that cannot do better.',
        maxItems: 3,
        default: [128],
        ...judgedBy(rules.keyLengthsNotEmpty),
      },
    ),
    stateless: oneOf(['Required', 'Preferred'], {
      description:
        'Required: the key changes with every packet, so a lost packet costs only itself. Preferred: clients that ' +
        'ask for the stateful mode get it; there a lost packet costs a round trip.',
      default: 'Required',
    }),
  },
  {
    description: "MPPE encryption (RFC 3078) inside the tunnel. Weak by today's measure; see policy.",
    default: {},
  },
);

const mtu = Type.Object(
  {
    mode: oneOf(['Auto', 'Fixed'], {
      description: 'Auto: the path to each client is measured. Fixed: value holds for everyone.',
      default: 'Auto',
    }),
    value: Type.Optional(
      whole({
        description: 'The largest packet inside the tunnel, in bytes. Only with mode Fixed.',
        minimum: 576,
        maximum: 1500,
      }),
    ),
  },
  {
    description: 'How large packets inside the tunnel may be.',
    default: {},
    ...judgedBy(rules.mtuValueOnlyWithFixed, rules.mtuFixedNeedsValue),
  },
);

/** Of fields that a running gateway cannot follow. */
const restarts = 'A change starts the gateways anew, and ends all sessions once.';

const routing = Type.Object(
  {
    masquerade: Type.Boolean({
      description:
        'Clients appear outside with the address of the node. Off: the network must route the pools back to the node.',
      default: true,
    }),
    allowedDestinations: setOf(rangeText('A range that clients may reach.'), {
      description:
        'What clients may reach. Protected in any case, unless a longer prefix here names them: loopback, link-local, ' +
        'multicast, the addresses of the node, the Pod and Service ranges of the cluster, the API server.',
      maxItems: 256,
      default: ['0.0.0.0/0'],
    }),
    proxyARP: Type.Boolean({
      description: `The pools are part of the LAN's own subnet, and the node answers ARP for its clients there. ${restarts}`,
      default: false,
    }),
    clientToClient: Type.Boolean({
      description: 'Clients of this server may reach each other.',
      default: false,
    }),
  },
  { description: 'Where packets from clients may go, and with which source address.', default: {} },
);

const sessions = Type.Object(
  {
    max: whole({
      description: 'Sessions at the same time, per node.',
      minimum: 1,
      maximum: 20000,
      default: 1000,
    }),
    maxPerUser: whole({
      description:
        'Sessions at the same time, per user who sets no maxSessions. One more login replaces the oldest session of ' +
        'that user, once it is fully authenticated.',
      minimum: 1,
      maximum: 100,
      default: 1,
    }),
    idleTimeout: durationText({
      description: 'A session that carries no traffic for so long is ended. 0s: never.',
      default: '0s',
      shortest: '10s',
      longest: '8760h',
    }),
    maxDuration: durationText({
      description: 'A session is ended after so long, whatever it does. 0s: never.',
      default: '0s',
      shortest: '10s',
      longest: '8760h',
    }),
    keepaliveInterval: durationText({
      description:
        'How often a silent client is asked whether it is there (LCP Echo); dead after 3 misses. 0s: never.',
      default: '30s',
      shortest: '1s',
      longest: '1h',
    }),
  },
  { description: 'Limits of sessions.', default: {}, ...judgedBy(rules.oneUserFits) },
);

const users = Type.Object(
  {
    allowedNamespaces: setOf(namespaceText('A namespace, or * for all.', '*'), {
      description: 'Namespaces besides the server\'s own whose VpnUsers may refer to it. ["*"]: all.',
      maxItems: 256,
      default: [],
      ...judgedBy(rules.everyNamespaceStandsAlone),
    }),
  },
  { description: 'Who may define users of this server.', default: {} },
);

export const vpnServerSpec = Type.Object(
  {
    placement,
    listenAddresses: setOf(addressText('An address of the node.'), {
      description:
        'Addresses of the node that take calls, on TCP port 1723 and GRE. Empty: every IPv4 address of the node. ' +
        restarts,
      maxItems: 16,
      default: [],
    }),
    addressPools: mapOf(['cidr'], addressPool, {
      description: 'Ranges from which clients get their addresses.',
      minItems: 1,
      maxItems: rules.MostPools,
      ...judgedBy(rules.poolsDisjoint),
    }),
    gatewayAddress: Type.Optional(
      addressText(
        `The server's own address inside the tunnel. Absent: the first address of the first pool. ${restarts}`,
      ),
    ),
    dns: listOf(addressText('An IPv4 address.'), {
      description: 'Name servers that clients are told, at most two.',
      maxItems: 2,
      default: [],
    }),
    wins: listOf(addressText('An IPv4 address.'), {
      description: 'WINS servers that clients are told, at most two. Only old Windows networks need them.',
      maxItems: 2,
      default: [],
    }),
    encryption,
    mtu,
    routing,
    sessions,
    users,
  },
  {
    description:
      'What the server should be. Changes reach running gateways without ending sessions where that is possible.',
    ...judgedBy(rules.gatewayInsidePool),
  },
);

/** With every default applied; only what may stay absent is optional. */
export type VpnServerSpec = Static<typeof vpnServerSpec>;

export interface VpnServer {
  metadata: ObjectMetadata;
  spec: VpnServerSpec;
}

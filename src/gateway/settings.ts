// What a GatewayConfig means in numbers: addresses, milliseconds, compiled destinations. Pure; the config was validated.

import { parseDuration } from '../api/duration.ts';
import type { GatewayConfig, GatewayUser } from '../api/gateway-config.ts';
import { type Cidr, parseAddress, parseCidr } from '../protocol/ip/address.ts';
import { compileDestinations, type Destinations, intersect } from '../protocol/ip/destinations.ts';
import type { LinkOptions } from '../protocol/ppp/link.ts';

export interface Pool {
  readonly cidr: Cidr;
  readonly exclude: readonly Cidr[];
}

export interface Settings {
  readonly listenAddresses: readonly number[];
  readonly pools: readonly Pool[];
  readonly gatewayAddress: number;
  readonly dns: readonly number[];
  readonly wins: readonly number[];
  /** The gateway address is one of the name servers that clients are told. */
  readonly gatewayServesDns: boolean;
  /** Inner MTU that holds for everyone; undefined: the path decides. */
  readonly fixedTunnelMtu: number | undefined;
  readonly destinations: Destinations;
  readonly link: Omit<LinkOptions, 'random'>;
  readonly maximumSessions: number;
  /** Milliseconds; 0: never. */
  readonly idleTimeout: number;
  readonly maximumDuration: number;
}

/** What we take in one PPP frame; the GRE socket's slots hold more. */
const OurMru = 1500;

/** `nodeAddresses`: every address of this node, closed to clients unless a longer prefix names it. */
export function settingsOf(config: GatewayConfig, nodeAddresses: readonly number[]): Settings {
  const { spec } = config;
  const gatewayAddress = addressOf(spec.gatewayAddress);
  const dns = spec.dns.map(addressOf);
  const pools = spec.addressPools.map(({ cidr, exclude }) => ({
    cidr: cidrOf(cidr),
    exclude: (exclude ?? []).map(cidrOf),
  }));
  return {
    listenAddresses: spec.listenAddresses.map(addressOf),
    pools,
    gatewayAddress,
    dns,
    wins: spec.wins.map(addressOf),
    gatewayServesDns: dns.includes(gatewayAddress),
    fixedTunnelMtu: spec.mtu.mode === 'Fixed' ? spec.mtu.value : undefined,
    destinations: compileDestinations({
      allowed: spec.routing.allowedDestinations.map(cidrOf),
      protected: [
        ...config.protectedDestinations.map(cidrOf),
        ...nodeAddresses.map((address) => ({ address, prefixLength: 32 })),
      ],
      denied: spec.routing.clientToClient ? [] : pools.map(({ cidr }) => cidr),
    }),
    link: {
      name: config.server.name,
      mru: OurMru,
      encryption: spec.encryption,
      keepaliveInterval: millisecondsOf(spec.sessions.keepaliveInterval),
    },
    maximumSessions: spec.sessions.max,
    idleTimeout: millisecondsOf(spec.sessions.idleTimeout),
    maximumDuration: millisecondsOf(spec.sessions.maxDuration),
  };
}

/** A user's own list only ever narrows the server's. */
export function destinationsOf(settings: Settings, user: GatewayUser): Destinations {
  if (user.allowedDestinations.length === 0) return settings.destinations;
  const allowed = user.allowedDestinations.map(cidrOf);
  return intersect(settings.destinations, compileDestinations({ allowed, protected: [], denied: [] }));
}

function addressOf(text: string): number {
  const address = parseAddress(text);
  if (address === undefined) throw new Error(`"${text}" is not an IPv4 address`);
  return address;
}

function cidrOf(text: string): Cidr {
  const cidr = parseCidr(text);
  if (cidr === undefined) throw new Error(`"${text}" is not an IPv4 range`);
  return cidr;
}

function millisecondsOf(text: string): number {
  const duration = parseDuration(text);
  if (duration === undefined) throw new Error(`"${text}" is not a duration`);
  return duration;
}

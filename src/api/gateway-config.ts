// What one gateway serves: a VpnServer with its users, ready to use. The operator writes it into the Secrets that
// the gateway mounts; `local` makes it from files. It holds NT hashes, which are as good as passwords: never log it.

import type { NamespacedName } from './names.ts';
import type { VpnServerSpec } from './vpn-server.ts';

export interface GatewayConfig {
  readonly server: NamespacedName;
  readonly spec: ServedSpec;
  /** CIDRs of the cluster that are closed to clients, besides those built in and the addresses of the node. */
  readonly protectedDestinations: readonly string[];
  readonly users: readonly GatewayUser[];
  /** Ranges of the pools from which this gateway alone gives out addresses, beside fixed ones. Absent: all of them. */
  readonly slice?: readonly string[];
}

/** Every default applied, the gateway's address included. */
export type ServedSpec = VpnServerSpec & { gatewayAddress: string };

/** `namespace` and `name` are the VpnUser's: its name is the label `user` of the metrics. */
export interface GatewayUser extends NamespacedName {
  /** What the client must send as its name, without DOMAIN\. Unique in one gateway. */
  readonly username: string;
  /** MD4 of the password in UTF-16LE, as 32 lower-case hex digits (RFC 2759 §8.3). */
  readonly ntHash: string;
  /**
   * The same of a password with characters beyond ASCII as pppd hashes it: each octet of its UTF-8 text becomes a character
   * (CH-4). Either opens the door.
   */
  readonly octetsNtHash?: string;
  /** A fixed inner address. Unique in one gateway, and never one of the pool's excluded ones. */
  readonly address?: string;
  readonly suspended: boolean;
  /** RFC 3339. */
  readonly expiresAt?: string;
  readonly maxSessions: number;
  /** CIDRs that narrow the server's list; empty: nothing is narrowed. */
  readonly allowedDestinations: readonly string[];
  /** CIDRs that the client may dial from; empty: any. */
  readonly allowedSources: readonly string[];
}

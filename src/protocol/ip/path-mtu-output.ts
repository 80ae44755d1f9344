// What path MTU discovery is given and what it says; the discovery itself is in path-mtu.ts. Sizes are outer bytes.
import type { Encryption } from './overhead.ts';

export type PathMtuOutput =
  /** Send a packet of exactly this many outer bytes, with DF, that makes the peer answer or acknowledge. */
  | { readonly type: 'probe'; readonly size: number }
  /** Known to pass: send with DF from now on. */
  | { readonly type: 'confirmed'; readonly pathMtu: number; readonly tunnelMtu: number }
  /** The best guess; send without DF until `confirmed`. */
  | { readonly type: 'unconfirmed'; readonly pathMtu: number; readonly tunnelMtu: number }
  /** The path takes less than we could send, and no router said so. After its `confirmed`, once per value. */
  | {
      readonly type: 'blackHole';
      readonly pathMtu: number;
      readonly tunnelMtu: number;
      readonly interfaceMtu: number;
    }
  /** The peer answers no probe, or only such as are below the floor. Implies `unconfirmed`. */
  | {
      readonly type: 'indeterminate';
      readonly reason: 'no_answer' | 'only_small_answers';
      readonly pathMtu: number;
      readonly tunnelMtu: number;
    };

export interface PathMtuOptions {
  readonly peersMru: number;
  readonly interfaceMtu: number;
  readonly encryption: Encryption;
  /** Path MTU learned in an earlier session of this user and address. */
  readonly remembered?: number;
  /** ms, from LCP or CHAP. */
  readonly roundTrip?: number;
}

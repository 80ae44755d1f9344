// What routers say about packets of ours that were too large. Anyone can forge it: a reason to look, never an order.
import { type GreHint, readQuotedGre } from '../protocol/ip/icmp.ts';

/** An ICMP error as the socket's error queue gives it. */
export interface QuotedError {
  readonly type: number;
  readonly code: number;
  /** MTU of the next hop, bytes; 0 from routers older than RFC 1191. */
  readonly mtu: number;
  /** The first bytes of the packet that it is about, from its IPv4 header on. */
  readonly quoted: Uint8Array;
}

/** RFC 792: destination unreachable, fragmentation needed and DF set. */
const DestinationUnreachable = 3;
const FragmentationNeeded = 4;

export function pathMtuHints(errors: readonly QuotedError[]): GreHint[] {
  return errors
    .filter(({ type, code }) => type === DestinationUnreachable && code === FragmentationNeeded)
    .map(({ quoted, mtu }) => readQuotedGre(quoted, 0, quoted.length, mtu))
    .filter((hint) => hint !== undefined);
}

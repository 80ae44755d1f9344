// Serial number arithmetic on the 32-bit sequence numbers of GRE (GRE-4; RFC 1982 in spirit): comparing across the wrap.

/** How far `sequence` is ahead of `reference`: -2^31 to 2^31 - 1. */
export function distance(sequence: number, reference: number): number {
  return (sequence - reference) | 0;
}

/** The number `steps` after `sequence`, which may be negative; 0 to 2^32 - 1. */
export function advance(sequence: number, steps: number): number {
  return (sequence + steps) >>> 0;
}

// IPv4 addresses as people write them, for messages.

/** `10.0.0.1` for 0x0a000001. */
export function dotted(address: number): string {
  return [address >>> 24, (address >>> 16) & 255, (address >>> 8) & 255, address & 255].join('.');
}

// IPv4 addresses and prefixes as unsigned 32-bit numbers in host order (RFC 4632 for the notation).
// Text lives only at the edges of the program; everything here is arithmetic. No IPv6.

export interface Cidr {
  readonly address: number;
  /** 0 to 32. */
  readonly prefixLength: number;
}

const decimal = /^(0|[1-9][0-9]{0,2})$/;

/** Strict dotted quad: four decimal numbers without leading zeros, so that no reader takes one for octal. */
export function parseAddress(text: string): number | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let address = 0;
  for (const part of parts) {
    if (!decimal.test(part) || Number(part) > 255) return undefined;
    address = address * 256 + Number(part);
  }
  return address;
}

export function formatAddress(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 0xff}.${(address >>> 8) & 0xff}.${address & 0xff}`;
}

/** `a.b.c.d/n`. The address is kept as written: host bits are the caller's to forgive (see `firstAddress`). */
export function parseCidr(text: string): Cidr | undefined {
  const [addressText = '', lengthText = '', ...rest] = text.split('/');
  const address = parseAddress(addressText);
  if (address === undefined || rest.length > 0 || !decimal.test(lengthText) || Number(lengthText) > 32) {
    return undefined;
  }
  return { address, prefixLength: Number(lengthText) };
}

export function formatCidr(cidr: Cidr): string {
  return `${formatAddress(cidr.address)}/${cidr.prefixLength}`;
}

export function netmask(prefixLength: number): number {
  // A shift by 32 is a shift by 0 in ECMAScript.
  return prefixLength === 0 ? 0 : (0xffffffff << (32 - prefixLength)) >>> 0;
}

export function firstAddress(cidr: Cidr): number {
  return (cidr.address & netmask(cidr.prefixLength)) >>> 0;
}

export function lastAddress(cidr: Cidr): number {
  return (cidr.address | ~netmask(cidr.prefixLength)) >>> 0;
}

/** How many addresses the prefix holds: 1 to 2^32. */
export function addressCount(cidr: Cidr): number {
  return 2 ** (32 - cidr.prefixLength);
}

export function contains(cidr: Cidr, address: number): boolean {
  return ((cidr.address ^ address) & netmask(cidr.prefixLength)) === 0;
}

/** Two prefixes are either disjoint or one holds the other. */
export function overlap(one: Cidr, other: Cidr): boolean {
  return contains(one, firstAddress(other)) || contains(other, firstAddress(one));
}

/** What is left of `whole` without `hole`, as the fewest prefixes, in ascending order. */
export function subtract(whole: Cidr, hole: Cidr): Cidr[] {
  if (!overlap(whole, hole)) return [{ address: firstAddress(whole), prefixLength: whole.prefixLength }];
  const below: Cidr[] = [];
  const above: Cidr[] = [];
  // Halve towards the hole; the half that does not hold it is part of the answer.
  for (let prefixLength = whole.prefixLength + 1; prefixLength <= hole.prefixLength; prefixLength++) {
    const holdingHalf = firstAddress({ address: hole.address, prefixLength });
    const otherHalf = (holdingHalf ^ (0x80000000 >>> (prefixLength - 1))) >>> 0;
    if (otherHalf < holdingHalf) below.push({ address: otherHalf, prefixLength });
    else above.unshift({ address: otherHalf, prefixLength });
  }
  return [...below, ...above];
}

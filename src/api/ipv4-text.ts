// Whether a text is an IPv4 address or range: for those who only sort out what they do not deal with.

import { parseAddress, parseCidr } from '../protocol/ip/address.ts';

export function isIPv4Address(text: string): boolean {
  return parseAddress(text) !== undefined;
}

export function isIPv4Range(text: string): boolean {
  return parseCidr(text) !== undefined;
}

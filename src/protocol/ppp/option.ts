// Configuration options, the TLV list in every Configure packet (RFC 1661 §6). Knows no option by name; values are judged
// by lcp.ts, ccp.ts and ipcp.ts.
//
//    +---------------+---------------+-------------
//    |     Type      |    Length     |    Data ...
//    +---------------+---------------+-------------
import { MalformedPacket } from '../bytes/malformed.ts';

export interface Option {
  type: number;
  data: Uint8Array;
}

/** Type and length. */
const OptionHeaderLength = 2;
/** No client sends a third of this; a list of 700 empty options is an attack (CP-1). */
const MaximumOptions = 32;

/** Reads a whole option list. Throws MalformedPacket. */
export function decodeOptions(bytes: Uint8Array): Option[] {
  const options: Option[] = [];
  let rest = bytes;
  while (rest.length > 0) {
    const [type, length] = rest;
    if (type === undefined || length === undefined) throw new MalformedPacket('ppp', 'option_truncated');
    if (length < OptionHeaderLength) throw new MalformedPacket('ppp', 'option_length_below_header');
    if (length > rest.length) throw new MalformedPacket('ppp', 'option_length_above_packet');
    if (options.length === MaximumOptions) throw new MalformedPacket('ppp', 'too_many_options');
    options.push({ type, data: rest.subarray(OptionHeaderLength, length) });
    rest = rest.subarray(length);
  }
  return options;
}

export function encodeOptions(options: readonly Option[]): Uint8Array {
  const bytes = new Uint8Array(options.reduce((total, option) => total + optionLength(option), 0));
  let offset = 0;
  for (const option of options) {
    bytes.set([option.type, optionLength(option)], offset);
    bytes.set(option.data, offset + OptionHeaderLength);
    offset += optionLength(option);
  }
  return bytes;
}

export function optionLength(option: Option): number {
  return OptionHeaderLength + option.data.length;
}

/** An option whose data is an unsigned number in network order. */
export function numberOption(type: number, value: number, size: 2 | 4): Option {
  const data = new Uint8Array(size);
  const view = new DataView(data.buffer);
  if (size === 2) view.setUint16(0, value);
  else view.setUint32(0, value);
  return { type, data };
}

/** The option's data as an unsigned number, or undefined when it is not `size` bytes long. */
export function optionNumber(option: Option, size: 2 | 4): number | undefined {
  if (option.data.length !== size) return undefined;
  return option.data.reduce((value, byte) => value * 0x100 + byte, 0);
}

/** `18:01000040`: type in decimal, data in hex. */
export function describeOption(option: Option): string {
  const digits = Array.from(option.data, (byte) => byte.toString(16).padStart(2, '0'));
  return `${option.type}:${digits.join('')}`;
}

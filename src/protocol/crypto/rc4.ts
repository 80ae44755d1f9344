// RC4. Biased and banned from TLS (RFC 7465). It is here because MPPE (RFC 3078) prescribes it; used for nothing else.
// The functions work on a state of 258 bytes that the caller owns (S-box, then i and j) and allocate nothing.

/** Bytes of one RC4 state: the 256 of the S-box, then the indices i and j. */
export const rc4StateSize = 258;

const iIndex = 256;
const jIndex = 257;

/** Key scheduling: fills `states[at .. at+258)` from the key `keys[keyAt .. keyAt+keyLength)`. */
export function rc4Schedule(
  states: Uint8Array,
  at: number,
  keys: Uint8Array,
  keyAt: number,
  keyLength: number,
): void {
  for (let i = 0; i < 256; i++) states[at + i] = i;
  let j = 0;
  let k = 0;
  for (let i = 0; i < 256; i++) {
    const si = states[at + i]!;
    j = (j + si + keys[keyAt + k]!) & 0xff;
    states[at + i] = states[at + j]!;
    states[at + j] = si;
    k = k + 1 === keyLength ? 0 : k + 1;
  }
  states[at + iIndex] = 0;
  states[at + jIndex] = 0;
}

/** XORs the key stream over `bytes[offset .. offset+length)` in place; the state moves on by `length`. */
export function rc4Apply(
  states: Uint8Array,
  at: number,
  bytes: Uint8Array,
  offset: number,
  length: number,
): void {
  let i = states[at + iIndex]!;
  let j = states[at + jIndex]!;
  const end = offset + length;
  for (let position = offset; position < end; position++) {
    i = (i + 1) & 0xff;
    const si = states[at + i]!;
    j = (j + si) & 0xff;
    const sj = states[at + j]!;
    states[at + i] = sj;
    states[at + j] = si;
    bytes[position] = bytes[position]! ^ states[at + ((si + sj) & 0xff)]!;
  }
  states[at + iIndex] = i;
  states[at + jIndex] = j;
}

// SHA-1 (FIPS 180-4 §6.1). Collisions are practical since 2017. It is here because MS-CHAPv2 (RFC 2759) and the key
// change of MPPE (RFC 3078 §7) prescribe it; used for nothing else. `compressSha1` is the allocation-free core.

/** FIPS 180-4 §5.3.1, the initial hash value. */
export const sha1InitialState: readonly number[] = [
  0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0,
];

/** FIPS 180-4 §4.2.1, as the signed numbers they are in 32 bits. */
const thirdConstant = 0x8f1bbcdc | 0;
const fourthConstant = 0xca62c1d6 | 0;

/** The 20-byte SHA-1 digest of the concatenation of `parts`. */
export function sha1(...parts: readonly Uint8Array[]): Uint8Array {
  const padded = pad(parts);
  const view = new DataView(padded.buffer);
  const state = Int32Array.from(sha1InitialState);
  const schedule = new Int32Array(80);
  for (let block = 0; block < padded.length; block += 64) {
    for (let word = 0; word < 16; word++) schedule[word] = view.getInt32(block + 4 * word);
    compressSha1(state, schedule);
  }
  const digest = new DataView(new ArrayBuffer(20));
  for (let word = 0; word < 5; word++) digest.setInt32(4 * word, state[word]!);
  return new Uint8Array(digest.buffer);
}

/** FIPS 180-4 §5.1.1: one 1 bit, zeros, then the length in bits, most significant byte first. */
function pad(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const padded = new Uint8Array(64 * Math.ceil((length + 9) / 64));
  let at = 0;
  for (const part of parts) {
    padded.set(part, at);
    at += part.length;
  }
  padded[length] = 0x80;
  new DataView(padded.buffer).setBigUint64(padded.length - 8, 8n * BigInt(length));
  return padded;
}

/**
 * One block (FIPS 180-4 §6.1.2): adds the block whose 16 words stand first in `w` (80 words of room) to the five words of
 * `state`. Four plain loops instead of one that chooses in every step: this runs twice per MPPE packet.
 */
export function compressSha1(state: Int32Array, w: Int32Array): void {
  expandSchedule(w);
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  let e = state[4]!;
  let t = 0;
  for (; t < 20; t++) {
    const next = (((a << 5) | (a >>> 27)) + ((b & (c ^ d)) ^ d) + 0x5a827999 + e + w[t]!) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  for (; t < 40; t++) {
    const next = (((a << 5) | (a >>> 27)) + (b ^ c ^ d) + 0x6ed9eba1 + e + w[t]!) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  for (; t < 60; t++) {
    const next = (((a << 5) | (a >>> 27)) + ((b & c) | (d & (b | c))) + thirdConstant + e + w[t]!) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  for (; t < 80; t++) {
    const next = (((a << 5) | (a >>> 27)) + (b ^ c ^ d) + fourthConstant + e + w[t]!) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  addTo(state, a, b, c, d, e);
}

function addTo(state: Int32Array, a: number, b: number, c: number, d: number, e: number): void {
  state[0] = (state[0]! + a) | 0;
  state[1] = (state[1]! + b) | 0;
  state[2] = (state[2]! + c) | 0;
  state[3] = (state[3]! + d) | 0;
  state[4] = (state[4]! + e) | 0;
}

function expandSchedule(w: Int32Array): void {
  for (let t = 16; t < 80; t++) {
    const word = w[t - 3]! ^ w[t - 8]! ^ w[t - 14]! ^ w[t - 16]!;
    w[t] = (word << 1) | (word >>> 31);
  }
}

// MD4 (RFC 1320). Broken since 1995: collisions take microseconds. It is here because MS-CHAPv2 (RFC 2759 §8.3)
// prescribes it for the NT password hash; used for nothing else. Hashes one short buffer, no streaming.

/** Per round: shifts, additive constant (RFC 1320 §3.4) and the order in which the 16 words are used. */
const rounds = [
  { shifts: [3, 7, 11, 19], constant: 0, order: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15] },
  {
    shifts: [3, 5, 9, 13],
    constant: 0x5a827999,
    order: [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15],
  },
  {
    shifts: [3, 9, 11, 15],
    constant: 0x6ed9eba1,
    order: [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15],
  },
] as const;

/** The functions F, G and H of RFC 1320 §3.4. */
const mix = [
  (x: number, y: number, z: number) => (x & y) | (~x & z),
  (x: number, y: number, z: number) => (x & y) | (x & z) | (y & z),
  (x: number, y: number, z: number) => x ^ y ^ z,
] as const;

/** The 16-byte MD4 digest of `bytes`. */
export function md4(bytes: Uint8Array): Uint8Array {
  const padded = pad(bytes);
  const view = new DataView(padded.buffer);
  const state = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476];
  for (let block = 0; block < padded.length; block += 64) hashBlock(state, view, block);
  const digest = new DataView(new ArrayBuffer(16));
  state.forEach((word, index) => {
    digest.setUint32(4 * index, word, true);
  });
  return new Uint8Array(digest.buffer);
}

/** RFC 1320 §3.1, §3.2: one 1 bit, zeros, then the length in bits, least significant word first. */
function pad(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const padded = new Uint8Array(64 * Math.ceil((bytes.length + 9) / 64));
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  new DataView(padded.buffer).setBigUint64(padded.length - 8, 8n * BigInt(bytes.length), true);
  return padded;
}

function hashBlock(state: number[], view: DataView, block: number): void {
  let [a = 0, b = 0, c = 0, d = 0] = state;
  rounds.forEach(({ shifts, constant, order }, round) => {
    order.forEach((word, step) => {
      const sum = a + mix[round]!(b, c, d) + view.getUint32(block + 4 * word, true) + constant;
      const rotated = rotateLeft(sum | 0, shifts[step % 4]!);
      [a, b, c, d] = [d, rotated, b, c];
    });
  });
  [a, b, c, d].forEach((word, index) => {
    state[index] = (state[index]! + word) | 0;
  });
}

function rotateLeft(word: number, shift: number): number {
  return (word << shift) | (word >>> (32 - shift));
}

// The key change of MPPE (RFC 3078 §7, RFC 3079 §3.4 GetNewKeyFromSHA) on key arrays of the caller, without allocation:
// it happens for every packet in stateless mode. The hashed message always fills two blocks whose padding is known
// beforehand, so the words are written straight into SHA-1's schedule.
import { rc4Apply, rc4Schedule, rc4StateSize } from '../crypto/rc4.ts';
import { compressSha1, sha1InitialState } from '../crypto/sha1.ts';

/** Bytes reserved for one key, whatever its length. */
export const keyStride = 16;

const schedule = new Int32Array(80);
const digest = new Int32Array(5);
const interim = new Uint8Array(keyStride);
const interimBox = new Uint8Array(rc4StateSize);

/** SHApad2, RFC 3079 §3.4, as one word. */
const pad2 = 0xf2f2f2f2 | 0;
const firstPadding = 0x80000000 | 0;

/**
 * Changes the session key at `sessionKeys[at..]`, of `octets` (8 or 16) bytes, once; the start key stands at the same place
 * of `startKeys`. `salt` leading bytes of the result are overwritten as §3.1 and §3.2 say: 3 for 40 bit, 1 for 56, else 0.
 */
export function changeKey(
  startKeys: Uint8Array,
  startAt: number,
  sessionKeys: Uint8Array,
  at: number,
  octets: number,
  salt: number,
): void {
  if (octets === 16) hash128(startKeys, startAt, sessionKeys, at);
  else hash64(startKeys, startAt, sessionKeys, at);
  for (let word = 0; 4 * word < octets; word++) writeWord(interim, 4 * word, digest[word]!);
  rc4Schedule(interimBox, 0, interim, 0, octets);
  for (let index = 0; index < octets; index++) sessionKeys[at + index] = interim[index]!;
  rc4Apply(interimBox, 0, sessionKeys, at, octets);
  saltKey(sessionKeys, at, salt);
}

/** MPPE-2: `D1 26 9E` over a 40 bit key, `D1` over one of 56 bit. */
export function saltKey(keys: Uint8Array, at: number, salt: number): void {
  if (salt > 0) keys[at] = 0xd1;
  if (salt > 1) {
    keys[at + 1] = 0x26;
    keys[at + 2] = 0x9e;
  }
}

/** SHA1(start 16, 40 × 00, session 16, 40 × F2): 112 bytes. */
function hash128(startKeys: Uint8Array, startAt: number, sessionKeys: Uint8Array, at: number): void {
  begin();
  for (let word = 0; word < 4; word++) schedule[word] = readWord(startKeys, startAt + 4 * word);
  for (let word = 4; word < 14; word++) schedule[word] = 0;
  schedule[14] = readWord(sessionKeys, at);
  schedule[15] = readWord(sessionKeys, at + 4);
  compressSha1(digest, schedule);
  schedule[0] = readWord(sessionKeys, at + 8);
  schedule[1] = readWord(sessionKeys, at + 12);
  for (let word = 2; word < 12; word++) schedule[word] = pad2;
  finish(12, 112);
}

/** SHA1(start 8, 40 × 00, session 8, 40 × F2): 96 bytes. */
function hash64(startKeys: Uint8Array, startAt: number, sessionKeys: Uint8Array, at: number): void {
  begin();
  schedule[0] = readWord(startKeys, startAt);
  schedule[1] = readWord(startKeys, startAt + 4);
  for (let word = 2; word < 12; word++) schedule[word] = 0;
  schedule[12] = readWord(sessionKeys, at);
  schedule[13] = readWord(sessionKeys, at + 4);
  schedule[14] = pad2;
  schedule[15] = pad2;
  compressSha1(digest, schedule);
  for (let word = 0; word < 8; word++) schedule[word] = pad2;
  finish(8, 96);
}

function begin(): void {
  for (let word = 0; word < 5; word++) digest[word] = sha1InitialState[word]!;
}

/** Pads the second block from word `used` on for a message of `length` bytes, and hashes it. */
function finish(used: number, length: number): void {
  schedule[used] = firstPadding;
  for (let word = used + 1; word < 15; word++) schedule[word] = 0;
  schedule[15] = 8 * length;
  compressSha1(digest, schedule);
}

function readWord(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

function writeWord(bytes: Uint8Array, at: number, word: number): void {
  bytes[at] = word >>> 24;
  bytes[at + 1] = word >>> 16;
  bytes[at + 2] = word >>> 8;
  bytes[at + 3] = word;
}

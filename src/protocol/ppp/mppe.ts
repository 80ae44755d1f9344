// MPPE (RFC 3078): the keys, RC4 state and coherency count of many directions of many sessions in typed arrays. Nothing
// allocates after construction. Receiving works on a copy: `decrypt` uses it, and only `commit` makes it the
// direction's state (MPPE-8). Whether a packet is worth trying is its caller's judgement.
//
//    0                   1
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5
//   |A|B|C|D|   Coherency Count     |   A flushed, D encrypted; B and C belong to MPPC
import { rc4Apply, rc4Schedule, rc4StateSize } from '../crypto/rc4.ts';
import type { MppeParameters } from './link-output.ts';
import { changeKey, keyStride } from './mppe-key-change.ts';
import { firstSessionKey, keyOctets, saltOf } from './mppe-keys.ts';

/** RFC 3078 §3. */
export const flushedBit = 0x8000;
export const encryptedBit = 0x1000;
export const countMask = 0x0fff;
/** The coherency count and the inner protocol precede the data. */
export const mppeHeaderLength = 2;
/** RFC 3078 §7.1, stateful: the key changes when the low octet of the count is this. */
const flagOctet = 0xff;

export class MppeTable {
  /** 1 while the direction has keys. */
  readonly #up: Uint8Array;
  readonly #stateless: Uint8Array;
  readonly #octets: Uint8Array;
  readonly #salts: Uint8Array;
  /** The count of the next packet. */
  readonly #counts: Uint16Array;
  /** Stateful transmit: the next packet is flushed (MPPE-10). */
  readonly #owesFlush: Uint8Array;
  readonly #startKeys: Uint8Array;
  readonly #sessionKeys: Uint8Array;
  readonly #boxes: Uint8Array;
  /** Key changes of each direction since its start; never repeats while the keys live. */
  readonly #changes: Float64Array;
  readonly #trialKey = new Uint8Array(keyStride);
  readonly #trialBox = new Uint8Array(rc4StateSize);
  #trialCount = 0;
  /** The copy belongs to this direction and is so many key changes from its start; -1: to none. */
  #trialDirection = -1;
  #trialChanges = 0;

  constructor(directions: number) {
    this.#up = new Uint8Array(directions);
    this.#stateless = new Uint8Array(directions);
    this.#octets = new Uint8Array(directions);
    this.#salts = new Uint8Array(directions);
    this.#counts = new Uint16Array(directions);
    this.#owesFlush = new Uint8Array(directions);
    this.#startKeys = new Uint8Array(keyStride * directions);
    this.#sessionKeys = new Uint8Array(keyStride * directions);
    this.#boxes = new Uint8Array(rc4StateSize * directions);
    this.#changes = new Float64Array(directions);
  }

  /** Takes new keys, with count 0. False, and nothing happens, when this start key is in use already (CCP-8). */
  start(direction: number, parameters: MppeParameters): boolean {
    const { keyLength, startKey } = parameters;
    const octets = keyOctets(keyLength);
    if (this.isUp(direction) && this.#hasStartKey(direction, startKey, octets)) return false;
    this.stop(direction);
    this.#up[direction] = 1;
    this.#stateless[direction] = parameters.stateless ? 1 : 0;
    this.#octets[direction] = octets;
    this.#salts[direction] = saltOf(keyLength).length;
    this.#startKeys.set(startKey.subarray(0, octets), keyStride * direction);
    this.#sessionKeys.set(firstSessionKey(startKey, keyLength), keyStride * direction);
    this.#schedule(direction);
    return true;
  }

  /** Forgets the keys. */
  stop(direction: number): void {
    this.#up[direction] = 0;
    if (this.#trialDirection === direction) this.#trialDirection = -1;
    this.#counts[direction] = 0;
    this.#owesFlush[direction] = 0;
    this.#changes[direction] = 0;
    this.#startKeys.fill(0, keyStride * direction, keyStride * (direction + 1));
    this.#sessionKeys.fill(0, keyStride * direction, keyStride * (direction + 1));
    this.#boxes.fill(0, rc4StateSize * direction, rc4StateSize * (direction + 1));
  }

  isUp(direction: number): boolean {
    return this.#up[direction] === 1;
  }

  isStateless(direction: number): boolean {
    return this.#stateless[direction] === 1;
  }

  /** The coherency count that comes next. */
  nextCount(direction: number): number {
    return this.#counts[direction]!;
  }

  keyChanges(direction: number): number {
    return this.#changes[direction]!;
  }

  /** Stateful: the next packet sent is flushed and keyed anew, however many resets were asked for before it (MPPE-10). */
  oweFlush(direction: number): void {
    if (!this.isStateless(direction)) this.#owesFlush[direction] = 1;
  }

  /** Encrypts in place, inner protocol included, and returns the two octets that go before it. */
  encrypt(direction: number, bytes: Uint8Array, offset: number, length: number): number {
    const count = this.#counts[direction]!;
    const flushed =
      this.isStateless(direction) || (count & 0xff) === flagOctet || this.#owesFlush[direction] === 1;
    if (flushed) {
      this.#change(direction);
      this.#schedule(direction);
      this.#owesFlush[direction] = 0;
    }
    rc4Apply(this.#boxes, rc4StateSize * direction, bytes, offset, length);
    this.#counts[direction] = (count + 1) & countMask;
    return (flushed ? flushedBit : 0) | encryptedBit | count;
  }

  /**
   * Makes the copy that is `changes` key changes ahead, ready to decrypt the packet with `count`. Costs 1 to 2 µs a change, for
   * the caller to bound; changes that the copy has already made for the same direction are not made again.
   */
  prepare(direction: number, count: number, changes: number): void {
    const target = this.#changes[direction]! + changes;
    const isOnTheWay =
      this.#trialDirection === direction &&
      this.#trialChanges > this.#changes[direction]! &&
      this.#trialChanges <= target;
    if (!isOnTheWay) this.#copyKey(direction);
    while (this.#trialChanges < target) this.#changeTrialKey(direction);
    rc4Schedule(this.#trialBox, 0, this.#trialKey, 0, this.#octets[direction]!);
    this.#trialCount = (count + 1) & countMask;
  }

  /**
   * Stateful: the copy for the packet that is next, or for a flushed one further on (MPPE-10). Returns its key changes.
   */
  prepareStateful(direction: number, header: number): number {
    const count = header & countMask;
    const blocks = ((count & ~flagOctet) - (this.#counts[direction]! & ~flagOctet)) & countMask;
    const isFlushed = (header & flushedBit) !== 0 || (count & 0xff) === flagOctet;
    // One change for every block whose flag packet was missed, one for this packet.
    const changes = (blocks >>> 8) + (isFlushed ? 1 : 0);
    if (isFlushed) {
      this.prepare(direction, count, changes);
      return changes;
    }
    this.#copyKey(direction);
    const box = rc4StateSize * direction;
    for (let index = 0; index < rc4StateSize; index++) this.#trialBox[index] = this.#boxes[box + index]!;
    this.#trialCount = (count + 1) & countMask;
    return 0;
  }

  /** Decrypts in place with the copy; the direction itself does not move. */
  decrypt(bytes: Uint8Array, offset: number, length: number): void {
    rc4Apply(this.#trialBox, 0, bytes, offset, length);
  }

  /** The packet was what it should be: the copy becomes the direction's state. */
  commit(direction: number): void {
    const key = keyStride * direction;
    const box = rc4StateSize * direction;
    for (let index = 0; index < keyStride; index++) this.#sessionKeys[key + index] = this.#trialKey[index]!;
    if (!this.isStateless(direction)) {
      for (let index = 0; index < rc4StateSize; index++) this.#boxes[box + index] = this.#trialBox[index]!;
    }
    this.#counts[direction] = this.#trialCount;
    this.#changes[direction] = this.#trialChanges;
  }

  #copyKey(direction: number): void {
    const key = keyStride * direction;
    for (let index = 0; index < keyStride; index++) this.#trialKey[index] = this.#sessionKeys[key + index]!;
    this.#trialDirection = direction;
    this.#trialChanges = this.#changes[direction]!;
  }

  #changeTrialKey(direction: number): void {
    const at = keyStride * direction;
    changeKey(this.#startKeys, at, this.#trialKey, 0, this.#octets[direction]!, this.#salts[direction]!);
    this.#trialChanges++;
  }

  #change(direction: number): void {
    const at = keyStride * direction;
    changeKey(this.#startKeys, at, this.#sessionKeys, at, this.#octets[direction]!, this.#salts[direction]!);
    this.#changes[direction] = this.#changes[direction]! + 1;
  }

  #schedule(direction: number): void {
    const octets = this.#octets[direction]!;
    rc4Schedule(this.#boxes, rc4StateSize * direction, this.#sessionKeys, keyStride * direction, octets);
  }

  #hasStartKey(direction: number, startKey: Uint8Array, octets: number): boolean {
    const at = keyStride * direction;
    return (
      this.#octets[direction] === octets &&
      startKey.subarray(0, octets).every((byte, index) => byte === this.#startKeys[at + index])
    );
  }
}

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { rc4Apply, rc4Schedule, rc4StateSize } from '../../../src/protocol/crypto/rc4.ts';
import { countMask, encryptedBit, flushedBit, MppeTable } from '../../../src/protocol/ppp/mppe.ts';
import { changeKey } from '../../../src/protocol/ppp/mppe-key-change.ts';
import { firstSessionKey, type KeyLength, saltOf } from '../../../src/protocol/ppp/mppe-keys.ts';

const keyLengths: readonly KeyLength[] = [40, 56, 128];

describe('changeKey (MPPE-2, RFC 3079 §3.4)', () => {
  for (const keyLength of keyLengths) {
    it(`gives the keys of a slow twin made of OpenSSL's SHA-1, for ${keyLength} bit`, () => {
      const octets = keyLength === 128 ? 16 : 8;
      const startKey = randomBytes(octets);
      const salt = saltOf(keyLength);
      const sessionKeys = new Uint8Array(40);
      sessionKeys.set(firstSessionKey(startKey, keyLength), 3);
      let slow: Uint8Array = Buffer.from(firstSessionKey(startKey, keyLength));
      for (let change = 0; change < 300; change++) {
        changeKey(startKey, 0, sessionKeys, 3, octets, salt.length);
        slow = slowChange(startKey, slow, salt);
        assert.deepEqual(Buffer.from(sessionKeys.subarray(3, 3 + octets)), Buffer.from(slow));
        assert.deepEqual([...sessionKeys.subarray(3, 3 + salt.length)], [...salt]);
      }
      assert.ok(sessionKeys.subarray(0, 3).every((byte) => byte === 0));
      assert.ok(sessionKeys.subarray(3 + octets).every((byte) => byte === 0));
    });
  }
});

describe('MppeTable', () => {
  it('changes the key before every packet, the first included, in stateless mode (MPPE-3)', () => {
    const startKey = randomBytes(16);
    const table = createTable(startKey, true);
    let key: Uint8Array = firstSessionKey(startKey, 128);
    for (let count = 0; count < 50; count++) {
      key = slowChange(startKey, key, []);
      const bytes = new Uint8Array(32);
      const header = table.encrypt(0, bytes, 0, 32);
      assert.equal(header, flushedBit | encryptedBit | count);
      assert.deepEqual(bytes, keyStream(key, 32));
    }
  });

  it('changes the key before each packet whose count ends in FF, and nowhere else, in stateful mode (MPPE-10)', () => {
    const table = createTable(randomBytes(16), false);
    for (let packet = 0; packet < 4096 + 300; packet++) {
      const header = table.encrypt(0, new Uint8Array(8), 0, 8);
      assert.equal(header & countMask, packet & 0xfff);
      assert.equal((header & flushedBit) !== 0, (packet & 0xff) === 0xff, `packet ${packet}`);
    }
    assert.equal(table.keyChanges(0), 17);
  });

  it('pays a flush that resets asked for once, with the next packet, however many asked (MPPE-10)', () => {
    const table = createTable(randomBytes(16), false);
    table.oweFlush(0);
    table.oweFlush(0);
    table.oweFlush(0);
    assert.equal(table.keyChanges(0), 0);
    assert.equal(table.encrypt(0, new Uint8Array(1), 0, 1) & flushedBit, flushedBit);
    assert.equal(table.keyChanges(0), 1);
    assert.equal(table.encrypt(0, new Uint8Array(1), 0, 1) & flushedBit, 0);
    assert.equal(table.keyChanges(0), 1);
  });

  it('changes no key for a reset in stateless mode (CCP-7)', () => {
    const [one, other] = [createTable(Buffer.alloc(16, 5), true), createTable(Buffer.alloc(16, 5), true)];
    one.oweFlush(0);
    const [left, right] = [new Uint8Array(20), new Uint8Array(20)];
    assert.equal(one.encrypt(0, left, 0, 20), other.encrypt(0, right, 0, 20));
    assert.deepEqual(left, right);
  });

  it('refuses a start key that is in use: its key stream would come again (CCP-8)', () => {
    const startKey = randomBytes(16);
    const table = createTable(startKey, true);
    const before = new Uint8Array(16);
    table.encrypt(0, before, 0, 16);
    assert.ok(!table.start(0, { keyLength: 128, stateless: true, startKey }));
    assert.equal(table.nextCount(0), 1);
    assert.ok(table.start(0, { keyLength: 128, stateless: true, startKey: randomBytes(16) }));
    assert.equal(table.nextCount(0), 0);
  });

  it('moves nothing before commit, and then exactly as far as was prepared (MPPE-8)', () => {
    const startKey = randomBytes(16);
    const [sender, receiver] = [createTable(startKey, true), createTable(startKey, true)];
    const packets = Array.from({ length: 300 }, () => {
      const bytes = new Uint8Array(40);
      sender.encrypt(0, bytes, 0, 40);
      return bytes;
    });
    receiver.prepare(0, 250, 251);
    receiver.prepare(0, 100, 101);
    assert.equal(receiver.nextCount(0), 0);
    assert.equal(receiver.keyChanges(0), 0);
    receiver.decrypt(packets[100]!, 0, 40);
    assert.ok(packets[100]!.every((byte) => byte === 0));
    receiver.commit(0);
    assert.equal(receiver.nextCount(0), 101);
    receiver.prepare(0, 101, 1);
    receiver.decrypt(packets[101]!, 0, 40);
    assert.ok(packets[101]!.every((byte) => byte === 0));
  });

  it('goes on from changes it has made already, for this direction only', () => {
    const [left, right] = [randomBytes(16), randomBytes(16)];
    const table = new MppeTable(2);
    table.start(0, { keyLength: 128, stateless: true, startKey: left });
    table.start(1, { keyLength: 128, stateless: true, startKey: right });
    const sender = createTable(left, true);
    const bytes = new Uint8Array(16);
    for (let packet = 0; packet <= 20; packet++) sender.encrypt(0, bytes.fill(0), 0, 16);
    table.prepare(0, 10, 11);
    table.prepare(1, 15, 16);
    table.prepare(0, 5, 6);
    table.prepare(0, 20, 21);
    table.decrypt(bytes, 0, 16);
    assert.ok(bytes.every((byte) => byte === 0));
  });

  it('forgets keys when stopped', () => {
    const table = createTable(randomBytes(16), true);
    assert.ok(table.isUp(0));
    table.stop(0);
    assert.ok(!table.isUp(0));
  });
});

function createTable(startKey: Uint8Array, stateless: boolean): MppeTable {
  const table = new MppeTable(1);
  table.start(0, { keyLength: 128, stateless, startKey });
  return table;
}

function slowChange(startKey: Uint8Array, sessionKey: Uint8Array, salt: readonly number[]): Uint8Array {
  const interim = createHash('sha1')
    .update(startKey)
    .update(Buffer.alloc(40))
    .update(sessionKey)
    .update(Buffer.alloc(40, 0xf2))
    .digest()
    .subarray(0, startKey.length);
  const key = Uint8Array.from(keyStream(interim, interim.length), (byte, index) => byte ^ interim[index]!);
  key.set(salt);
  return key;
}

function keyStream(key: Uint8Array, length: number): Uint8Array {
  const states = new Uint8Array(rc4StateSize);
  rc4Schedule(states, 0, key, 0, key.length);
  const bytes = new Uint8Array(length);
  rc4Apply(states, 0, bytes, 0, length);
  return bytes;
}

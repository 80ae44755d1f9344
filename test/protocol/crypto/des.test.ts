import assert from 'node:assert/strict';
import { createCipheriv, randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { desEncryptBlock, insertParity } from '../../../src/protocol/crypto/des.ts';
import vectors from '../../vectors/des.json' with { type: 'json' };

describe('desEncryptBlock', () => {
  for (const { key, plaintext, ciphertext } of vectors.vectors) {
    it(`encrypts ${plaintext} under ${key} to ${ciphertext} (NIST SP 800-17)`, () => {
      const block = desEncryptBlock(withoutParity(Buffer.from(key, 'hex')), Buffer.from(plaintext, 'hex'));
      assert.equal(Buffer.from(block).toString('hex'), ciphertext);
    });
  }

  it('agrees with OpenSSL, triple DES with three equal keys, on random keys and blocks', () => {
    for (let round = 0; round < 200; round++) {
      const key = randomBytes(7);
      const block = randomBytes(8);
      const spread = insertParity(key);
      const cipher = createCipheriv('des-ede3-ecb', Buffer.concat([spread, spread, spread]), null);
      cipher.setAutoPadding(false);
      assert.equal(
        Buffer.from(desEncryptBlock(key, block)).toString('hex'),
        cipher.update(block).toString('hex'),
      );
    }
  });

  it('spreads 56 key bits over eight bytes and leaves the parity bits 0 (RFC 2759 §8.6)', () => {
    const key = randomBytes(7);
    assert.deepEqual(withoutParity(insertParity(key)), Uint8Array.from(key));
    assert.ok(insertParity(key).every((byte) => (byte & 1) === 0));
  });
});

function withoutParity(key: Uint8Array): Uint8Array {
  let bits = 0n;
  for (const byte of key) bits = (bits << 7n) | BigInt(byte >>> 1);
  return Uint8Array.from({ length: 7 }, (_, index) => Number((bits >> BigInt(8 * (6 - index))) & 0xffn));
}

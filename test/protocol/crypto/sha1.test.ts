import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { sha1 } from '../../../src/protocol/crypto/sha1.ts';
import vectors from '../../vectors/sha1.json' with { type: 'json' };

describe('sha1', () => {
  for (const { message, digest } of vectors.vectors) {
    it(`gives FIPS 180-4's digest of "${message}"`, () => {
      assert.equal(Buffer.from(sha1(Buffer.from(message))).toString('hex'), digest);
    });
  }

  it('agrees with OpenSSL on every length from 0 to 300, in one part and in three', () => {
    for (let length = 0; length <= 300; length++) {
      const bytes = randomBytes(length);
      const expected = createHash('sha1').update(bytes).digest('hex');
      assert.equal(Buffer.from(sha1(bytes)).toString('hex'), expected);
      const parts = [bytes.subarray(0, length >> 1), bytes.subarray(length >> 1), new Uint8Array(0)];
      assert.equal(Buffer.from(sha1(...parts)).toString('hex'), expected);
    }
  });
});

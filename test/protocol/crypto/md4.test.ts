import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { md4 } from '../../../src/protocol/crypto/md4.ts';
import vectors from '../../vectors/md4.json' with { type: 'json' };

describe('md4', () => {
  for (const { message, digest } of vectors.vectors) {
    it(`gives RFC 1320 A.5's digest of "${message}"`, () => {
      assert.equal(Buffer.from(md4(Buffer.from(message))).toString('hex'), digest);
    });
  }

  it('leaves its input alone, whatever its offset in a buffer', () => {
    const buffer = Buffer.from('xxabcxx');
    md4(buffer.subarray(2, 5));
    assert.equal(buffer.toString(), 'xxabcxx');
    assert.deepEqual(md4(buffer.subarray(2, 5)), md4(Buffer.from('abc')));
  });
});

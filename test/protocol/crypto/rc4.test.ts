import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { rc4Apply, rc4Schedule, rc4StateSize } from '../../../src/protocol/crypto/rc4.ts';
import vectors from '../../vectors/rc4.json' with { type: 'json' };

describe('rc4', () => {
  for (const { key, offset, stream } of vectors.vectors) {
    it(`gives RFC 6229's key stream at ${offset} for the key ${key}`, () => {
      const bytes = new Uint8Array(offset + stream.length / 2);
      apply(Buffer.from(key, 'hex'), bytes);
      assert.equal(Buffer.from(bytes.subarray(offset)).toString('hex'), stream);
    });
  }

  it('gives the same stream in one piece and in many', () => {
    const key = randomBytes(16);
    const whole = new Uint8Array(1000);
    apply(key, whole);
    const states = new Uint8Array(rc4StateSize);
    rc4Schedule(states, 0, key, 0, 16);
    const pieces = new Uint8Array(1000);
    for (let at = 0; at < 1000; at += 7) rc4Apply(states, 0, pieces, at, Math.min(7, 1000 - at));
    assert.deepEqual(pieces, whole);
  });

  it('touches nothing outside its state and the range it was given', () => {
    const states = new Uint8Array(rc4StateSize + 20).fill(0xaa);
    rc4Schedule(states, 10, Uint8Array.of(9, 9, 1, 2, 3, 4, 5), 2, 5);
    const bytes = new Uint8Array(40);
    rc4Apply(states, 10, bytes, 4, 32);
    assert.equal(Buffer.from(bytes.subarray(4, 36)).toString('hex'), vectors.vectors[0]?.stream);
    assert.ok([...bytes.subarray(0, 4), ...bytes.subarray(36)].every((byte) => byte === 0));
    assert.ok([...states.subarray(0, 10), ...states.subarray(-10)].every((byte) => byte === 0xaa));
  });
});

function apply(key: Uint8Array, bytes: Uint8Array): void {
  const states = new Uint8Array(rc4StateSize);
  rc4Schedule(states, 0, key, 0, key.length);
  rc4Apply(states, 0, bytes, 0, bytes.length);
}

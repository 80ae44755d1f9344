import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rc4Apply, rc4Schedule, rc4StateSize } from '../../../src/protocol/crypto/rc4.ts';
import {
  firstSessionKey,
  getAsymmetricStartKey,
  getMasterKey,
  type KeyLength,
} from '../../../src/protocol/ppp/mppe-keys.ts';
import vectors from '../../vectors/mppe-keys.json' with { type: 'json' };
import login from '../../vectors/ms-chap-v2.json' with { type: 'json' };

const masterKey = getMasterKey(
  Buffer.from(login.passwordHashHash, 'hex'),
  Buffer.from(login.ntResponse, 'hex'),
);

describe('MPPE keys (RFC 3079 §3.5)', () => {
  it('derives the master key from the login', () => {
    assert.equal(hex(masterKey), vectors.masterKey);
  });

  for (const { section, keyLength, sendStartKey, sendSessionKey, encrypted } of vectors.keys) {
    const length = keyLength as KeyLength;

    it(`§${section}: derives the ${keyLength} bit start key and the first session key (MPPE-1)`, () => {
      const startKey = getAsymmetricStartKey(masterKey, length, 'send', 'server');
      assert.equal(hex(startKey), sendStartKey);
      assert.equal(hex(firstSessionKey(startKey, length)), sendSessionKey);
    });

    it(`§${section}: encrypts the sample message`, () => {
      const key = Buffer.from(sendSessionKey, 'hex');
      const states = new Uint8Array(rc4StateSize);
      rc4Schedule(states, 0, key, 0, key.length);
      const message = Buffer.from(vectors.message);
      rc4Apply(states, 0, message, 0, message.length);
      assert.equal(hex(message), encrypted);
    });

    it(`gives both sides the same ${keyLength} bit keys, and another key each way`, () => {
      for (const [ours, theirs] of [['send', 'receive'] as const, ['receive', 'send'] as const]) {
        assert.deepEqual(
          getAsymmetricStartKey(masterKey, length, ours, 'server'),
          getAsymmetricStartKey(masterKey, length, theirs, 'client'),
        );
      }
      assert.notDeepEqual(
        getAsymmetricStartKey(masterKey, length, 'send', 'server'),
        getAsymmetricStartKey(masterKey, length, 'receive', 'server'),
      );
    });
  }
});

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

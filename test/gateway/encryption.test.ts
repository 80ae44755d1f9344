import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encryptionMode, weaker } from '../../src/gateway/encryption.ts';

describe('the encryption of a session', () => {
  it('is called by the worse of its two directions, whichever that is (CCP-6)', () => {
    const [short, long] = [
      { keyLength: 40, stateless: true },
      { keyLength: 128, stateless: false },
    ] as const;
    for (const mode of [weaker(short, long), weaker(long, short)])
      assert.equal(encryptionMode(mode), 'MPPE-40-stateful');
  });

  it('is called None where there is none', () => {
    assert.equal(encryptionMode(undefined), 'None');
  });
});

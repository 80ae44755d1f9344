import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  challengeHash,
  challengeResponse,
  checkAuthenticatorResponse,
  generateAuthenticatorResponse,
  generateNtResponse,
  hashNtPasswordHash,
  ntPasswordHash,
  verifyNtResponse,
} from '../../../src/protocol/ppp/ms-chap-v2.ts';
import vector from '../../vectors/ms-chap-v2.json' with { type: 'json' };

const userName = Buffer.from(vector.userName);
const authenticatorChallenge = Buffer.from(vector.authenticatorChallenge, 'hex');
const peerChallenge = Buffer.from(vector.peerChallenge, 'hex');
const ntHash = ntPasswordHash(vector.password);
const ntResponse = Buffer.from(vector.ntResponse, 'hex');

describe('MS-CHAPv2 (RFC 2759 §9.2)', () => {
  it('hashes the challenges and the user name (§8.2)', () => {
    assert.equal(hex(challengeHash(peerChallenge, authenticatorChallenge, userName)), vector.challenge);
  });

  it('hashes the password in UTF-16LE (§8.3)', () => {
    assert.equal(hex(ntHash), vector.passwordHash);
    assert.equal(hex(ntPasswordHash(Buffer.from(vector.password, 'utf16le'))), vector.passwordHash);
  });

  it('hashes the hash (§8.4)', () => {
    assert.equal(hex(hashNtPasswordHash(ntHash)), vector.passwordHashHash);
  });

  it('answers the challenge (§8.1, §8.5)', () => {
    assert.equal(hex(challengeResponse(Buffer.from(vector.challenge, 'hex'), ntHash)), vector.ntResponse);
    assert.equal(
      hex(generateNtResponse(authenticatorChallenge, peerChallenge, userName, ntHash)),
      vector.ntResponse,
    );
  });

  it('proves the server in upper-case digits, with nothing after them (§8.7, CH-5)', () => {
    const proof = generateAuthenticatorResponse(
      ntHash,
      ntResponse,
      peerChallenge,
      authenticatorChallenge,
      userName,
    );
    assert.equal(proof, vector.authenticatorResponse);
    assert.match(proof, /^S=[0-9A-F]{40}$/);
  });

  it('lets a client check the server (§8.8)', () => {
    const check = (received: string) =>
      checkAuthenticatorResponse(
        ntHash,
        ntResponse,
        peerChallenge,
        authenticatorChallenge,
        userName,
        received,
      );
    assert.ok(check(vector.authenticatorResponse));
    assert.ok(!check(vector.authenticatorResponse.replace('A', 'B')));
    assert.ok(!check(''));
  });

  it('refuses a response that differs in any bit', () => {
    const verify = (response: Uint8Array) =>
      verifyNtResponse(response, authenticatorChallenge, peerChallenge, userName, ntHash);
    assert.ok(verify(ntResponse));
    for (let bit = 0; bit < 192; bit++) {
      const flipped = Uint8Array.from(ntResponse);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      assert.ok(!verify(flipped));
    }
    assert.ok(!verify(ntResponse.subarray(0, 23)));
  });

  it('keeps every UTF-16 unit of a Japanese password (CH-4)', () => {
    const password = 'ひみつの鍵🔑';
    assert.deepEqual(ntPasswordHash(password), ntPasswordHash(Buffer.from(password, 'utf16le')));
    assert.notDeepEqual(ntPasswordHash(password), ntPasswordHash(Buffer.from(password, 'latin1')));
  });

  it('depends on the case of the user name, as typed (CH-3)', () => {
    const other = generateNtResponse(authenticatorChallenge, peerChallenge, Buffer.from('user'), ntHash);
    assert.notEqual(hex(other), vector.ntResponse);
  });
});

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

// MS-CHAPv2's functions in the order of RFC 2759 §8. Passwords occur only in `ntPasswordHash`; everything else takes the
// NT hash, which is the credential itself: whoever knows it can log in (keep it out of logs). No packets here: see chap.ts.
import { equalInConstantTime } from '../crypto/constant-time.ts';
import { desEncryptBlock } from '../crypto/des.ts';
import { md4 } from '../crypto/md4.ts';
import { sha1 } from '../crypto/sha1.ts';

/** RFC 2759 §8.7. */
const magic1 = ascii('Magic server to client signing constant');
const magic2 = ascii('Pad to make it do more than one iteration');

/**
 * RFC 2759 §8.1 GenerateNTResponse, from the hash instead of the password: the 24 bytes a client answers with.
 * `userName` is without `DOMAIN\` (CH-3), in the bytes and the case in which it was sent.
 */
export function generateNtResponse(
  authenticatorChallenge: Uint8Array,
  peerChallenge: Uint8Array,
  userName: Uint8Array,
  ntHash: Uint8Array,
): Uint8Array {
  return challengeResponse(challengeHash(peerChallenge, authenticatorChallenge, userName), ntHash);
}

/** RFC 2759 §8.2 ChallengeHash: 8 bytes. */
export function challengeHash(
  peerChallenge: Uint8Array,
  authenticatorChallenge: Uint8Array,
  userName: Uint8Array,
): Uint8Array {
  return sha1(peerChallenge, authenticatorChallenge, userName).subarray(0, 8);
}

/** RFC 2759 §8.3 NtPasswordHash: MD4 of the password in UTF-16LE, given as text or as those bytes (CH-4); 16 bytes. */
export function ntPasswordHash(password: string | Uint8Array): Uint8Array {
  return md4(typeof password === 'string' ? utf16le(password) : password);
}

/** RFC 2759 §8.4 HashNtPasswordHash: 16 bytes. */
export function hashNtPasswordHash(ntHash: Uint8Array): Uint8Array {
  return md4(ntHash);
}

/** RFC 2759 §8.5 ChallengeResponse: the hash, zero-padded to 21 bytes, as three DES keys; 24 bytes. */
export function challengeResponse(challenge: Uint8Array, ntHash: Uint8Array): Uint8Array {
  const keys = new Uint8Array(21);
  keys.set(ntHash);
  const response = new Uint8Array(24);
  for (let part = 0; part < 3; part++) {
    response.set(desEncryptBlock(keys.subarray(7 * part, 7 * part + 7), challenge), 8 * part);
  }
  return response;
}

/** RFC 2759 §8.7 GenerateAuthenticatorResponse: `S=` and 40 upper-case hexadecimal digits, nothing after (CH-5). */
export function generateAuthenticatorResponse(
  ntHash: Uint8Array,
  ntResponse: Uint8Array,
  peerChallenge: Uint8Array,
  authenticatorChallenge: Uint8Array,
  userName: Uint8Array,
): string {
  const digest = sha1(hashNtPasswordHash(ntHash), ntResponse, magic1);
  const challenge = challengeHash(peerChallenge, authenticatorChallenge, userName);
  return `S=${hexadecimal(sha1(digest, challenge, magic2))}`;
}

/** RFC 2759 §8.8 CheckAuthenticatorResponse, the client's side: whether the server knows the hash too. Constant time. */
export function checkAuthenticatorResponse(
  ntHash: Uint8Array,
  ntResponse: Uint8Array,
  peerChallenge: Uint8Array,
  authenticatorChallenge: Uint8Array,
  userName: Uint8Array,
  received: string,
): boolean {
  const expected = generateAuthenticatorResponse(
    ntHash,
    ntResponse,
    peerChallenge,
    authenticatorChallenge,
    userName,
  );
  return equalInConstantTime(ascii(expected), ascii(received));
}

/** The server's side of the check: whether `ntResponse` was made with this hash. Constant time. */
export function verifyNtResponse(
  ntResponse: Uint8Array,
  authenticatorChallenge: Uint8Array,
  peerChallenge: Uint8Array,
  userName: Uint8Array,
  ntHash: Uint8Array,
): boolean {
  return equalInConstantTime(
    ntResponse,
    generateNtResponse(authenticatorChallenge, peerChallenge, userName, ntHash),
  );
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function utf16le(text: string): Uint8Array {
  const bytes = new Uint8Array(2 * text.length);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < text.length; index++) view.setUint16(2 * index, text.charCodeAt(index), true);
  return bytes;
}

function hexadecimal(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'))
    .join('')
    .toUpperCase();
}

// The start keys of MPPE from an MS-CHAPv2 login, RFC 3079 §3, in the RFC's order. They depend on nothing but the NT hash
// and the response: no forward secrecy. The keys of a running session are mppe.ts's matter.
import { sha1 } from '../crypto/sha1.ts';

/** RFC 3079 §3.4. */
const magic1 = ascii('This is the MPPE Master Key');
const magic2 = ascii('On the client side, this is the send key; on the server side, it is the receive key.');
const magic3 = ascii('On the client side, this is the receive key; on the server side, it is the send key.');
const shsPad1 = new Uint8Array(40);
const shsPad2 = new Uint8Array(40).fill(0xf2);

export type KeyLength = 40 | 56 | 128;

/** RFC 3079 §3.4 GetMasterKey: 16 bytes from the hash of the NT hash and the 24-byte NT response. */
export function getMasterKey(passwordHashHash: Uint8Array, ntResponse: Uint8Array): Uint8Array {
  return sha1(passwordHashHash, ntResponse, magic1).subarray(0, 16);
}

/**
 * RFC 3079 §3.4 GetAsymmetricStartKey for one direction: 8 bytes for 40 and 56 bit, 16 for 128. The salt bytes of the two
 * short lengths are not in it: they are put over every session key, the first included (MPPE-2).
 */
export function getAsymmetricStartKey(
  masterKey: Uint8Array,
  keyLength: KeyLength,
  direction: 'send' | 'receive',
  side: 'server' | 'client',
): Uint8Array {
  const clientSends = (direction === 'send') === (side === 'client');
  const digest = sha1(masterKey, shsPad1, clientSends ? magic2 : magic3, shsPad2);
  return digest.slice(0, keyOctets(keyLength));
}

/** Bytes of start and session keys: 8 for 40 and 56 bit, else 16 (RFC 3079 §3.1 to §3.3). */
export function keyOctets(keyLength: KeyLength): number {
  return keyLength === 128 ? 16 : 8;
}

/** The leading bytes that weaken a session key to its length (RFC 3079 §3.1, §3.2); none for 128 bit. */
export function saltOf(keyLength: KeyLength): readonly number[] {
  if (keyLength === 40) return [0xd1, 0x26, 0x9e];
  return keyLength === 56 ? [0xd1] : [];
}

/** The first session key (RFC 3079 §3.4 GetNewKeyFromSHA and the salt): no RC4 pass at the start (MPPE-1). */
export function firstSessionKey(startKey: Uint8Array, keyLength: KeyLength): Uint8Array {
  const key = sha1(startKey, shsPad1, startKey, shsPad2).slice(0, keyOctets(keyLength));
  key.set(saltOf(keyLength));
  return key;
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

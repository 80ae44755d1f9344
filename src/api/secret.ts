// Takes a user's password or NT hash out of a Secret. Messages say what is wrong with it, never what it is.
// The password is hashed as it stands: Windows sends what was typed, so no Unicode normalisation is applied (CH-4).

import { ntPasswordHash } from '../protocol/ppp/ms-chap-v2.ts';
import type { NamespacedName } from './names.ts';

/** The parts of a core/v1 Secret that count here; `stringData` exists in files only, and wins. */
export interface Secret {
  readonly metadata: NamespacedName;
  readonly data?: Readonly<Record<string, string>>;
  readonly stringData?: Readonly<Record<string, string>>;
}

export interface SecretFault {
  readonly what: string;
  readonly fix: string;
}

/** `octetsNtHash`: see GatewayUser. */
export interface PasswordHashes {
  readonly ntHash: string;
  readonly octetsNtHash?: string;
}

export type PasswordResult = PasswordHashes | { fault: SecretFault; missing: boolean };

/** RFC 2759 §8.3 allows 0 to 256 Unicode characters; an empty password is a mistake. */
const LongestPassword = 256;
/** The key whose value is no password, but its hash. */
export const ntHashKey = 'ntHash';

/** 32 hex digits of the NT hash from `key`, or from the key ntHash when the Secret has no `key`. */
export function readNtHash(secret: Secret, key: string): PasswordResult {
  const found = [key, ntHashKey].find((candidate) => hasKey(secret, candidate));
  if (found === undefined) {
    const what = `has no key ${key}`;
    return {
      missing: true,
      fault: { what, fix: `add the key ${key} with the password, or ${ntHashKey} with its NT hash` },
    };
  }
  const value = readText(secret, found);
  if (value === undefined) {
    return invalid(`is not text in UTF-8 under ${found}`, 'store it as UTF-8, for instance with stringData');
  }
  return found === ntHashKey ? readHash(value) : hashPassword(value);
}

function hasKey({ data = {}, stringData = {} }: Secret, key: string): boolean {
  return Object.hasOwn(stringData, key) || Object.hasOwn(data, key);
}

function readText({ data = {}, stringData = {} }: Secret, key: string): string | undefined {
  if (Object.hasOwn(stringData, key)) return stringData[key];
  try {
    const bytes = Uint8Array.from(atob(data[key] ?? ''), (character) => character.charCodeAt(0));
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function readHash(value: string): PasswordResult {
  const hash = value.trim();
  if (/^[0-9a-fA-F]{32}$/.test(hash)) return { ntHash: hash.toLowerCase() };
  return invalid(`has no NT hash under ${ntHashKey}`, 'write the 16 bytes of the hash as 32 hex digits');
}

function hashPassword(password: string): PasswordResult {
  if (password.length === 0)
    return invalid('holds an empty password', 'write a password of at least one character');
  if (password.length > LongestPassword) {
    return invalid(
      `holds a password of more than ${LongestPassword} characters`,
      'shorten it: clients cannot send more',
    );
  }
  if (/[\r\n]$/.test(password)) {
    return invalid(
      'holds a password that ends in a line break',
      "store it without one, for instance with printf '%s'",
    );
  }
  if (/\p{Cc}/u.test(password)) {
    return invalid('holds a password with a control character', 'remove it: clients cannot send it');
  }
  const octets = String.fromCharCode(...new TextEncoder().encode(password));
  const ntHash = hex(ntPasswordHash(password));
  return octets === password ? { ntHash } : { ntHash, octetsNtHash: hex(ntPasswordHash(octets)) };
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function invalid(what: string, fix: string): PasswordResult {
  return { missing: false, fault: { what, fix } };
}

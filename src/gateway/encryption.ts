// What a session's encryption is called: in the log, in /v1/sessions and in the metrics. No keys here.
import type { MppeParameters } from '../protocol/ppp/link-output.ts';
import type { EncryptionMode } from './session-view.ts';

export type Encryption = Pick<MppeParameters, 'keyLength' | 'stateless'>;

/** The two directions are agreed on one by one (CCP-6): a session is no better than the worse of them. */
export function weaker(one: Encryption, other: Encryption): Encryption {
  return {
    keyLength: one.keyLength < other.keyLength ? one.keyLength : other.keyLength,
    stateless: one.stateless && other.stateless,
  };
}

export function encryptionMode(encryption: Encryption | undefined): EncryptionMode {
  if (encryption === undefined) return 'None';
  return `MPPE-${encryption.keyLength}-${encryption.stateless ? 'stateless' : 'stateful'}`;
}

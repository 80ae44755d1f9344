// What a PPP link says to the data path and the gateway around it: values only. One input to the link, then carry out every
// output in order, then the next input.
import type { AuthenticationAttempt } from './chap.ts';
import type { KeyLength } from './mppe-keys.ts';

/** One direction of MPPE as negotiated. */
export interface MppeParameters {
  keyLength: KeyLength;
  stateless: boolean;
  /** RFC 3079 §3.4 GetAsymmetricStartKey: 8 bytes for 40 and 56 bit, 16 for 128; the salt is put over session keys only. */
  startKey: Uint8Array;
}

/** Why a link ended: a closed list, the metric label `reason`. The link itself gives the first group, the gateway the rest. */
export type LinkDownReason =
  | 'peer_terminated'
  | 'authentication_failed'
  | 'authentication_refused'
  | 'authentication_timeout'
  | 'suspended'
  | 'expired'
  | 'encryption_refused'
  | 'negotiation_failed'
  | 'keepalive_timeout'
  | 'loopback'
  | 'administrative'
  | 'idle_timeout'
  | 'session_timeout'
  | 'replaced'
  | 'user_removed'
  | 'user_changed'
  | 'no_address'
  | 'no_gre'
  | 'mppe_desync'
  | 'control_closed'
  | 'call_cleared'
  | 'control_timeout'
  | 'shutdown'
  | 'fault';

export type LinkOutput =
  /** One PPP control frame, without FF03. A probe goes out with the outer DF bit: its size is the point. */
  | { type: 'transmit'; protocol: number; information: Uint8Array; probe: boolean }
  /** Answer with conclude(), at once or later. */
  | { type: 'authenticate'; attempt: AuthenticationAttempt }
  /** CCP is up in both directions; comes once per authentication. */
  | { type: 'encrypted'; receive: MppeParameters; transmit: MppeParameters }
  /** IPCP is up and the encryption gate satisfied: IP may flow. `address` is the client's. */
  | { type: 'opened'; peersMru: number; address: number }
  /** `informationLength` is the size of the LCP packet that we sent: it arrived whole even if the reply is shorter (LCP-7). */
  | { type: 'echoReply'; identifier: number; informationLength: number; roundTrip: number; probe: boolean }
  /** LCP Identification (RFC 1570 §2.1): the client's fingerprint, printable ASCII. */
  | { type: 'identification'; text: string }
  /** A Reset-Request arrived for our stateful direction (CCP-7): flush before the next packet. */
  | { type: 'resetTransmit' }
  /** A Reset-Ack arrived for the peer's stateful direction. */
  | { type: 'resetReceived' }
  /** LCP left Opened by renegotiation (LCP-9): shut the IP gate and drop the keys. */
  | { type: 'restarted' }
  | { type: 'discarded'; reason: string }
  /** Final. `detail` is plain words with the fix, for the log. */
  | { type: 'down'; reason: LinkDownReason; detail: string };

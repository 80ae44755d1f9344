// CHAP with MS-CHAPv2, the authenticator's side (RFC 1994, RFC 2759). Never answers a challenge itself (CH-2); who may log in
// is the caller's decision, given by conclude().
import { MalformedPacket } from '../bytes/malformed.ts';
import { type ControlPacket, encodeControlPacket, equalBytes } from './control-packet.ts';
import { Protocol } from './frame.ts';
import type { Network } from './ipcp.ts';
import { getMasterKey } from './mppe-keys.ts';
import { generateAuthenticatorResponse, hashNtPasswordHash, verifyNtResponse } from './ms-chap-v2.ts';

/** RFC 1994 §4. */
export const ChapCode = { Challenge: 1, Response: 2, Success: 3, Failure: 4 } as const;

/** One Response that awaits a verdict. Both names are the peer's bytes read as UTF-8: escape them before printing. */
export interface AuthenticationAttempt {
  readonly nameAsSent: string;
  /** Without `DOMAIN\`, case as typed; `user@realm` stays whole (CH-3). */
  readonly name: string;
  /** Whether the peer knows this NT hash; in constant time. */
  matches(ntHash: Uint8Array): boolean;
}

/** Error codes of RFC 2759 §6: hours, disabled, expired, no dial-in, wrong name or password, server unavailable (CH-7). */
export type ErrorCode = 646 | 647 | 648 | 649 | 691 | 930;

export type Verdict =
  | { accepted: true; ntHash: Uint8Array; network: Network }
  | { accepted: false; errorCode: ErrorCode; reason: string };

export type ChapOutput =
  | { type: 'transmit'; protocol: number; information: Uint8Array }
  | { type: 'authenticate'; attempt: AuthenticationAttempt }
  | { type: 'authenticated'; network: Network; masterKey: Uint8Array }
  | { type: 'failed'; errorCode: ErrorCode; detail: string }
  | { type: 'timedOut' }
  | { type: 'discarded'; reason: string };

/** RFC 2759 §3, §4. */
const ChallengeLength = 16;
const ValueLength = 49;
const ReservedOffset = 16;
const NtResponseOffset = 24;
const FlagsOffset = 48;
/** RFC 2759 §4 allows 256 octets of name. */
const MaximumName = 256;
const RetransmitInterval = 3000;
const MaxChallenges = 10;
/** Many clients wait for ever for a lost Success; so often we say it again unasked. */
const MaxSuccesses = 4;

interface Response {
  readonly value: Uint8Array;
  readonly peerChallenge: Uint8Array;
  readonly ntResponse: Uint8Array;
  readonly nameAsSent: Uint8Array;
  readonly name: Uint8Array;
}

export class ChapAuthenticator {
  readonly #name: string;
  readonly #random: (size: number) => Uint8Array;
  #identifier: number;
  #challenge: Uint8Array = new Uint8Array(0);
  #state: 'Initial' | 'Challenged' | 'Deciding' | 'Concluded' = 'Initial';
  #transmissions = 0;
  #deadline = Number.POSITIVE_INFINITY;
  #response: Response | undefined;
  /** Success or Failure, for a peer that missed it (CH-8). */
  #conclusion: ControlPacket | undefined;

  constructor(name: string, random: (size: number) => Uint8Array) {
    this.#name = name;
    this.#random = random;
    this.#identifier = random(1)[0]!;
  }

  get deadline(): number {
    return this.#deadline;
  }

  /** Sends a fresh challenge; anything said about an earlier one is void (CH-2). */
  start(now: number): ChapOutput[] {
    this.#identifier = (this.#identifier + 1) & 0xff;
    this.#challenge = this.#random(ChallengeLength);
    this.#state = 'Challenged';
    this.#transmissions = 0;
    this.#response = undefined;
    this.#conclusion = undefined;
    return [this.#sendChallenge(now)];
  }

  /** LCP is gone: no Response counts any more. */
  stop(): void {
    this.#state = 'Initial';
    this.#deadline = Number.POSITIVE_INFINITY;
  }

  /** Throws MalformedPacket, caught in link.ts. */
  receive(packet: ControlPacket): ChapOutput[] {
    if (packet.code !== ChapCode.Response) return [discarded('chap_not_a_response')];
    if (this.#state === 'Initial' || packet.identifier !== this.#identifier)
      return [discarded('chap_unsolicited')];
    const response = decodeResponse(packet.data);
    if (this.#state !== 'Challenged') return [this.#repeat(response)];
    this.#state = 'Deciding';
    this.#deadline = Number.POSITIVE_INFINITY;
    this.#response = response;
    return [{ type: 'authenticate', attempt: this.#attempt(response) }];
  }

  /** The peer went on: it has our Success. */
  confirm(): void {
    if (this.#state === 'Concluded') this.#deadline = Number.POSITIVE_INFINITY;
  }

  /** The link is being terminated: the conclusion may be repeated, but nobody logs in any more. */
  finish(): void {
    if (this.#state === 'Concluded') this.confirm();
    else this.stop();
  }

  expire(now: number): ChapOutput[] {
    if (now < this.#deadline) return [];
    if (this.#state === 'Concluded') return this.#repeatSuccess(now);
    if (this.#transmissions < MaxChallenges) return [this.#sendChallenge(now)];
    this.#deadline = Number.POSITIVE_INFINITY;
    this.#state = 'Initial';
    return [{ type: 'timedOut' }];
  }

  /** The verdict on the last 'authenticate'; without one pending it does nothing. */
  conclude(verdict: Verdict, now: number): ChapOutput[] {
    const response = this.#response;
    if (this.#state !== 'Deciding' || response === undefined) return [];
    this.#state = 'Concluded';
    if (!verdict.accepted) return this.#fail(verdict.errorCode, verdict.reason);
    if (!this.#verify(response, verdict.ntHash))
      return this.#fail(691, 'the accepted hash is not the one used');
    this.#transmissions = 1;
    this.#deadline = now + RetransmitInterval;
    return this.#succeed(response, verdict.ntHash, verdict.network);
  }

  #sendChallenge(now: number): ChapOutput {
    this.#transmissions++;
    this.#deadline = now + RetransmitInterval;
    const name = Uint8Array.from(this.#name, (character) => character.charCodeAt(0));
    const data = Uint8Array.of(ChallengeLength, ...this.#challenge, ...name);
    return transmit({ code: ChapCode.Challenge, identifier: this.#identifier, data });
  }

  #repeatSuccess(now: number): ChapOutput[] {
    this.#transmissions++;
    this.#deadline = this.#transmissions < MaxSuccesses ? now + RetransmitInterval : Number.POSITIVE_INFINITY;
    return this.#conclusion === undefined ? [] : [transmit(this.#conclusion)];
  }

  #attempt(response: Response): AuthenticationAttempt {
    return {
      nameAsSent: text(response.nameAsSent),
      name: text(response.name),
      matches: (ntHash) => this.#verify(response, ntHash),
    };
  }

  #verify({ ntResponse, peerChallenge, name }: Response, ntHash: Uint8Array): boolean {
    return verifyNtResponse(ntResponse, this.#challenge, peerChallenge, name, ntHash);
  }

  #repeat(response: Response): ChapOutput {
    if (this.#conclusion === undefined) return discarded('chap_awaits_verdict');
    const isSame = equalBytes(response.value, this.#response!.value);
    return isSame ? transmit(this.#conclusion) : discarded('chap_challenge_used');
  }

  /** Nothing but `S=` and 40 digits: Windows 98 takes a message for an encryption error (CH-5). */
  #succeed(response: Response, ntHash: Uint8Array, network: Network): ChapOutput[] {
    const { ntResponse, peerChallenge, name } = response;
    const proof = generateAuthenticatorResponse(ntHash, ntResponse, peerChallenge, this.#challenge, name);
    const masterKey = getMasterKey(hashNtPasswordHash(ntHash), ntResponse);
    return [this.#conclude(ChapCode.Success, proof), { type: 'authenticated', network, masterKey }];
  }

  /** No `M=`: Mac OS X 10.4 hangs on it. R=0: one try per connection (CH-5, CH-6). */
  #fail(errorCode: ErrorCode, detail: string): ChapOutput[] {
    const challenge = Array.from(this.#random(ChallengeLength), (byte) => byte.toString(16).padStart(2, '0'));
    const message = `E=${errorCode} R=0 C=${challenge.join('').toUpperCase()} V=3`;
    return [this.#conclude(ChapCode.Failure, message), { type: 'failed', errorCode, detail }];
  }

  #conclude(code: number, message: string): ChapOutput {
    const data = Uint8Array.from(message, (character) => character.charCodeAt(0));
    this.#conclusion = { code, identifier: this.#identifier, data };
    return transmit(this.#conclusion);
  }
}

/** RFC 2759 §4; the flags are not looked at, Windows 98 sets 0x04 (CH-1). */
function decodeResponse(data: Uint8Array): Response {
  if (data[0] !== ValueLength || data.length < 1 + ValueLength)
    throw new MalformedPacket('chap', 'response_size');
  const value = data.subarray(1, 1 + ValueLength);
  const reserved = value.subarray(ReservedOffset, NtResponseOffset);
  if (reserved.some((byte) => byte !== 0)) throw new MalformedPacket('chap', 'response_reserved');
  const nameAsSent = data.subarray(1 + ValueLength);
  if (nameAsSent.length > MaximumName) throw new MalformedPacket('chap', 'name_too_long');
  return {
    value,
    peerChallenge: value.subarray(0, ReservedOffset),
    ntResponse: value.subarray(NtResponseOffset, FlagsOffset),
    nameAsSent,
    name: nameAsSent.subarray(nameAsSent.indexOf(0x5c) + 1),
  };
}

function text(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

function transmit(packet: ControlPacket): ChapOutput {
  return { type: 'transmit', protocol: Protocol.CHAP, information: encodeControlPacket(packet) };
}

function discarded(reason: string): ChapOutput {
  return { type: 'discarded', reason };
}

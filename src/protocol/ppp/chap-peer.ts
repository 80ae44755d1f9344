// CHAP with MS-CHAPv2, the client's side (RFC 1994, RFC 2759): answers challenges with an NT hash and checks that the server
// knows it too. Used by our own client only.
import { MalformedPacket } from '../bytes/malformed.ts';
import { ChapCode } from './chap.ts';
import { type ControlPacket, encodeControlPacket } from './control-packet.ts';
import { Protocol } from './frame.ts';
import { getMasterKey } from './mppe-keys.ts';
import { checkAuthenticatorResponse, generateNtResponse, hashNtPasswordHash } from './ms-chap-v2.ts';

export interface Credentials {
  readonly username: string;
  /** RFC 2759 §8.3: 16 bytes. */
  readonly ntHash: Uint8Array;
}

export type ChapPeerOutput =
  | { type: 'transmit'; protocol: number; information: Uint8Array }
  | { type: 'authenticated'; masterKey: Uint8Array }
  | { type: 'failed'; detail: string }
  | { type: 'discarded'; reason: string };

interface Exchange {
  readonly identifier: number;
  readonly challenge: Uint8Array;
  readonly peerChallenge: Uint8Array;
  readonly ntResponse: Uint8Array;
}

const ChallengeLength = 16;
/** Peer challenge, eight zeros, NT response, flags (RFC 2759 §4). */
const ValueLength = 49;
/** The last reason an authenticator may give, as its text: `E=691 …`. */
const errors: Readonly<Record<string, string>> = {
  646: 'not allowed at this hour',
  647: 'the account is disabled',
  648: 'the password expired',
  649: 'no permission to dial in',
  691: 'wrong user name or password',
  930: "the server's user source is unavailable",
};

export class ChapPeer {
  readonly #credentials: Credentials;
  readonly #random: (size: number) => Uint8Array;
  #exchange: Exchange | undefined;
  #isProven = false;

  constructor(credentials: Credentials, random: (size: number) => Uint8Array) {
    this.#credentials = credentials;
    this.#random = random;
  }

  /** Throws MalformedPacket. */
  receive(packet: ControlPacket): ChapPeerOutput[] {
    switch (packet.code) {
      case ChapCode.Challenge:
        return [this.#answer(packet)];
      case ChapCode.Success:
        return [this.#succeed(packet)];
      case ChapCode.Failure:
        return [this.#fail(packet)];
      default:
        return [discarded('chap_unsolicited')];
    }
  }

  /** The same challenge gets the same response, so that a lost one costs nothing. */
  #answer({ identifier, data }: ControlPacket): ChapPeerOutput {
    if (data[0] !== ChallengeLength || data.length < 1 + ChallengeLength) {
      throw new MalformedPacket('chap', 'challenge_size');
    }
    if (this.#exchange?.identifier !== identifier) {
      this.#exchange = this.#respond(identifier, data.slice(1, 1 + ChallengeLength));
      this.#isProven = false;
    }
    const { peerChallenge, ntResponse } = this.#exchange;
    const value = new Uint8Array(1 + ValueLength);
    value[0] = ValueLength;
    value.set(peerChallenge, 1);
    value.set(ntResponse, 1 + 24);
    const response = Uint8Array.of(...value, ...this.#username());
    const information = encodeControlPacket({ code: ChapCode.Response, identifier, data: response });
    return { type: 'transmit', protocol: Protocol.CHAP, information };
  }

  #respond(identifier: number, challenge: Uint8Array): Exchange {
    const peerChallenge = this.#random(ChallengeLength);
    const { ntHash } = this.#credentials;
    const ntResponse = generateNtResponse(challenge, peerChallenge, this.#hashedName(), ntHash);
    return { identifier, challenge, peerChallenge, ntResponse };
  }

  #succeed({ identifier, data }: ControlPacket): ChapPeerOutput {
    const exchange = this.#exchange;
    if (exchange?.identifier !== identifier || this.#isProven) return discarded('chap_unsolicited');
    const { challenge, peerChallenge, ntResponse } = exchange;
    const { ntHash } = this.#credentials;
    const proof = text(data).slice(0, 42);
    if (
      !checkAuthenticatorResponse(ntHash, ntResponse, peerChallenge, challenge, this.#hashedName(), proof)
    ) {
      return {
        type: 'failed',
        detail: 'the server does not know the password: it is not the server it claims to be',
      };
    }
    this.#isProven = true;
    return { type: 'authenticated', masterKey: getMasterKey(hashNtPasswordHash(ntHash), ntResponse) };
  }

  #fail({ identifier, data }: ControlPacket): ChapPeerOutput {
    if (this.#exchange?.identifier !== identifier) return discarded('chap_unsolicited');
    const code = /^E=(\d+)/.exec(text(data))?.[1] ?? '';
    return { type: 'failed', detail: `login refused (${code}): ${errors[code] ?? 'no reason given'}` };
  }

  #username(): Uint8Array {
    return new TextEncoder().encode(this.#credentials.username);
  }

  /** Without `DOMAIN\` (CH-3). */
  #hashedName(): Uint8Array {
    const name = this.#username();
    return name.subarray(name.indexOf(0x5c) + 1);
  }
}

function text(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
}

function discarded(reason: string): ChapPeerOutput {
  return { type: 'discarded', reason };
}

// One server link for tests: fixed randomness, one user, frames in the notation of ppp-notation.ts. It answers
// 'authenticate' at once and turns every output into a line.

import type { AuthenticationAttempt, Verdict } from '../../src/protocol/ppp/chap.ts';
import { type Frame, Protocol } from '../../src/protocol/ppp/frame.ts';
import { type Link, type LinkOptions, Link as PppLink } from '../../src/protocol/ppp/link.ts';
import type { LinkOutput, MppeParameters } from '../../src/protocol/ppp/link-output.ts';
import { generateNtResponse, ntPasswordHash } from '../../src/protocol/ppp/ms-chap-v2.ts';
import { describeFrame, parseFrame } from './ppp-notation.ts';

export const password = 'correct horse';
export const ntHash = ntPasswordHash(password);
export const network = { address: 0x0a4d0002, gatewayAddress: 0x0a4d0001, dns: [0x0a4d0001], wins: [] };

export const required = { policy: 'Required', keyLengths: [128], stateless: 'Required' } as const;

/** Bytes that differ from call to call and are the same in every run. */
export function countingRandom(): (size: number) => Uint8Array {
  let state = 1;
  return (size) =>
    Uint8Array.from({ length: size }, () => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return state >>> 24;
    });
}

export class LinkBench {
  readonly link: Link;
  readonly outputs: LinkOutput[] = [];
  readonly #user: string;
  readonly #verdict: Verdict;
  #challenge: Uint8Array = new Uint8Array(0);
  now = 0;

  constructor(options: Partial<LinkOptions> = {}, user = 'alice', verdict?: Verdict) {
    this.#user = user;
    this.#verdict = verdict ?? { accepted: true, ntHash, network };
    this.link = new PppLink({
      name: 'vpn',
      mru: 1500,
      encryption: required,
      keepaliveInterval: 0,
      random: countingRandom(),
      ...options,
    });
  }

  open(): string[] {
    return this.take(this.link.open(this.now));
  }

  /** Opens, authenticates and encrypts, up to 'opened'; the peer's magic number is 0a0b0c0d, its MRU 1400. */
  establish(): this {
    let lines = this.open();
    const own = ['LCP mru=1400 magic=0a0b0c0d', 'CCP mppe=01000040', 'IPCP address=10.77.0.2'];
    while (lines.length > 0) {
      lines = lines.flatMap((line) => {
        const [, protocol, code, id, rest = ''] = /^< (\w+) (\S+) (\d+)(.*)$/.exec(line) ?? [];
        if (code === 'Challenge') return this.receive(`CHAP Response ${id} user=alice`);
        if (code !== 'Configure-Request') return [];
        const wish = own.find((words) => words.startsWith(`${protocol} `))?.slice(protocol!.length);
        return [
          ...this.receive(`${protocol} Configure-Ack ${id}${rest}`),
          ...this.receive(`${protocol} Configure-Request 1${wish}`),
        ];
      });
    }
    this.now += 5000;
    return this;
  }

  /** A frame in words; `CHAP Response 5 user=alice password=…` is worked out from the challenge seen last. */
  receive(text: string): string[] {
    return this.receiveFrame(text.startsWith('CHAP Response') ? this.#response(text) : parseFrame(text));
  }

  receiveFrame({ protocol, information }: Frame): string[] {
    return this.take(this.link.receive(protocol, information, this.now));
  }

  /** Lets time pass, deadline by deadline. */
  pass(milliseconds: number): string[] {
    const until = this.now + milliseconds;
    const lines: string[] = [];
    while (this.link.deadline <= until) {
      this.now = Math.max(this.now, this.link.deadline);
      lines.push(...this.take(this.link.expire(this.now)));
    }
    this.now = until;
    return lines;
  }

  take(outputs: readonly LinkOutput[]): string[] {
    return outputs.flatMap((output) => {
      this.outputs.push(output);
      if (output.type !== 'authenticate') return [this.#describe(output)];
      const verdict = this.#decide(output.attempt);
      const line = `= authenticate ${JSON.stringify(output.attempt.nameAsSent)} ${output.attempt.name}`;
      return [line, ...this.take(this.link.conclude(verdict, this.now))];
    });
  }

  #decide(attempt: AuthenticationAttempt): Verdict {
    if (!this.#verdict.accepted) return this.#verdict;
    const isKnown = attempt.name === this.#user && attempt.matches(this.#verdict.ntHash);
    return isKnown
      ? this.#verdict
      : { accepted: false, errorCode: 691, reason: 'wrong user name or password' };
  }

  #response(text: string): Frame {
    const word = (name: string) => new RegExp(` ${name}="?([^" ]*)`).exec(text)?.[1];
    const name = new TextEncoder().encode(word('user') ?? '');
    const peerChallenge = Uint8Array.from({ length: 16 }, (_, index) => index + 1);
    const hashed = name.subarray(name.indexOf(0x5c) + 1);
    const hash = ntPasswordHash(word('password') ?? password);
    const value = new Uint8Array(50 + name.length);
    value[0] = 49;
    value.set(peerChallenge, 1);
    value.set(generateNtResponse(this.#challenge, peerChallenge, hashed, hash), 25);
    value[49] = Number.parseInt(word('flags') ?? '0', 16);
    value.set(name, 50);
    const identifier = Number(/Response (\d+)/.exec(text)?.[1]);
    return {
      protocol: Protocol.CHAP,
      information: Uint8Array.of(2, identifier, 0, 4 + value.length, ...value),
    };
  }

  #describe(output: Exclude<LinkOutput, { type: 'authenticate' }>): string {
    switch (output.type) {
      case 'transmit':
        if (output.protocol === Protocol.CHAP && output.information[0] === 1) {
          this.#challenge = output.information.slice(5, 21);
        }
        return `< ${describeFrame(output)}`;
      case 'encrypted':
        return `= encrypted receive=${describeMppe(output.receive)} transmit=${describeMppe(output.transmit)}`;
      case 'opened':
        return `= opened mru=${output.peersMru} address=${describeAddress(output.address)}`;
      case 'down':
        return `= down ${output.reason}: ${output.detail}`;
      case 'discarded':
        return `= discarded ${output.reason}`;
      case 'identification':
        return `= identification "${output.text}"`;
      case 'echoReply':
        return `= echoReply ${output.identifier} length=${output.informationLength} after=${output.roundTrip}`;
      default:
        return `= ${output.type}`;
    }
  }
}

function describeMppe({ keyLength, stateless }: MppeParameters): string {
  return `${keyLength}-${stateless ? 'stateless' : 'stateful'}`;
}

function describeAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 0xff).join('.');
}

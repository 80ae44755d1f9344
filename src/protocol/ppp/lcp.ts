// LCP's options (RFC 1661 §6): what we ask, accept and refuse. Echo, renegotiation and termination are link.ts's matter.
import { Code, equalBytes } from './control-packet.ts';
import type { ControlProtocol, Judgement, Refusal } from './control-protocol.ts';
import { Protocol } from './frame.ts';
import { numberOption, type Option, optionNumber } from './option.ts';

/** RFC 1661 §6; all other types are rejected, callback, MRRU, endpoint and quality among them (LCP-1). */
const Type = {
  MRU: 1,
  ACCM: 2,
  Authentication: 3,
  Magic: 5,
  ProtocolFieldCompression: 7,
  AddressAndControlFieldCompression: 8,
} as const;

/** RFC 1661 §6.1: in force when the peer asks for nothing. */
export const DefaultMru = 1500;
/** Below this no useful packet of any protocol fits. */
const MinimumMru = 128;
/** CHAP with algorithm 0x81, MS-CHAPv2 (RFC 2759 §2): the only authentication ever offered or given (LCP-5). */
const msChapV2 = Uint8Array.of(Protocol.CHAP >>> 8, Protocol.CHAP & 0xff, 0x81);
/** How often we repeat the demand before we take a Nak for a refusal. */
const AuthenticationInsistence = 5;
/** Our own Configure-Request so often received back cannot be chance (RFC 1661 §6.4). */
const LoopbackRequests = 3;

export const authenticationRefused = 'authentication protocol refused';
export const loopback = 'loopback';

export interface LcpConfiguration {
  readonly mru: number;
  /** The authenticator demands MS-CHAPv2; the peer grants it. */
  readonly role: 'authenticator' | 'peer';
  readonly random: (size: number) => Uint8Array;
}

export class LcpOptions implements ControlProtocol {
  readonly name = 'LCP';
  readonly protocol = Protocol.LCP;
  readonly extendedCodes = [
    Code.ProtocolReject,
    Code.EchoRequest,
    Code.EchoReply,
    Code.DiscardRequest,
    Code.Identification,
    Code.TimeRemaining,
  ];
  readonly #configuration: LcpConfiguration;
  #mru: number | undefined;
  #magicNumber = 0;
  #authenticationNaks = 0;
  #ownRequestsSeen = 0;
  #peersMru = DefaultMru;
  #peersMagicNumber = 0;

  constructor(configuration: LcpConfiguration) {
    this.#configuration = configuration;
  }

  /** What the peer can receive, never more than we accept ourselves; bounds what we send (LCP-4). */
  get peersMru(): number {
    return Math.min(this.#peersMru, Math.max(this.#configuration.mru, MinimumMru));
  }

  /** Ours, or 0 when the peer rejected the option (RFC 1661 §6.4). */
  get magicNumber(): number {
    return this.#magicNumber;
  }

  /** The peer's, or 0 when it did not ask for one. */
  get peersMagicNumber(): number {
    return this.#peersMagicNumber;
  }

  /** Set once the peer sent our own Configure-Request back too often. */
  get isLoopedBack(): boolean {
    return this.#ownRequestsSeen >= LoopbackRequests;
  }

  begin(): void {
    this.#mru = this.#configuration.mru;
    this.#magicNumber = this.#newMagicNumber();
    this.#authenticationNaks = 0;
    this.#ownRequestsSeen = 0;
    this.#peersMru = DefaultMru;
    this.#peersMagicNumber = 0;
  }

  ask(): Option[] {
    const options: Option[] = [];
    if (this.#mru !== undefined) options.push(numberOption(Type.MRU, this.#mru, 2));
    if (this.#configuration.role === 'authenticator')
      options.push({ type: Type.Authentication, data: msChapV2 });
    if (this.#magicNumber !== 0) options.push(numberOption(Type.Magic, this.#magicNumber, 4));
    return options;
  }

  judge(options: readonly Option[]): Judgement {
    if (this.#isOurOwn(options)) this.#ownRequestsSeen++;
    const rejected = options.filter((option) => this.#isUnknown(option));
    if (rejected.length > 0) return { verdict: 'reject', options: rejected };
    const naks = options.flatMap((option) => this.#counterProposal(option) ?? []);
    return naks.length > 0 ? { verdict: 'nak', options: naks } : { verdict: 'ack' };
  }

  grant(options: readonly Option[]): void {
    this.#peersMru = numberIn(options, Type.MRU, 2) ?? DefaultMru;
    this.#peersMagicNumber = numberIn(options, Type.Magic, 4) ?? 0;
  }

  onNak(options: readonly Option[]): Refusal | undefined {
    for (const option of options) {
      if (option.type === Type.MRU) this.#mru = this.#smallerMru(option);
      if (option.type === Type.Magic) this.#magicNumber = this.#newMagicNumber();
      if (option.type === Type.Authentication) this.#authenticationNaks++;
    }
    return this.#authenticationNaks > AuthenticationInsistence ? authenticationRefused : undefined;
  }

  onReject(options: readonly Option[]): Refusal | undefined {
    for (const option of options) {
      if (option.type === Type.MRU) this.#mru = undefined;
      if (option.type === Type.Magic) this.#magicNumber = 0;
      if (option.type === Type.Authentication) return authenticationRefused;
    }
    return undefined;
  }

  /** A Nak that repeats our own value comes from Windows 2000 and means that it will not have the option (LCP-4). */
  #smallerMru(option: Option): number | undefined {
    const proposed = optionNumber(option, 2);
    if (proposed === undefined || proposed < MinimumMru || proposed >= this.#configuration.mru)
      return undefined;
    return proposed;
  }

  /** Options of a length that is not theirs are unknown too. We authenticate ourselves to no client (CH-2). */
  #isUnknown({ type, data }: Option): boolean {
    switch (type) {
      case Type.MRU:
        return data.length !== 2;
      case Type.ACCM:
      case Type.Magic:
        return data.length !== 4;
      case Type.ProtocolFieldCompression:
      case Type.AddressAndControlFieldCompression:
        return data.length !== 0;
      case Type.Authentication:
        return this.#configuration.role === 'authenticator' || data.length < 2;
      default:
        return true;
    }
  }

  /** Our magic number: a collision once in 2^32, else a loop. With our demand for authentication it is certain. */
  #isOurOwn(options: readonly Option[]): boolean {
    if (this.#magicNumber === 0 || numberIn(options, Type.Magic, 4) !== this.#magicNumber) return false;
    const demand = options.find((option) => option.type === Type.Authentication);
    if (demand !== undefined && equalBytes(demand.data, msChapV2)) this.#ownRequestsSeen = LoopbackRequests;
    return true;
  }

  #counterProposal(option: Option): Option | undefined {
    switch (option.type) {
      case Type.MRU:
        return optionNumber(option, 2)! < MinimumMru ? numberOption(Type.MRU, DefaultMru, 2) : undefined;
      case Type.Magic:
        return this.#judgeMagic(optionNumber(option, 4)!);
      case Type.Authentication:
        return equalBytes(option.data, msChapV2) ? undefined : { type: Type.Authentication, data: msChapV2 };
      default:
        return undefined;
    }
  }

  /** Zero is illegal, and our own number is a collision or a loop: both get another one (LCP-6, RFC 1661 §6.4). */
  #judgeMagic(magicNumber: number): Option | undefined {
    if (magicNumber !== 0 && magicNumber !== this.#magicNumber) return undefined;
    return numberOption(Type.Magic, this.#newMagicNumber(), 4);
  }

  /** Never zero, which would mean that there is none. */
  #newMagicNumber(): number {
    const number = optionNumber({ type: Type.Magic, data: this.#configuration.random(4) }, 4) ?? 0;
    return number === 0 ? 1 : number;
  }
}

function numberIn(options: readonly Option[], type: number, size: 2 | 4): number | undefined {
  const option = options.find((candidate) => candidate.type === type);
  return option === undefined ? undefined : optionNumber(option, size);
}

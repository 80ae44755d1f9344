// CCP's one option that matters, MPPE (RFC 3078 §2.1): what is offered, accepted and refused in each direction by policy.
// When CCP must be up, and what follows when it is not, is encryption-gate.ts's matter.
import { Code } from './control-packet.ts';
import type { ControlProtocol, Judgement, Refusal } from './control-protocol.ts';
import { Protocol } from './frame.ts';
import type { KeyLength } from './mppe-keys.ts';
import { numberOption, type Option, optionNumber } from './option.ts';

/** RFC 3078 §2.1: option type 18, four bytes of supported bits (CCP-1). */
export const MppeType = 18;
export const MppeBit = {
  Stateless: 0x0100_0000,
  Key56: 0x80,
  Key128: 0x40,
  Key40: 0x20,
  Obsolete: 0x10,
  Compression: 0x01,
} as const;

/** Strongest first: of several this is the order in which we choose (CCP-3). */
const strengths: readonly { keyLength: KeyLength; bit: number }[] = [
  { keyLength: 128, bit: MppeBit.Key128 },
  { keyLength: 56, bit: MppeBit.Key56 },
  { keyLength: 40, bit: MppeBit.Key40 },
];
/** How often we let a Nak move us; a peer that keeps changing its mind is held to our first wish (CCP-4). */
const Concessions = 2;
/** Naks that offer nothing we may take. */
const Insistence = 5;

export interface EncryptionPolicy {
  readonly policy: 'Required' | 'Optional' | 'Disabled';
  readonly keyLengths: readonly KeyLength[];
  readonly stateless: 'Required' | 'Preferred';
}

/** What one direction agreed on. */
export interface MppeChoice {
  keyLength: KeyLength;
  isStateless: boolean;
}

export class CcpOptions implements ControlProtocol {
  readonly name = 'CCP';
  readonly protocol = Protocol.CCP;
  readonly extendedCodes = [Code.ResetRequest, Code.ResetAck];
  readonly #policy: EncryptionPolicy;
  readonly #allowed: typeof strengths;
  #asked: MppeChoice | undefined;
  /** The first request names every key length we allow; a Nak picks one (RFC 3078 §2.1). */
  #offersAll = true;
  #granted: MppeChoice | undefined;
  #concessions = 0;
  #naksOfPeer = 0;
  #isStatefulRefused = false;
  #peersBest = 'nothing';

  constructor(policy: EncryptionPolicy) {
    this.#policy = policy;
    this.#allowed = strengths.filter(({ keyLength }) => policy.keyLengths.includes(keyLength));
  }

  /** Our receive direction once the peer acked (CCP-6). */
  get asked(): MppeChoice | undefined {
    return this.#asked;
  }

  /** Our transmit direction once we acked (CCP-6). */
  get granted(): MppeChoice | undefined {
    return this.#granted;
  }

  /** What the peer offered last, for the report of a refusal: `MPPE-40 stateful`. */
  get peersOffer(): string {
    return this.#peersBest;
  }

  begin(): void {
    this.#asked = this.#preferred();
    this.#offersAll = true;
    this.#granted = undefined;
    this.#concessions = 0;
    this.#naksOfPeer = 0;
    this.#isStatefulRefused = false;
  }

  ask(): Option[] {
    if (this.#asked === undefined) return [];
    if (!this.#offersAll) return [encodeChoice(this.#asked)];
    const bits = this.#allowed.reduce<number>((sum, { bit }) => sum | bit, MppeBit.Stateless);
    return [numberOption(MppeType, bits, 4)];
  }

  judge(options: readonly Option[]): Judgement {
    const rejected = options.filter((option) => option.type !== MppeType);
    if (rejected.length > 0) return { verdict: 'reject', options: rejected };
    const bits = options.length > 0 ? (optionNumber(options[0]!, 4) ?? 0) : 0;
    this.#peersBest = describeBits(bits);
    if (options.length === 0 && this.#policy.policy === 'Optional') return { verdict: 'ack' };
    const choice = this.#choose(bits);
    const answer = encodeChoice(choice);
    if (bits === optionNumber(answer, 4)) return { verdict: 'ack' };
    this.#isStatefulRefused ||= choice.isStateless;
    return { verdict: 'nak', options: [answer] };
  }

  grant(options: readonly Option[]): void {
    this.#granted = options[0] === undefined ? undefined : decodeChoice(optionNumber(options[0], 4) ?? 0);
  }

  onNak(options: readonly Option[]): Refusal | undefined {
    const bits = options[0] === undefined ? 0 : (optionNumber(options[0], 4) ?? 0);
    this.#peersBest = describeBits(bits);
    this.#offersAll = false;
    const proposed = this.#acceptable(bits);
    if (proposed !== undefined && this.#concessions < Concessions) {
      this.#concessions++;
      this.#asked = proposed;
      return undefined;
    }
    this.#asked = this.#preferred();
    this.#naksOfPeer++;
    return this.#naksOfPeer > Insistence ? 'every offer was refused' : undefined;
  }

  onReject(options: readonly Option[]): Refusal | undefined {
    if (options.length === 0) return undefined;
    this.#asked = undefined;
    return this.#policy.policy === 'Required' ? 'MPPE was rejected' : undefined;
  }

  #preferred(): MppeChoice | undefined {
    const strongest = this.#allowed[0];
    return strongest === undefined ? undefined : { keyLength: strongest.keyLength, isStateless: true };
  }

  /** Exactly one strength, the strongest that both allow, else ours; never C, D or a reserved bit (CCP-3). */
  #choose(bits: number): MppeChoice {
    const common = this.#allowed.find(({ bit }) => bits & bit) ?? this.#allowed[0] ?? strengths[0]!;
    return { keyLength: common.keyLength, isStateless: this.#insistsOnStateless(bits) };
  }

  /** Preferred: one Nak asks for stateless, then stateful is granted. */
  #insistsOnStateless(bits: number): boolean {
    if (bits & MppeBit.Stateless || this.#policy.stateless === 'Required') return true;
    return !this.#isStatefulRefused;
  }

  #acceptable(bits: number): MppeChoice | undefined {
    const strongest = this.#allowed.find(({ bit }) => bits & bit);
    const isStateless = (bits & MppeBit.Stateless) !== 0;
    if (strongest === undefined || (!isStateless && this.#policy.stateless === 'Required')) return undefined;
    return { keyLength: strongest.keyLength, isStateless };
  }
}

export function encodeChoice({ keyLength, isStateless }: MppeChoice): Option {
  const { bit } = strengths.find((strength) => strength.keyLength === keyLength)!;
  return numberOption(MppeType, bit + (isStateless ? MppeBit.Stateless : 0), 4);
}

/** The strongest key the bits name, whatever else they say; undefined when they name none. */
export function decodeChoice(bits: number): MppeChoice | undefined {
  const strongest = strengths.find(({ bit }) => bits & bit);
  if (strongest === undefined) return undefined;
  return { keyLength: strongest.keyLength, isStateless: (bits & MppeBit.Stateless) !== 0 };
}

/** `MPPE-128 stateless`, `compression (MPPC) only`, `no encryption`. */
export function describeBits(bits: number): string {
  const lengths = strengths.filter(({ bit }) => bits & bit).map(({ keyLength }) => keyLength);
  if (lengths.length === 0) return bits & MppeBit.Compression ? 'compression (MPPC) only' : 'no encryption';
  return `MPPE-${lengths.join('/')} ${bits & MppeBit.Stateless ? 'stateless' : 'stateful'}`;
}

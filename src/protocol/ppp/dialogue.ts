// What the two ends of a negotiation have asked and answered so far: our outstanding Configure-Request, the peer's last acked
// one, and how often each side was refused (RFC 1661 §5.1 to §5.4). Knows no states and no timers.
import {
  Code,
  ControlHeaderLength,
  type ControlPacket,
  encodeControlPacket,
  equalBytes,
} from './control-packet.ts';
import type { ControlProtocol, Judgement, Refusal } from './control-protocol.ts';
import { decodeOptions, encodeOptions, type Option, optionLength } from './option.ts';

/** RFC 1661 §4.6. */
const MaxFailure = 5;
/** Our bounds on a dialogue that moves but never ends (CP-1): refusals of the peer, and our requests, since it began. */
const MaxRefusals = 8;
const MaxRequests = 10;
/** A reply never exceeds this, whatever MRU the peer claims (CP-2). */
const MaximumReply = 1500;

/** The peer's Configure-Request with what we think of it. */
export interface Request {
  readonly packet: ControlPacket;
  readonly options: readonly Option[];
  readonly judgement: Judgement;
}

/** What the peer's Ack, Nak or Reject means: `stale` ones are silently discarded. */
export type Answer = 'acked' | 'refused' | 'stale';

/** `impasse`: the peer keeps asking for what Max-Failure Naks did not talk it out of; the protocol's owner decides. */
export type Deadlock = { type: 'impasse' } | { type: 'refused'; reason: Refusal };

export class Dialogue {
  readonly #protocol: ControlProtocol;
  readonly #peersMru: () => number;
  #identifier = 0;
  #asked: Option[] = [];
  #isAnswered = true;
  #acked: Uint8Array | undefined;
  #naksSent = 0;
  #refusals = 0;
  #requests = 0;
  #deadlock: Deadlock | undefined;

  constructor(protocol: ControlProtocol, peersMru: () => number) {
    this.#protocol = protocol;
    this.#peersMru = peersMru;
  }

  /** Why it makes no sense to go on, said once. */
  takeDeadlock(): Deadlock | undefined {
    const deadlock = this.#deadlock;
    this.#deadlock = undefined;
    return deadlock;
  }

  begin(): void {
    this.#protocol.begin();
    this.#acked = undefined;
    this.#naksSent = 0;
    this.#refusals = 0;
    this.#requests = 0;
    this.#deadlock = undefined;
  }

  /** Our Configure-Request; a repeated one keeps identifier and content, so that an answer to either copy counts. */
  ask(kind: 'new' | 'repeated'): ControlPacket {
    if (kind === 'new' || this.#isAnswered) {
      this.#identifier = (this.#identifier + 1) & 0xff;
      this.#asked = this.#protocol.ask();
      this.#isAnswered = false;
    }
    this.#requests++;
    this.#checkProgress();
    return { code: Code.ConfigureRequest, identifier: this.#identifier, data: encodeOptions(this.#asked) };
  }

  /** Throws MalformedPacket. */
  judge(packet: ControlPacket): Request {
    const options = decodeOptions(packet.data);
    return {
      packet,
      options,
      judgement: this.#insist(options, judgeWithoutDuplicates(this.#protocol, options)),
    };
  }

  /** Reads the answer to our request: one that does not fit it is stale (RFC 1661 §5.2 to §5.4). Throws MalformedPacket. */
  hear(packet: ControlPacket): Answer {
    if (this.#isAnswered || packet.identifier !== this.#identifier) return 'stale';
    if (packet.code === Code.ConfigureAck) {
      if (!equalBytes(packet.data, encodeOptions(this.#asked))) return 'stale';
      this.#isAnswered = true;
      return 'acked';
    }
    const options = decodeOptions(packet.data).filter(isAmong(this.#asked));
    this.#isAnswered = true;
    const isNak = packet.code === Code.ConfigureNak;
    const reason = isNak ? this.#protocol.onNak(options) : this.#protocol.onReject(options);
    if (reason !== undefined) this.#deadlock = { type: 'refused', reason };
    return 'refused';
  }

  acknowledge({ packet, options }: Pick<Request, 'packet' | 'options'>): ControlPacket {
    this.#acked = packet.data;
    this.#protocol.grant(options);
    return { code: Code.ConfigureAck, identifier: packet.identifier, data: packet.data };
  }

  /** The Configure-Nak or Configure-Reject, as much of it as the peer can receive (CP-2). */
  refuse(packet: ControlPacket, verdict: 'nak' | 'reject', options: readonly Option[]): ControlPacket {
    this.#refusals++;
    if (verdict === 'nak') this.#naksSent++;
    else if (this.#naksSent >= MaxFailure) this.#deadlock = this.#judgeImpasse(options);
    this.#checkProgress();
    const code = verdict === 'nak' ? Code.ConfigureNak : Code.ConfigureReject;
    return { code, identifier: packet.identifier, data: encodeOptions(this.#fit(options)) };
  }

  /** Whether this Configure-Request asks for exactly what we acked last: then our Ack was lost. */
  isRepeated(packet: ControlPacket): boolean {
    return this.#acked !== undefined && equalBytes(this.#acked, packet.data);
  }

  /** RFC 1661 §5.6: the rejected packet, cut to the peer's MRU. */
  rejected(packet: ControlPacket): Uint8Array {
    return encodeControlPacket(packet).subarray(0, this.#room());
  }

  /** After Max-Failure Naks the same wishes are rejected (RFC 1661 §4.6); what we appended is then not asked for again. */
  #insist(options: readonly Option[], judgement: Judgement): Judgement {
    if (judgement.verdict !== 'nak' || this.#naksSent < MaxFailure) return judgement;
    const refused = options.filter(isAmong(judgement.options));
    return refused.length > 0 ? { verdict: 'reject', options: refused } : { verdict: 'ack' };
  }

  #judgeImpasse(options: readonly Option[]): Deadlock {
    const reason = this.#protocol.onImpasse?.(options);
    return reason === undefined ? { type: 'impasse' } : { type: 'refused', reason };
  }

  #checkProgress(): void {
    const isMoving = this.#refusals <= MaxRefusals && this.#requests <= MaxRequests;
    if (isMoving || this.#deadlock?.type === 'refused') return;
    this.#deadlock = { type: 'refused', reason: `${this.#protocol.name} does not converge` };
  }

  /** As many options as the peer can receive; the rest is refused in the next round. */
  #fit(options: readonly Option[]): Option[] {
    let room = this.#room();
    const fitting: Option[] = [];
    for (const option of options) {
      room -= optionLength(option);
      if (room >= 0) fitting.push(option);
    }
    return fitting;
  }

  #room(): number {
    return Math.min(this.#peersMru(), MaximumReply) - ControlHeaderLength;
  }
}

/** The second option of a type is rejected rather than allowed to overrule the first (CP-4). */
function judgeWithoutDuplicates(protocol: ControlProtocol, options: readonly Option[]): Judgement {
  const duplicates = options.filter((option, index) => isAmong(options.slice(0, index))(option));
  return duplicates.length > 0 ? { verdict: 'reject', options: duplicates } : protocol.judge(options);
}

/** By type: options that nobody sent are ignored (CP-4). */
function isAmong(known: readonly Option[]): (option: Option) => boolean {
  return (option) => known.some(({ type }) => type === option.type);
}

// The interpreter of the automaton (RFC 1661 §4): identifiers, restart timer and counters, and the classification of
// packets into events. Neutral as to role and protocol: what is asked for and agreed to is the ControlProtocol's matter.
import { MalformedPacket } from '../bytes/malformed.ts';
import { type Action, type Event, type State, transition } from './automaton.ts';
import {
  Code,
  ControlHeaderLength,
  type ControlPacket,
  encodeControlPacket,
  equalBytes,
} from './control-packet.ts';
import type { ControlProtocol, Judgement, Refusal } from './control-protocol.ts';
import { decodeOptions, encodeOptions, type Option, optionLength } from './option.ts';

export type NegotiationOutput =
  | { type: 'transmit'; protocol: number; information: Uint8Array }
  | { type: 'up' }
  | { type: 'down' }
  | { type: 'finished' }
  | { type: 'extended'; packet: ControlPacket }
  | { type: 'codeRejected'; code: number }
  | { type: 'impasse' }
  | { type: 'refused'; reason: Refusal }
  | { type: 'discarded'; reason: string };

/** What becomes of an event that would take an opened protocol down: asked by the interpreter, decided by the link. */
export type Admission = 'proceed' | 'repeatAck' | 'withhold' | 'discard';
export type Guard = (event: Event, packet: ControlPacket, now: number) => Admission;

/** RFC 1661 §4.6. */
const RestartInterval = 3000;
const MaxConfigure = 10;
const MaxTerminate = 2;
const MaxFailure = 5;
/** Our bound on a dialogue that moves but never ends (CP-1): replies to one side's requests since it began. */
const MaxRounds = 12;
/** A reply never exceeds this, whatever MRU the peer claims (CP-2). */
const MaximumReply = 1500;

const timed: readonly State[] = ['Closing', 'Stopping', 'Req-Sent', 'Ack-Rcvd', 'Ack-Sent'];

/** What an action may need to know of the event that caused it. */
interface Cause {
  readonly now: number;
  readonly packet?: ControlPacket;
  readonly options?: readonly Option[];
  readonly judgement?: Judgement;
  readonly text?: string;
  readonly isRetransmission?: true;
}

export class Negotiation {
  readonly #protocol: ControlProtocol;
  readonly #guard: Guard;
  readonly #peersMru: () => number;
  #state: State = 'Initial';
  #deadline = Number.POSITIVE_INFINITY;
  #restarts = 0;
  #identifier = 0;
  #codeRejects = 0;
  #asked: Option[] = [];
  #isAnswered = true;
  #acked: Uint8Array | undefined;
  #naksSent = 0;
  #roundsOfPeer = 0;
  #roundsOfOurs = 0;
  #terminateText: Uint8Array = new Uint8Array(0);
  #outputs: NegotiationOutput[] = [];

  /** `peersMru` bounds every reply (CP-2); `guard` is asked before an event may disturb the Opened state. */
  constructor(protocol: ControlProtocol, peersMru: () => number, guard: Guard) {
    this.#protocol = protocol;
    this.#peersMru = peersMru;
    this.#guard = guard;
  }

  get state(): State {
    return this.#state;
  }

  /** Milliseconds on the caller's clock; Infinity when no timer runs. */
  get deadline(): number {
    return this.#deadline;
  }

  /** Administrative Open on a lower layer that is up: sends our first Configure-Request. */
  open(now: number): NegotiationOutput[] {
    this.#forget();
    this.#input('Open', { now });
    this.#input('Up', { now });
    return this.#drain();
  }

  /** Ends with a Terminate-Request that carries `text`. */
  close(text: string, now: number): NegotiationOutput[] {
    this.#input('Close', { now, text });
    return this.#drain();
  }

  /** The layer below is gone; back to Initial without a packet. */
  lowerDown(now: number): NegotiationOutput[] {
    if (this.#state !== 'Initial' && this.#state !== 'Starting') this.#input('Down', { now });
    if (this.#state === 'Starting') this.#input('Close', { now });
    return this.#drain();
  }

  /** The peer's LCP Protocol-Reject named this protocol. */
  protocolRejected(now: number): NegotiationOutput[] {
    if (this.#state !== 'Initial' && this.#state !== 'Starting') this.#input('RXJ-', { now });
    return this.#drain();
  }

  /** Throws MalformedPacket, caught in link.ts. */
  receive(packet: ControlPacket, now: number): NegotiationOutput[] {
    if (this.#state === 'Initial' || this.#state === 'Starting') this.#discard('not_open');
    else this.#classify(packet, now);
    return this.#drain();
  }

  /** Carries out an event that the guard withheld earlier, whatever it would say now. */
  readmit(packet: ControlPacket, now: number): NegotiationOutput[] {
    const event = this.#eventOf(packet);
    if (event !== undefined) this.#input(event.event, { ...event.cause, now });
    return this.#drain();
  }

  expire(now: number): NegotiationOutput[] {
    if (now >= this.#deadline)
      this.#input(this.#restarts > 0 ? 'TO+' : 'TO-', { now, isRetransmission: true });
    return this.#drain();
  }

  #drain(): NegotiationOutput[] {
    const outputs = this.#outputs;
    this.#outputs = [];
    return outputs;
  }

  #discard(reason: string): void {
    this.#outputs.push({ type: 'discarded', reason });
  }

  #classify(packet: ControlPacket, now: number): void {
    const found = this.#eventOf(packet);
    if (found === undefined) return;
    const admission = this.#state === 'Opened' ? this.#admission(found.event, packet, now) : 'proceed';
    if (admission === 'repeatAck') this.#acknowledge(packet);
    else if (admission === 'proceed') this.#input(found.event, { ...found.cause, now });
    else if (admission === 'discard') this.#discard('after_opened');
  }

  #admission(event: Event, packet: ControlPacket, now: number): Admission {
    return event === 'RUC' || event === 'RXR' || event === 'RXJ+'
      ? 'proceed'
      : this.#guard(event, packet, now);
  }

  #eventOf(packet: ControlPacket): { event: Event; cause: Omit<Cause, 'now'> } | undefined {
    switch (packet.code) {
      case Code.ConfigureRequest:
        return this.#judge(packet);
      case Code.ConfigureAck:
      case Code.ConfigureNak:
      case Code.ConfigureReject:
        return this.#answer(packet);
      case Code.TerminateRequest:
        return { event: 'RTR', cause: { packet } };
      case Code.TerminateAck:
        return { event: 'RTA', cause: { packet } };
      case Code.CodeReject:
        return this.#codeReject(packet);
      default:
        return {
          event: this.#protocol.extendedCodes.includes(packet.code) ? 'RXR' : 'RUC',
          cause: { packet },
        };
    }
  }

  #judge(packet: ControlPacket): { event: Event; cause: Omit<Cause, 'now'> } {
    const options = decodeOptions(packet.data);
    const judgement = this.#insist(options, judgeWithoutDuplicates(this.#protocol, options));
    return {
      event: judgement.verdict === 'ack' ? 'RCR+' : 'RCR-',
      cause: { packet, options, judgement },
    };
  }

  /** After Max-Failure Naks the same wishes are rejected (RFC 1661 §4.6); what was appended is then not asked again. */
  #insist(options: readonly Option[], judgement: Judgement): Judgement {
    if (judgement.verdict !== 'nak' || this.#naksSent < MaxFailure) return judgement;
    const refused = options.filter((option) => judgement.options.some((nak) => nak.type === option.type));
    return refused.length > 0 ? { verdict: 'reject', options: refused } : { verdict: 'ack' };
  }

  /** RFC 1661 §5.2 to §5.4: an answer that does not fit our last request is silently discarded. */
  #answer(packet: ControlPacket): { event: Event; cause: Omit<Cause, 'now'> } | undefined {
    if (this.#isAnswered || packet.identifier !== this.#identifier) {
      this.#discard('stale_answer');
      return undefined;
    }
    if (packet.code === Code.ConfigureAck) {
      if (equalBytes(packet.data, encodeOptions(this.#asked))) {
        this.#isAnswered = true;
        return { event: 'RCA', cause: { packet } };
      }
      this.#discard('ack_differs');
      return undefined;
    }
    this.#learn(packet);
    return { event: 'RCN', cause: { packet } };
  }

  /** Options that we never sent are ignored (CP-4). */
  #learn(packet: ControlPacket): void {
    const options = decodeOptions(packet.data).filter(isAmong(this.#asked));
    this.#isAnswered = true;
    this.#roundsOfOurs++;
    const refusal =
      packet.code === Code.ConfigureNak ? this.#protocol.onNak(options) : this.#protocol.onReject(options);
    if (refusal !== undefined) this.#outputs.push({ type: 'refused', reason: refusal });
    else this.#checkProgress(this.#roundsOfOurs);
  }

  #checkProgress(rounds: number): void {
    if (rounds <= MaxRounds) return;
    this.#outputs.push({ type: 'refused', reason: `${this.#protocol.name} does not converge` });
  }

  #codeReject(packet: ControlPacket): { event: Event; cause: Omit<Cause, 'now'> } {
    const code = packet.data[0];
    if (code === undefined) throw new MalformedPacket('ppp', 'truncated');
    if (code >= Code.ConfigureRequest && code <= Code.CodeReject) return { event: 'RXJ-', cause: { packet } };
    this.#outputs.push({ type: 'codeRejected', code });
    return { event: 'RXJ+', cause: { packet } };
  }

  #input(event: Event, cause: Cause): void {
    const step = transition(this.#state, event);
    if (step === undefined) {
      this.#discard('impossible_event');
      return;
    }
    for (const action of step.actions) this.#perform[action](cause);
    this.#state = step.next;
    if (!timed.includes(this.#state)) this.#deadline = Number.POSITIVE_INFINITY;
  }

  readonly #perform: Record<Action, (cause: Cause) => void> = {
    tlu: () => this.#outputs.push({ type: 'up' }),
    tld: () => {
      this.#outputs.push({ type: 'down' });
      this.#forget();
    },
    tls: () => undefined,
    tlf: () => this.#outputs.push({ type: 'finished' }),
    irc: () => {
      this.#restarts = MaxConfigure;
    },
    zrc: ({ now }) => {
      this.#restarts = 0;
      this.#deadline = now + RestartInterval;
    },
    scr: (cause) => this.#sendConfigureRequest(cause),
    sca: ({ packet, options }) => {
      this.#acknowledge(packet!);
      this.#protocol.grant(options!);
    },
    scn: ({ packet, judgement }) => this.#refuse(packet!, judgement!),
    str: (cause) => this.#sendTerminateRequest(cause),
    sta: ({ packet }) => this.#transmit(Code.TerminateAck, packet?.identifier ?? 0, new Uint8Array(0)),
    scj: ({ packet }) => this.#sendCodeReject(packet!),
    ser: ({ packet }) => this.#outputs.push({ type: 'extended', packet: packet! }),
  };

  #forget(): void {
    this.#protocol.begin();
    this.#acked = undefined;
    this.#naksSent = 0;
    this.#roundsOfPeer = 0;
    this.#roundsOfOurs = 0;
  }

  /** A retransmission keeps identifier and content, so that an answer to either copy counts. */
  #sendConfigureRequest({ now, isRetransmission }: Cause): void {
    if (!isRetransmission || this.#isAnswered) {
      this.#identifier = (this.#identifier + 1) & 0xff;
      this.#asked = this.#protocol.ask();
      this.#isAnswered = false;
    }
    this.#restarts--;
    this.#deadline = now + RestartInterval;
    this.#transmit(Code.ConfigureRequest, this.#identifier, encodeOptions(this.#asked));
  }

  #acknowledge(packet: ControlPacket): void {
    this.#acked = packet.data.slice();
    this.#transmit(Code.ConfigureAck, packet.identifier, packet.data);
  }

  /** Whether this Configure-Request asks for exactly what we acked last: then our Ack was lost. */
  isRepeated(packet: ControlPacket): boolean {
    return this.#acked !== undefined && equalBytes(this.#acked, packet.data);
  }

  #refuse(packet: ControlPacket, judgement: Judgement): void {
    if (judgement.verdict === 'ack') return;
    this.#roundsOfPeer++;
    if (judgement.verdict === 'nak') this.#naksSent++;
    const isImpasse = judgement.verdict === 'reject' && this.#naksSent >= MaxFailure;
    const code = judgement.verdict === 'nak' ? Code.ConfigureNak : Code.ConfigureReject;
    this.#transmit(code, packet.identifier, encodeOptions(this.#fit(judgement.options)));
    if (isImpasse) this.#outputs.push({ type: 'impasse' });
    this.#checkProgress(this.#roundsOfPeer);
  }

  /** As many options as the peer can receive; the rest is refused in the next round. */
  #fit(options: readonly Option[]): Option[] {
    let room = this.#replyLimit() - ControlHeaderLength;
    const fitting: Option[] = [];
    for (const option of options) {
      room -= optionLength(option);
      if (room >= 0) fitting.push(option);
    }
    return fitting;
  }

  /** The restart counter of a termination is Max-Terminate, not Max-Configure as `irc` set it (RFC 1661 §4.6). */
  #sendTerminateRequest({ now, text, isRetransmission }: Cause): void {
    if (!isRetransmission) {
      this.#restarts = MaxTerminate;
      this.#identifier = (this.#identifier + 1) & 0xff;
      this.#terminateText = ascii(text ?? '');
    }
    this.#restarts--;
    this.#deadline = now + RestartInterval;
    this.#transmit(Code.TerminateRequest, this.#identifier, this.#terminateText);
  }

  /** RFC 1661 §5.6: the rejected packet, cut to the peer's MRU. */
  #sendCodeReject(packet: ControlPacket): void {
    const rejected = encodeControlPacket(packet).subarray(0, this.#replyLimit() - ControlHeaderLength);
    this.#codeRejects = (this.#codeRejects + 1) & 0xff;
    this.#transmit(Code.CodeReject, this.#codeRejects, rejected);
  }

  #replyLimit(): number {
    return Math.min(this.#peersMru(), MaximumReply);
  }

  #transmit(code: number, identifier: number, data: Uint8Array): void {
    const information = encodeControlPacket({ code, identifier, data });
    this.#outputs.push({ type: 'transmit', protocol: this.#protocol.protocol, information });
  }
}

/** The second option of a type is rejected rather than allowed to overrule the first (CP-4). */
function judgeWithoutDuplicates(protocol: ControlProtocol, options: readonly Option[]): Judgement {
  const duplicates = options.filter((option, index) => isAmong(options.slice(0, index))(option));
  return duplicates.length > 0 ? { verdict: 'reject', options: duplicates } : protocol.judge(options);
}

function isAmong(known: readonly Option[]): (option: Option) => boolean {
  return (option) => known.some(({ type }) => type === option.type);
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => (character < '\x7f' ? character.charCodeAt(0) : 0x3f));
}

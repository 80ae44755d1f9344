// The interpreter of the automaton (RFC 1661 §4): classifies packets into events, performs the actions, runs the restart
// timer. Neutral as to role and protocol; what was asked and answered is dialogue.ts's matter.
import { MalformedPacket } from '../bytes/malformed.ts';
import { type Action, type Event, type State, transition } from './automaton.ts';
import { Code, type ControlPacket, encodeControlPacket } from './control-packet.ts';
import type { ControlProtocol } from './control-protocol.ts';
import { type Deadlock, Dialogue, type Request } from './dialogue.ts';

export type NegotiationOutput =
  | { type: 'transmit'; protocol: number; information: Uint8Array }
  | { type: 'up' }
  | { type: 'down' }
  | { type: 'finished' }
  | { type: 'extended'; packet: ControlPacket }
  | { type: 'codeRejected'; code: number }
  | Deadlock
  | { type: 'discarded'; reason: string };

/** What becomes of an event that would disturb an opened protocol; a withheld packet may be readmitted later. */
export type Admission = 'proceed' | 'repeatAck' | 'withhold' | 'discard';
export type Guard = (event: Event, packet: ControlPacket, now: number) => Admission;

/** RFC 1661 §4.6. */
const RestartInterval = 3000;
/** The same once the peer speaks, and our first request may have come before it listened. */
const FirstRestart = 1000;
const MaxConfigure = 10;
const MaxTerminate = 2;

const timed: readonly State[] = ['Closing', 'Stopping', 'Req-Sent', 'Ack-Rcvd', 'Ack-Sent'];
/** These leave an opened protocol open. */
const harmless: readonly Event[] = ['RUC', 'RXR', 'RXJ+'];

/** What an action may need to know of the event that caused it. */
interface Cause {
  readonly now: number;
  readonly packet?: ControlPacket;
  readonly request?: Request;
  readonly text?: string;
  /** ms */
  readonly retryAfter?: number;
  readonly isTimeout?: true;
}

interface Found {
  readonly event: Event;
  readonly packet: ControlPacket;
  readonly request?: Request;
}

export class Negotiation {
  readonly #protocol: ControlProtocol;
  readonly #dialogue: Dialogue;
  readonly #guard: Guard;
  #state: State = 'Initial';
  #deadline = Number.POSITIVE_INFINITY;
  #restarts = 0;
  #terminations = 0;
  #terminateInterval = RestartInterval;
  #codeRejects = 0;
  #terminateText: Uint8Array = new Uint8Array(0);
  #outputs: NegotiationOutput[] = [];

  /** `peersMru` bounds every reply (CP-2); `guard` is asked before an event may disturb the Opened state. */
  constructor(protocol: ControlProtocol, peersMru: () => number, guard: Guard) {
    this.#protocol = protocol;
    this.#dialogue = new Dialogue(protocol, peersMru);
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
    this.#dialogue.begin();
    this.#input('Open', { now });
    this.#input('Up', { now });
    return this.#drain();
  }

  /** Ends with a Terminate-Request that carries `text`, and a second one if no Ack came within `retryAfter` ms. */
  close(text: string, now: number, retryAfter = RestartInterval): NegotiationOutput[] {
    this.#input('Close', { now, text, retryAfter });
    return this.#drain();
  }

  /** The peer's LCP Protocol-Reject named this protocol. */
  protocolRejected(now: number): NegotiationOutput[] {
    if (this.#state !== 'Initial') this.#input('RXJ-', { now });
    return this.#drain();
  }

  /** Throws MalformedPacket, caught in link.ts. */
  receive(packet: ControlPacket, now: number): NegotiationOutput[] {
    const found = this.#state === 'Initial' ? undefined : this.#classify(packet);
    if (found !== undefined) this.#admit(found, now);
    return this.#drain();
  }

  /** Carries out a packet that the guard withheld, whatever it would say now. */
  readmit(packet: ControlPacket, now: number): NegotiationOutput[] {
    const found = this.#classify(packet);
    if (found !== undefined) this.#input(found.event, { ...found, now });
    return this.#drain();
  }

  expire(now: number): NegotiationOutput[] {
    if (now >= this.#deadline) this.#input(this.#restarts > 0 ? 'TO+' : 'TO-', { now, isTimeout: true });
    return this.#drain();
  }

  /** Whether this Configure-Request asks for exactly what we acked last: then our Ack was lost. */
  isRepeated(packet: ControlPacket): boolean {
    return this.#dialogue.isRepeated(packet);
  }

  #drain(): NegotiationOutput[] {
    const outputs = this.#outputs;
    this.#outputs = [];
    return outputs;
  }

  #discard(reason: string): void {
    this.#outputs.push({ type: 'discarded', reason });
  }

  #classify(packet: ControlPacket): Found | undefined {
    switch (packet.code) {
      case Code.ConfigureRequest:
        return this.#classifyRequest(packet);
      case Code.ConfigureAck:
      case Code.ConfigureNak:
      case Code.ConfigureReject:
        return this.#classifyAnswer(packet);
      case Code.TerminateRequest:
        return { event: 'RTR', packet };
      case Code.TerminateAck:
        return { event: 'RTA', packet };
      case Code.CodeReject:
        return { event: this.#classifyCodeReject(packet), packet };
      default:
        return { event: this.#protocol.extendedCodes.includes(packet.code) ? 'RXR' : 'RUC', packet };
    }
  }

  #classifyRequest(packet: ControlPacket): Found {
    const request = this.#dialogue.judge(packet);
    return { event: request.judgement.verdict === 'ack' ? 'RCR+' : 'RCR-', packet, request };
  }

  #classifyAnswer(packet: ControlPacket): Found | undefined {
    const answer = this.#dialogue.hear(packet);
    if (answer === 'acked') return { event: 'RCA', packet };
    if (answer === 'refused') return { event: 'RCN', packet };
    this.#discard('stale_answer');
    return undefined;
  }

  #classifyCodeReject(packet: ControlPacket): Event {
    const code = packet.data[0];
    if (code === undefined) throw new MalformedPacket('ppp', 'truncated');
    if (code >= Code.ConfigureRequest && code <= Code.CodeReject) return 'RXJ-';
    this.#outputs.push({ type: 'codeRejected', code });
    return 'RXJ+';
  }

  #admit(found: Found, now: number): void {
    const isAsked = this.#state === 'Opened' && !harmless.includes(found.event);
    const admission = isAsked ? this.#guard(found.event, found.packet, now) : 'proceed';
    if (admission === 'proceed') this.#input(found.event, { ...found, now });
    else if (admission === 'repeatAck') this.#perform.sca({ ...found, now });
    else if (admission === 'discard') this.#discard('after_opened');
  }

  #input(event: Event, cause: Cause): void {
    const step = transition(this.#state, event);
    if (step === undefined) {
      this.#discard('impossible_event');
      return;
    }
    for (const action of step.actions) this.#perform[action](cause);
    this.#state = step.next;
    if (cause.request !== undefined) this.#hasten(cause.now);
    if (!timed.includes(this.#state)) this.#deadline = Number.POSITIVE_INFINITY;
    const deadlock = this.#dialogue.takeDeadlock();
    if (deadlock !== undefined) this.#outputs.push(deadlock);
  }

  /**
   * A peer that heard our first request would answer it about now. RFC 1661 §4.6 bases the timer on the speed of the link,
   * and its 3 s on 9,600 bit/s: they are not needed to learn that nobody listened yet.
   */
  #hasten(now: number): void {
    const isFirst = this.#restarts === MaxConfigure - 1;
    const isUnanswered = this.#state === 'Req-Sent' || this.#state === 'Ack-Sent';
    if (isFirst && isUnanswered) this.#deadline = Math.min(this.#deadline, now + FirstRestart);
  }

  readonly #perform: Record<Action, (cause: Cause) => void> = {
    tlu: () => this.#outputs.push({ type: 'up' }),
    tld: () => {
      this.#outputs.push({ type: 'down' });
      this.#dialogue.begin();
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
    scr: ({ now, isTimeout }) => {
      this.#startTimer(now);
      this.#transmit(this.#dialogue.ask(isTimeout ? 'repeated' : 'new'));
    },
    sca: ({ request }) => this.#transmit(this.#dialogue.acknowledge(request!)),
    scn: ({ request }) => this.#refuse(request!),
    str: (cause) => this.#sendTerminateRequest(cause),
    sta: ({ packet }) => {
      const identifier = packet?.identifier ?? 0;
      this.#transmit({ code: Code.TerminateAck, identifier, data: new Uint8Array(0) });
    },
    scj: ({ packet }) => this.#sendCodeReject(packet!),
    ser: ({ packet }) => this.#outputs.push({ type: 'extended', packet: packet! }),
  };

  #startTimer(now: number, interval = RestartInterval): void {
    this.#restarts--;
    this.#deadline = now + interval;
  }

  #refuse({ packet, judgement }: Request): void {
    if (judgement.verdict === 'ack') return;
    this.#transmit(this.#dialogue.refuse(packet, judgement.verdict, judgement.options));
  }

  /** The restart counter of a termination is Max-Terminate, not Max-Configure as `irc` set it (RFC 1661 §4.6). */
  #sendTerminateRequest({ now, text, retryAfter, isTimeout }: Cause): void {
    if (!isTimeout) {
      this.#restarts = MaxTerminate;
      this.#terminateInterval = retryAfter ?? RestartInterval;
      this.#terminations = (this.#terminations + 1) & 0xff;
      this.#terminateText = ascii(text ?? '');
    }
    this.#startTimer(now, this.#terminateInterval);
    this.#transmit({
      code: Code.TerminateRequest,
      identifier: this.#terminations,
      data: this.#terminateText,
    });
  }

  #sendCodeReject(packet: ControlPacket): void {
    this.#codeRejects = (this.#codeRejects + 1) & 0xff;
    const data = this.#dialogue.rejected(packet);
    this.#transmit({ code: Code.CodeReject, identifier: this.#codeRejects, data });
  }

  #transmit(packet: ControlPacket): void {
    const information = encodeControlPacket(packet);
    this.#outputs.push({ type: 'transmit', protocol: this.#protocol.protocol, information });
  }
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => (character < '\x7f' ? character.charCodeAt(0) : 0x3f));
}

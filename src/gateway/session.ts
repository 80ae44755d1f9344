// One call, from its Outgoing-Call-Request to its end: carries out what the PPP link says on the data path.
// It owns no socket and no timer; the gateway gives it bytes and time.
import type { GatewayUser } from '../api/gateway-config.ts';
import type { DataPath } from '../protocol/datapath/data-path.ts';
import { type AuthenticationAttempt, Link, type LinkOptions, type Verdict } from '../protocol/ppp/link.ts';
import type { LinkDownReason, LinkOutput } from '../protocol/ppp/link-output.ts';
import type { Call } from '../protocol/pptp/control-connection.ts';
import { type Encryption, weaker } from './encryption.ts';
import type { LoginResult } from './metric-labels.ts';
import { noProbes, type ProbeTotals } from './session-view.ts';

/** A client that is told to go has this long to say goodbye, ms: the link says it twice in that time. */
const Farewell = 500;

/** From the call's set-up to the word on whether GRE passes, ms; the look comes once a second. */
const VerdictAfter = 8_000;

/** What a session asks of the gateway it belongs to. */
export interface SessionOwner {
  authenticate(session: Session, attempt: AuthenticationAttempt, now: number): Verdict;
  /** IP may flow: route, MTU and destinations are the gateway's to set. */
  opened(session: Session, peersMru: number, now: number): void;
  /** LCP was renegotiated: everything learned since authentication is void. */
  restarted(session: Session, now: number): void;
  echoReplied(session: Session, reply: EchoReply, now: number): void;
  discard(reason: string): void;
  /** Its deadline came nearer, and not by a packet. */
  hurried(session: Session): void;
  /** Something threw that never should. */
  faulted(error: unknown): void;
  /** The list of packets to send is full: empties it. */
  makeRoom(): void;
  ended(session: Session, reason: LinkDownReason, detail: string, now: number): void;
}

export type EchoReply = Extract<LinkOutput, { type: 'echoReply' }>;

export type SessionState = 'Establishing' | 'Established' | 'Ending' | 'Ended';

export interface SessionOptions {
  /** Index of the call in the data path. */
  index: number;
  call: Call;
  localAddress: number;
  peerAddress: number;
  link: LinkOptions;
  /** Wall clock of the call's start, ms since the epoch. */
  startedAt: number;
  /** The same on the monotonic clock. */
  openedAt: number;
}

export class Session {
  readonly index: number;
  readonly call: Call;
  readonly localAddress: number;
  readonly peerAddress: number;
  readonly startedAt: number;
  readonly openedAt: number;
  state: SessionState = 'Establishing';
  /** When it should have shown that GRE passes, monotonic ms; and whether a verdict on that was given. */
  readonly judgeAt: number;
  isJudged = false;
  /** It answered our Configure-Request: whatever it acknowledges, our GRE reached it. */
  hearsUs = false;
  /** When the last Echo-Reply came, monotonic ms. */
  repliedAt = Number.NEGATIVE_INFINITY;
  /** Why its login was refused, for the metrics. */
  refusal: LoginResult | undefined;
  /** How often IP began to flow: LCP may begin anew. */
  timesOpened = 0;
  user: GatewayUser | undefined;
  address: number | undefined;
  /** Of the weaker direction. */
  encryption: Encryption | undefined;
  /** LCP Identification: what the client calls itself. */
  fingerprint = '';
  /** Last measured LCP echo round trip, ms. */
  roundTrip: number | undefined;
  /** Of the peer, as LCP agreed, bytes. */
  peersMru = 0;
  tunnelMtu = 0;
  pathMtu = 0;
  /** Of discoveries that ended, each with an earlier LCP. */
  earlierProbes: ProbeTotals = noProbes;
  #heard = 0;
  #giveUpAt = Number.POSITIVE_INFINITY;
  #ending: { reason: LinkDownReason; text: string } = { reason: 'administrative', text: '' };
  readonly #link: Link;
  readonly #dataPath: DataPath;
  readonly #owner: SessionOwner;

  constructor(options: SessionOptions, dataPath: DataPath, owner: SessionOwner) {
    this.index = options.index;
    this.call = options.call;
    this.localAddress = options.localAddress;
    this.peerAddress = options.peerAddress;
    this.startedAt = options.startedAt;
    this.openedAt = options.openedAt;
    this.judgeAt = options.openedAt + VerdictAfter;
    this.#link = new Link(options.link);
    this.#dataPath = dataPath;
    this.#owner = owner;
  }

  /** IP flowed at some time. */
  get wasOpened(): boolean {
    return this.timesOpened > 0;
  }

  get deadline(): number {
    return Math.min(this.#link.deadline, this.#giveUpAt);
  }

  open(now: number): void {
    this.#carryOut(this.#link.open(now), now);
  }

  /** One PPP control frame from the data path. */
  receive(protocol: number, information: Uint8Array, now: number): void {
    this.#contain(() => this.#carryOut(this.#link.receive(protocol, information, now), now), now);
    if (this.#link.phase === 'Authenticate') this.hearsUs = true;
  }

  expire(now: number): void {
    if (now >= this.#giveUpAt) this.#end(this.#ending.reason, this.#ending.text, now);
    else this.#contain(() => this.#carryOut(this.#link.expire(now), now), now);
  }

  /** The data path lost the MPPE count of a stateful direction (RFC 3078 §7.2). */
  requestReset(now: number): void {
    this.#carryOut(this.#link.requestReset(now), now);
  }

  /** Ends the session politely: LCP Terminate-Request with `text`, then down; without waiting long for the answer. */
  terminate(reason: LinkDownReason, text: string, now: number): void {
    if (this.state === 'Ended' || this.state === 'Ending') return;
    this.state = 'Ending';
    this.#ending = { reason, text };
    this.#giveUpAt = now + Farewell;
    this.#dataPath.stopNetwork(this.index);
    this.#carryOut(this.#link.terminate(reason, text, now), now);
    this.#owner.hurried(this);
  }

  /** `packets` good ones came out of the tunnel so far: more than before prove that the peer lives. */
  heard(packets: number): void {
    if (packets > this.#heard) this.#link.alive();
    this.#heard = packets;
  }

  /** Sends a padded LCP Echo-Request of `informationLength` bytes; returns its identifier. */
  probe(informationLength: number, now: number): number {
    const { identifier, outputs } = this.#link.probe(informationLength, now);
    this.#carryOut(outputs, now);
    return identifier;
  }

  /** The call is gone below PPP (CDN, TCP closed): no word can reach the peer any more. */
  lost(reason: LinkDownReason, detail: string, now: number): void {
    this.#end(reason, detail, now);
  }

  /** A mistake of ours may cost the session that it happened to, but no other. */
  #contain(action: () => void, now: number): void {
    try {
      action();
    } catch (error) {
      this.#owner.faulted(error);
      this.#end('fault', 'a fault of the gateway, please report it', now);
    }
  }

  #carryOut(outputs: LinkOutput[], now: number): void {
    for (const output of outputs) {
      if (this.state === 'Ended') return;
      this.#perform(output, now);
    }
  }

  #perform(output: LinkOutput, now: number): void {
    switch (output.type) {
      case 'transmit':
        if (this.#transmit(output, now)) return;
        this.#owner.makeRoom();
        this.#transmit(output, now);
        return;
      case 'authenticate':
        this.#carryOut(this.#link.conclude(this.#owner.authenticate(this, output.attempt, now), now), now);
        return;
      case 'encrypted':
        this.encryption = weaker(output.receive, output.transmit);
        this.#dataPath.startEncryption(this.index, output.receive, output.transmit);
        return;
      case 'opened':
        this.state = 'Established';
        this.timesOpened++;
        this.#owner.opened(this, output.peersMru, now);
        return;
      case 'down':
        this.#end(output.reason, output.detail, now);
        return;
      default:
        this.#note(output, now);
    }
  }

  /** False when there is no room: many may have something to say in one moment. */
  #transmit(output: Extract<LinkOutput, { type: 'transmit' }>, now: number): boolean {
    const { protocol, information, probe } = output;
    return this.#dataPath.transmit(this.index, protocol, information, probe ? 'probe' : 'control', now);
  }

  #note(
    output: Exclude<LinkOutput, { type: 'transmit' | 'authenticate' | 'encrypted' | 'opened' | 'down' }>,
    now: number,
  ): void {
    switch (output.type) {
      case 'restarted':
        this.state = 'Establishing';
        this.encryption = undefined;
        this.#dataPath.stopNetwork(this.index);
        this.#owner.restarted(this, now);
        return;
      case 'resetTransmit':
        this.#dataPath.resetTransmit(this.index);
        return;
      case 'resetReceived':
        this.#dataPath.resetReceived(this.index);
        return;
      case 'identification':
        this.fingerprint = output.text;
        return;
      case 'echoReply':
        this.roundTrip = output.roundTrip;
        this.repliedAt = now;
        this.#owner.echoReplied(this, output, now);
        return;
      case 'discarded':
        this.#owner.discard(output.reason);
        return;
    }
  }

  #end(reason: LinkDownReason, detail: string, now: number): void {
    if (this.state === 'Ended') return;
    this.state = 'Ended';
    this.#owner.ended(this, reason, detail, now);
  }
}

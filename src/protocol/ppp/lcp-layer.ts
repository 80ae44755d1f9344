// LCP as a running layer: negotiation, what an opened LCP carries, and the caution with which a link of an authenticated
// session is taken down (LCP-9, LCP-10). The options are in lcp.ts, echoes and Protocol-Reject in echo.ts.
import type { Event } from './automaton.ts';
import { Code, type ControlPacket } from './control-packet.ts';
import { Doubt } from './doubt.ts';
import { Echo, type EchoPurpose } from './echo.ts';
import { Protocol } from './frame.ts';
import { authenticationRefused, type LcpConfiguration, LcpOptions } from './lcp.ts';
import type { LinkDownReason, LinkOutput } from './link-output.ts';
import { type Admission, Negotiation, type NegotiationOutput } from './negotiation.ts';
import { identificationText, terminateReason } from './peer-words.ts';

export type LcpLayerOutput =
  | Extract<LinkOutput, { type: 'transmit' | 'echoReply' | 'identification' | 'discarded' }>
  | { type: 'up' }
  /** Opened is left for a new negotiation: everything above starts again. */
  | { type: 'down' }
  | { type: 'protocolRejected'; protocol: number }
  | { type: 'ended'; reason: LinkDownReason; detail: string };

/** `text` for the peer, `detail` for the log. */
export interface Ending {
  readonly reason: LinkDownReason;
  readonly text: string;
  readonly detail: string;
}

/** Before authentication a restart costs nobody anything, but it must end some time (CP-1). */
const EarlyRestarts = 2;
const RepeatedAcks = 10;

export class LcpLayer {
  readonly #options: LcpOptions;
  readonly #negotiation: Negotiation;
  readonly #echo: Echo;
  readonly #doubt = new Doubt();
  #isProtected = false;
  #restartsLeft = EarlyRestarts;
  #repeatsLeft = RepeatedAcks;
  #isPeerHeard = false;
  #ending: Omit<Ending, 'text'> | undefined;
  #outputs: LcpLayerOutput[] = [];

  constructor(configuration: LcpConfiguration, keepaliveInterval: number) {
    this.#options = new LcpOptions(configuration);
    this.#echo = new Echo(this.#options, keepaliveInterval);
    this.#negotiation = new Negotiation(
      this.#options,
      () => this.#options.peersMru,
      (event, packet, now) =>
        this.#isProtected
          ? this.#doubt.suspect(event, packet, this.#options.peersMagicNumber, now)
          : this.#admit(event, packet),
    );
  }

  get deadline(): number {
    return Math.min(this.#negotiation.deadline, this.#echo.deadline, this.#doubt.deadline);
  }

  get peersMru(): number {
    return this.#options.peersMru;
  }

  open(now: number): LcpLayerOutput[] {
    this.#take(this.#negotiation.open(now), now);
    return this.#drain();
  }

  /** The peer is authenticated: from now on nobody else shall be able to take the link down. */
  protect(): void {
    this.#isProtected = true;
  }

  /** Valid traffic arrived: as good as an Echo-Reply for the keepalive. */
  alive(): void {
    this.#echo.alive();
  }

  /** Terminate-Request with `text`; 'ended' follows the Ack, or two tries of `retryAfter` ms. */
  close(ending: Ending, now: number, retryAfter?: number): LcpLayerOutput[] {
    this.#close(ending, now, retryAfter);
    return this.#drain();
  }

  /** Throws MalformedPacket, caught in link.ts. */
  receive(packet: ControlPacket, now: number): LcpLayerOutput[] {
    this.#isPeerHeard = true;
    if (packet.code === Code.TerminateRequest && !this.#isGuarded()) this.#believe(packet, now);
    else this.#take(this.#negotiation.receive(packet, now), now);
    if (this.#options.isLoopedBack) this.#endLoopedBack();
    this.#expireDoubt(now);
    return this.#drain();
  }

  /** Refuses a protocol that nobody negotiated (LCP-11); only while LCP is up (RFC 1661 §5.7), and rarely (CP-6). */
  reject(protocol: number, information: Uint8Array, now: number): LcpLayerOutput[] {
    const isOpened = this.#negotiation.state === 'Opened';
    const packet = isOpened ? this.#echo.rejectProtocol(protocol, information, now) : undefined;
    if (packet === undefined) this.#discard(isOpened ? 'protocol_reject_rate' : 'not_open');
    else this.#transmit(packet);
    return this.#drain();
  }

  /** An Echo-Request of `informationLength` bytes in all; nothing unless LCP is up. */
  probe(informationLength: number, now: number): { identifier: number; outputs: LcpLayerOutput[] } {
    if (this.#negotiation.state !== 'Opened') return { identifier: 0, outputs: [] };
    const { identifier, information } = this.#echo.request('probe', informationLength, now);
    return { identifier, outputs: [{ type: 'transmit', protocol: Protocol.LCP, information, probe: true }] };
  }

  expire(now: number): LcpLayerOutput[] {
    this.#take(this.#negotiation.expire(now), now);
    const due = this.#echo.expire(now);
    if (due === 'request') this.#requestEcho('keepalive', now);
    if (due === 'dead') this.#die(now);
    this.#expireDoubt(now);
    return this.#drain();
  }

  #drain(): LcpLayerOutput[] {
    const outputs = this.#outputs;
    this.#outputs = [];
    return outputs;
  }

  #discard(reason: string): void {
    this.#outputs.push({ type: 'discarded', reason });
  }

  #transmit(information: Uint8Array): void {
    this.#outputs.push({ type: 'transmit', protocol: Protocol.LCP, information, probe: false });
  }

  #isGuarded(): boolean {
    return this.#isProtected && this.#negotiation.state === 'Opened';
  }

  /** Opened, not yet authenticated: the RFC's rules, and a repeated Ack where only our Ack was lost. */
  #admit(event: Event, packet: ControlPacket): Admission {
    if (event !== 'RCR+' && event !== 'RCR-') return 'proceed';
    if (this.#negotiation.isRepeated(packet) && this.#repeatsLeft-- > 0) return 'repeatAck';
    return this.#restartsLeft-- > 0 ? 'proceed' : 'discard';
  }

  #expireDoubt(now: number): void {
    const due = this.#doubt.expire(now);
    if (due === 'request') this.#requestEcho('doubt', now);
    else if (due !== undefined) this.#believe(due, now);
  }

  /** Nobody but the peer can have sent this, or it proved to be gone. */
  #believe(packet: ControlPacket, now: number): void {
    if (packet.code === Code.TerminateRequest) {
      this.#ending ??= { reason: 'peer_terminated', detail: terminateReason(packet) };
    } else if (packet.code === Code.CodeReject) {
      this.#ending ??= { reason: 'negotiation_failed', detail: 'the client rejected LCP itself' };
    } else this.#doubt.noteRestart(now);
    this.#take(this.#negotiation.readmit(packet, now), now);
    if (this.#ending !== undefined) this.#end();
  }

  #take(outputs: readonly NegotiationOutput[], now: number): void {
    for (const output of outputs) this.#perform(output, now);
  }

  #perform(output: NegotiationOutput, now: number): void {
    switch (output.type) {
      case 'transmit':
        this.#transmit(output.information);
        return;
      case 'discarded':
        this.#outputs.push(output);
        return;
      case 'up':
        this.#echo.start(now);
        this.#outputs.push(output);
        return;
      case 'down':
        this.#restart();
        return;
      case 'finished':
        this.#end();
        return;
      case 'extended':
        this.#receiveExtended(output.packet, now);
        return;
      case 'codeRejected':
        if (output.code === Code.EchoRequest) this.#echo.stop();
        return;
      case 'refused':
        this.#refuse(output.reason, now);
    }
  }

  #restart(): void {
    this.#echo.stop();
    this.#doubt.dismiss();
    this.#isProtected = false;
    this.#repeatsLeft = RepeatedAcks;
    if (this.#ending === undefined) this.#outputs.push({ type: 'down' });
  }

  #receiveExtended(packet: ControlPacket, now: number): void {
    switch (packet.code) {
      case Code.EchoRequest:
        this.#answerEcho(packet);
        return;
      case Code.EchoReply:
        this.#takeEchoReply(packet, now);
        return;
      case Code.ProtocolReject:
        if (packet.data.length < 2) this.#discard('truncated');
        else
          this.#outputs.push({
            type: 'protocolRejected',
            protocol: (packet.data[0]! << 8) | packet.data[1]!,
          });
        return;
      case Code.Identification:
        this.#outputs.push({ type: 'identification', text: identificationText(packet) });
    }
  }

  #answerEcho(packet: ControlPacket): void {
    const answer = this.#echo.answer(packet);
    if (answer === 'loopback') this.#endLoopedBack();
    else if (answer === undefined) this.#discard('truncated');
    else this.#transmit(answer);
  }

  #takeEchoReply({ identifier }: ControlPacket, now: number): void {
    const reply = this.#echo.reply(identifier, now);
    if (reply === undefined) {
      this.#discard('echo_unsolicited');
      return;
    }
    if (reply.purpose === 'doubt' && this.#doubt.isOpen) {
      this.#doubt.dismiss();
      this.#discard('forged');
    }
    const { informationLength, roundTrip, purpose } = reply;
    this.#outputs.push({
      type: 'echoReply',
      identifier,
      informationLength,
      roundTrip,
      probe: purpose === 'probe',
    });
  }

  #requestEcho(purpose: EchoPurpose, now: number): void {
    this.#transmit(this.#echo.request(purpose, 0, now).information);
  }

  #close({ reason, text, detail }: Ending, now: number, retryAfter?: number): void {
    if (this.#ending !== undefined) return;
    this.#ending = { reason, detail };
    this.#echo.stop();
    this.#doubt.dismiss();
    this.#take(this.#negotiation.close(text, now, retryAfter), now);
  }

  #refuse(reason: string, now: number): void {
    if (reason === authenticationRefused) {
      const detail =
        'the client refuses MS-CHAPv2, the only authentication this server offers: allow it there';
      this.#close({ reason: 'authentication_refused', text: authenticationRefused, detail }, now);
    } else this.#close({ reason: 'negotiation_failed', text: reason, detail: reason }, now);
  }

  #die(now: number): void {
    const detail = 'the client no longer answers (3 LCP echoes)';
    this.#close({ reason: 'keepalive_timeout', text: 'no answer to LCP echo', detail }, now);
    this.#end();
  }

  #endLoopedBack(): void {
    this.#ending ??= { reason: 'loopback', detail: 'our own LCP packets come back: this is no PPP client' };
    this.#end();
  }

  #end(): void {
    const silence = 'no answer to LCP: GRE (IP protocol 47) may be blocked between client and server';
    const unfinished = 'LCP came to no agreement';
    const detail = this.#isPeerHeard ? unfinished : silence;
    this.#outputs.push({ type: 'ended', ...(this.#ending ?? { reason: 'negotiation_failed', detail }) });
  }
}

// Decides whether a link is encrypted: runs CCP (RFC 1962, RFC 3078) to 'encrypted', 'clear' (only where the policy allows
// it) or 'refused', once per authentication. Afterwards no CCP packet changes a key (CCP-8). It never sees data packets.
import { CcpOptions, type EncryptionPolicy, type MppeChoice } from './ccp.ts';
import { Code, type ControlPacket, encodeControlPacket } from './control-packet.ts';
import { Protocol } from './frame.ts';
import { type Admission, Negotiation, type NegotiationOutput } from './negotiation.ts';
import { RateLimit } from './rate-limit.ts';

export type GateOutput =
  | { type: 'transmit'; protocol: number; information: Uint8Array }
  /** `receive` is what we asked for, `transmit` what the peer did (CCP-6). */
  | { type: 'encrypted'; receive: MppeChoice; transmit: MppeChoice }
  | { type: 'clear' }
  /** `reason` for the peer's screen, `detail` for our log, with the fix. */
  | { type: 'refused'; reason: string; detail: string }
  | { type: 'resetTransmit' }
  | { type: 'resetReceived' }
  | { type: 'discarded'; reason: string };

/** A client whose CCP is silent for so long has no encryption (CCP-9); one that talks is bounded by the dialogue (CP-1). */
const AnswerTimeout = 10_000;
/** Lost Acks that we repeat before the peer's first encrypted packet (CCP-8). */
const RepeatedAcks = 10;
/** Linux asks once for each late packet and drops everything until the answer (CCP-7). */
const ResetsPerSecond = 50;
/** Our own Reset-Requests: one per round trip is enough. */
const ResetRequestsPerSecond = 5;

export class EncryptionGate {
  readonly #policy: EncryptionPolicy;
  readonly #options: CcpOptions;
  readonly #ccp: Negotiation;
  readonly #resets = new RateLimit(ResetsPerSecond, ResetsPerSecond);
  readonly #requests = new RateLimit(ResetRequestsPerSecond, 1);
  #decision: 'pending' | 'encrypted' | 'clear' | 'refused' = 'pending';
  #deadline = Number.POSITIVE_INFINITY;
  #repeatsLeft = RepeatedAcks;
  #resetAckIsKnown = true;
  #resetIdentifier = 0;
  #outputs: GateOutput[] = [];

  constructor(policy: EncryptionPolicy, peersMru: () => number) {
    this.#policy = policy;
    this.#options = new CcpOptions(policy);
    this.#ccp = new Negotiation(this.#options, peersMru, (event, packet) =>
      event === 'RCR+' ? this.#admitRepeat(packet) : 'discard',
    );
  }

  get deadline(): number {
    if (this.#isOver()) return Number.POSITIVE_INFINITY;
    return Math.min(this.#deadline, this.#ccp.deadline);
  }

  open(now: number): GateOutput[] {
    this.#deadline = now + AnswerTimeout;
    this.#take(this.#ccp.open(now), now);
    return this.#drain();
  }

  /** Throws MalformedPacket, caught in link.ts. */
  receive(packet: ControlPacket, now: number): GateOutput[] {
    if (this.#isOver()) this.#discard('ccp_after_decision');
    else {
      if (this.#decision === 'pending') this.#deadline = now + AnswerTimeout;
      const isEnd = packet.code === Code.TerminateRequest && this.#decision === 'pending';
      this.#take(this.#ccp.receive(packet, now), now);
      if (isEnd) this.#decideWithout('it closed CCP');
    }
    return this.#drain();
  }

  /** The peer's LCP knows no CCP. Forgeable once encrypted, and then without effect (CCP-8). */
  protocolRejected(): GateOutput[] {
    if (this.#decision !== 'pending') this.#discard('ccp_after_decision');
    else this.#decideWithout('it knows no CCP');
    return this.#drain();
  }

  /** The peer's first good encrypted packet: it has our Ack, so none is repeated any more. */
  confirm(): void {
    this.#repeatsLeft = 0;
  }

  /** Our stateful receive direction lost count (RFC 3078 §7.2). Never sent in stateless mode (CCP-7). */
  requestReset(now: number): GateOutput[] {
    if (this.#decision !== 'encrypted' || this.#options.asked?.isStateless) return [];
    if (!this.#requests.admits(now)) return [];
    this.#resetIdentifier = (this.#resetIdentifier + 1) & 0xff;
    this.#transmit(Code.ResetRequest, this.#resetIdentifier);
    return this.#drain();
  }

  expire(now: number): GateOutput[] {
    if (this.#isOver()) return [];
    this.#take(this.#ccp.expire(now), now);
    if (now >= this.#deadline) this.#decideWithout('it did not answer CCP within 10 s');
    return this.#drain();
  }

  #drain(): GateOutput[] {
    const outputs = this.#outputs;
    this.#outputs = [];
    return outputs;
  }

  /** Without encryption CCP has nothing more to say. */
  #isOver(): boolean {
    return this.#decision === 'clear' || this.#decision === 'refused';
  }

  #discard(reason: string): void {
    this.#outputs.push({ type: 'discarded', reason });
  }

  #admitRepeat(packet: ControlPacket): Admission {
    if (this.#repeatsLeft === 0 || !this.#ccp.isRepeated(packet)) return 'discard';
    this.#repeatsLeft--;
    return 'repeatAck';
  }

  #take(outputs: readonly NegotiationOutput[], now: number): void {
    for (const output of outputs) this.#perform(output, now);
  }

  #perform(output: NegotiationOutput, now: number): void {
    switch (output.type) {
      case 'transmit':
      case 'discarded':
        this.#outputs.push(output);
        return;
      case 'up':
        this.#decide();
        return;
      case 'extended':
        this.#reset(output.packet, now);
        return;
      case 'codeRejected':
        if (output.code === Code.ResetAck) this.#resetAckIsKnown = false;
        return;
      case 'impasse':
        if (this.#policy.policy === 'Required') this.#decideWithout(this.#offer());
        return;
      case 'refused':
      case 'finished':
        this.#decideWithout(this.#offer());
    }
  }

  #decide(): void {
    const { asked, granted } = this.#options;
    if (asked !== undefined && granted !== undefined) {
      this.#settle('encrypted');
      this.#outputs.push({ type: 'encrypted', receive: asked, transmit: granted });
    } else if (asked === granted) this.#decideWithout(this.#offer());
    else this.#refuse('it encrypts in one direction only');
  }

  #decideWithout(cause: string): void {
    if (this.#decision !== 'pending') return;
    if (this.#policy.policy === 'Required') {
      this.#refuse(cause);
      return;
    }
    this.#settle('clear');
    this.#outputs.push({ type: 'clear' });
  }

  #refuse(cause: string): void {
    if (this.#decision !== 'pending') return;
    this.#settle('refused');
    const wanted = describePolicy(this.#policy);
    this.#outputs.push({
      type: 'refused',
      reason: `encryption required: ${wanted}`,
      detail: `encryption required (${wanted}), but the client refused: ${cause}. ${advice}`,
    });
  }

  #settle(decision: 'encrypted' | 'clear' | 'refused'): void {
    this.#decision = decision;
    this.#deadline = Number.POSITIVE_INFINITY;
  }

  #offer(): string {
    return `it offered ${this.#options.peersOffer}`;
  }

  /** One Ack of the same identifier, none once the peer said that it knows no Reset-Ack; no key changes here (CCP-7). */
  #reset({ code, identifier }: ControlPacket, now: number): void {
    if (code === Code.ResetAck) {
      if (this.#options.asked?.isStateless === false) this.#outputs.push({ type: 'resetReceived' });
      else this.#discard('ccp_unexpected_reset_ack');
      return;
    }
    if (!this.#resets.admits(now)) {
      this.#discard('ccp_reset_rate');
      return;
    }
    if (this.#options.granted?.isStateless === false) this.#outputs.push({ type: 'resetTransmit' });
    if (this.#resetAckIsKnown) this.#transmit(Code.ResetAck, identifier);
  }

  #transmit(code: number, identifier: number): void {
    const information = encodeControlPacket({ code, identifier, data: new Uint8Array(0) });
    this.#outputs.push({ type: 'transmit', protocol: Protocol.CCP, information });
  }
}

const advice =
  'Turn encryption on at the client (Windows: tick "Require data encryption", Windows 98 may need the 128-bit update; ' +
  'pppd: require-mppe-128), or widen spec.encryption (policy, keyLengths, stateless) of the VpnServer.';

/** `MPPE 128 bit stateless`. */
function describePolicy({ keyLengths, stateless }: EncryptionPolicy): string {
  const lengths = [...keyLengths].sort((a, b) => b - a).join('/');
  return `MPPE ${lengths} bit${stateless === 'Required' ? ' stateless' : ''}`;
}

// The Network phase of one authentication (RFC 1661 §3.7): CCP first, IPCP once the link is encrypted or may stay clear.
// Made anew after every authentication, so that no key or address outlives it (LCP-9).
import type { EncryptionPolicy, MppeChoice } from './ccp.ts';
import { Code, type ControlPacket } from './control-packet.ts';
import type { ControlProtocol } from './control-protocol.ts';
import { EncryptionGate, type GateOutput } from './encryption-gate.ts';
import { Protocol } from './frame.ts';
import type { LinkDownReason, LinkOutput, MppeParameters } from './link-output.ts';
import { getAsymmetricStartKey } from './mppe-keys.ts';
import { Negotiation, type NegotiationOutput } from './negotiation.ts';

export interface NetworkPhaseOptions {
  readonly encryption: EncryptionPolicy;
  /** IPCP's options, the server's or the client's. */
  readonly ipcp: ControlProtocol;
  readonly side: 'server' | 'client';
  readonly masterKey: Uint8Array;
  readonly peersMru: number;
}

export type NetworkPhaseOutput =
  | Extract<LinkOutput, { type: 'encrypted' | 'resetTransmit' | 'resetReceived' | 'discarded' }>
  | { type: 'transmit'; protocol: number; information: Uint8Array }
  | { type: 'opened' }
  /** The link must be terminated: `text` for the peer, `detail` for the log. */
  | { type: 'failed'; reason: LinkDownReason; text: string; detail: string };

/** Lost IPCP Acks that we repeat. */
const RepeatedAcks = 10;

export class NetworkPhase {
  readonly #options: NetworkPhaseOptions;
  readonly #gate: EncryptionGate | undefined;
  readonly #ipcp: Negotiation;
  #mayStartIpcp = false;
  /** The peer's newest Configure-Request while IPCP waits for encryption (CCP-10). */
  #earlyRequest: ControlPacket | undefined;
  #repeatsLeft = RepeatedAcks;
  #outputs: NetworkPhaseOutput[] = [];

  constructor(options: NetworkPhaseOptions) {
    this.#options = options;
    const peersMru = () => options.peersMru;
    const { policy } = options.encryption;
    this.#gate = policy === 'Disabled' ? undefined : new EncryptionGate(options.encryption, peersMru);
    this.#ipcp = new Negotiation(options.ipcp, peersMru, (event, packet) =>
      event === 'RCR+' && this.#ipcp.isRepeated(packet) && this.#repeatsLeft-- > 0 ? 'repeatAck' : 'discard',
    );
  }

  get deadline(): number {
    return Math.min(this.#gate?.deadline ?? Number.POSITIVE_INFINITY, this.#ipcp.deadline);
  }

  /** Whether a packet of this protocol is for us; the rest is LCP's to reject. */
  handles(protocol: number): boolean {
    return protocol === Protocol.IPCP || (protocol === Protocol.CCP && this.#gate !== undefined);
  }

  open(now: number): NetworkPhaseOutput[] {
    if (this.#gate === undefined) this.#startIpcp(now);
    else this.#fromGate(this.#gate.open(now), now);
    return this.#drain();
  }

  /** Throws MalformedPacket, caught in link.ts. */
  receive(protocol: number, packet: ControlPacket, now: number): NetworkPhaseOutput[] {
    if (protocol === Protocol.CCP) this.#fromGate(this.#gate?.receive(packet, now) ?? [], now);
    else if (this.#mayStartIpcp) this.#fromIpcp(this.#ipcp.receive(packet, now));
    else if (packet.code === Code.ConfigureRequest) this.#earlyRequest = packet;
    else this.#outputs.push({ type: 'discarded', reason: 'before_encryption' });
    return this.#drain();
  }

  /** The peer's Protocol-Reject; forgeable, so that it counts only while the protocol is not up. */
  protocolRejected(protocol: number, now: number): NetworkPhaseOutput[] {
    if (protocol === Protocol.CCP && this.#gate !== undefined) {
      this.#fromGate(this.#gate.protocolRejected(), now);
    } else if (protocol === Protocol.IPCP && this.#mayStartIpcp && this.#ipcp.state !== 'Opened') {
      this.#fromIpcp(this.#ipcp.protocolRejected(now));
    } else this.#outputs.push({ type: 'discarded', reason: 'protocol_rejected' });
    return this.#drain();
  }

  /** A good packet came out of the data path. */
  confirm(): void {
    this.#gate?.confirm();
  }

  requestReset(now: number): NetworkPhaseOutput[] {
    this.#fromGate(this.#gate?.requestReset(now) ?? [], now);
    return this.#drain();
  }

  expire(now: number): NetworkPhaseOutput[] {
    this.#fromGate(this.#gate?.expire(now) ?? [], now);
    this.#fromIpcp(this.#ipcp.expire(now));
    return this.#drain();
  }

  #drain(): NetworkPhaseOutput[] {
    const outputs = this.#outputs;
    this.#outputs = [];
    return outputs;
  }

  #fromGate(outputs: readonly GateOutput[], now: number): void {
    for (const output of outputs) {
      if (output.type === 'encrypted') this.#encrypt(output.receive, output.transmit, now);
      else if (output.type === 'clear') this.#startIpcp(now);
      else if (output.type === 'refused') {
        const { reason, detail } = output;
        this.#outputs.push({ type: 'failed', reason: 'encryption_refused', text: reason, detail });
      } else this.#outputs.push(output);
    }
  }

  #encrypt(receive: MppeChoice, transmit: MppeChoice, now: number): void {
    this.#outputs.push({
      type: 'encrypted',
      receive: this.#parameters(receive, 'receive'),
      transmit: this.#parameters(transmit, 'send'),
    });
    this.#startIpcp(now);
  }

  #parameters({ keyLength, isStateless }: MppeChoice, direction: 'send' | 'receive'): MppeParameters {
    const startKey = getAsymmetricStartKey(this.#options.masterKey, keyLength, direction, this.#options.side);
    return { keyLength, stateless: isStateless, startKey };
  }

  #startIpcp(now: number): void {
    this.#mayStartIpcp = true;
    this.#fromIpcp(this.#ipcp.open(now));
    if (this.#earlyRequest !== undefined) this.#fromIpcp(this.#ipcp.receive(this.#earlyRequest, now));
    this.#earlyRequest = undefined;
  }

  #fromIpcp(outputs: readonly NegotiationOutput[]): void {
    for (const output of outputs) {
      switch (output.type) {
        case 'transmit':
        case 'discarded':
          this.#outputs.push(output);
          break;
        case 'up':
          this.#outputs.push({ type: 'opened' });
          break;
        case 'refused':
          this.#fail(output.reason);
          break;
        case 'finished':
          this.#fail('the client answered no IPCP, or refuses IPv4');
      }
    }
  }

  #fail(detail: string): void {
    this.#outputs.push({
      type: 'failed',
      reason: 'negotiation_failed',
      text: 'no agreement on IPCP',
      detail,
    });
  }
}

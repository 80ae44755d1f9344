// One PPP link as the server runs it: the phases of RFC 1661 §3.2 around LCP, CHAP, CCP and IPCP. Composes; every rule about
// options, keys or states lives in the part it belongs to. Data packets never come here.
import { MalformedPacket } from '../bytes/malformed.ts';
import type { EncryptionPolicy } from './ccp.ts';
import { ChapAuthenticator, type ChapOutput, type ErrorCode, type Verdict } from './chap.ts';
import { Code, type ControlPacket, decodeControlPacket } from './control-packet.ts';
import { isNetworkControl, Protocol } from './frame.ts';
import { IpcpOptions, type Network } from './ipcp.ts';
import { type Ending, LcpLayer, type LcpLayerOutput } from './lcp-layer.ts';
import type { LinkDownReason, LinkOutput } from './link-output.ts';
import { NetworkPhase, type NetworkPhaseOutput } from './network-phase.ts';
import { RateLimit } from './rate-limit.ts';

export type { AuthenticationAttempt, Verdict } from './chap.ts';
export type { LinkDownReason, LinkOutput, MppeParameters } from './link-output.ts';

/** RFC 1661 §3.2. */
export type Phase = 'Dead' | 'Establish' | 'Authenticate' | 'Network' | 'Terminate';

export interface LinkOptions {
  /** Our name in the CHAP challenge. */
  name: string;
  /** What we receive at most, bytes. */
  mru: number;
  encryption: EncryptionPolicy;
  /** Milliseconds between LCP Echo-Requests; 0: none. Three unanswered ones end the link. */
  keepaliveInterval: number;
  /** Cryptographically strong: challenges come from here. */
  random: (size: number) => Uint8Array;
}

/** CP-1: a client needs about fifteen packets to connect. */
const PacketsPerSecond = 20;
/** Between the two Terminate-Requests of an end that the owner ordered, ms: nobody waits for a client that may be gone. */
const BriskFarewell = 250;
/** Never answered: an answer would quote what may have been encrypted a hop ago (CP-6). */
const dataProtocols: readonly number[] = [Protocol.IPv4, Protocol.IPv6, Protocol.CompressedDatagram];

export class Link {
  readonly #options: LinkOptions;
  readonly #lcp: LcpLayer;
  readonly #chap: ChapAuthenticator;
  readonly #negotiations = new RateLimit(PacketsPerSecond, PacketsPerSecond);
  readonly #echoes = new RateLimit(PacketsPerSecond, PacketsPerSecond);
  #phase: Phase = 'Dead';
  #network: NetworkPhase | undefined;
  #address = 0;
  #outputs: LinkOutput[] = [];

  constructor(options: LinkOptions) {
    const { mru, random, keepaliveInterval, name } = options;
    this.#options = options;
    this.#lcp = new LcpLayer({ mru, random, role: 'authenticator' }, keepaliveInterval);
    this.#chap = new ChapAuthenticator(name, random);
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** What the peer receives at most, never more than we do; 1500 until LCP says otherwise (LCP-4). */
  get peersMru(): number {
    return this.#lcp.peersMru;
  }

  /** Milliseconds on the caller's clock; Infinity when no timer runs. */
  get deadline(): number {
    if (this.#phase === 'Dead') return Number.POSITIVE_INFINITY;
    return Math.min(
      this.#lcp.deadline,
      this.#chap.deadline,
      this.#network?.deadline ?? Number.POSITIVE_INFINITY,
    );
  }

  /** The lower layer is up; once in a link's life. */
  open(now: number): LinkOutput[] {
    this.#phase = 'Establish';
    this.#fromLcp(this.#lcp.open(now), now);
    return this.#drain();
  }

  /** One control frame: LCP, CHAP, CCP, IPCP or anything unknown. `information` may be reused after the call. */
  receive(protocol: number, information: Uint8Array, now: number): LinkOutput[] {
    if (this.#phase === 'Dead') return [];
    try {
      this.#dispatch(protocol, information.slice(), now);
    } catch (error) {
      if (!(error instanceof MalformedPacket)) throw error;
      this.#discard(error.reason);
    }
    return this.#drain();
  }

  expire(now: number): LinkOutput[] {
    if (this.#phase === 'Dead') return [];
    this.#fromLcp(this.#lcp.expire(now), now);
    this.#fromChap(this.#chap.expire(now), now);
    this.#fromNetwork(this.#network?.expire(now) ?? [], now);
    return this.#drain();
  }

  /** The verdict on the last 'authenticate'. */
  conclude(verdict: Verdict, now: number): LinkOutput[] {
    if (this.#phase === 'Authenticate') this.#fromChap(this.#chap.conclude(verdict, now), now);
    return this.#drain();
  }

  /** A good packet came out of the data path: the peer lives, and it has our CCP Ack (CCP-8). */
  alive(): void {
    this.#lcp.alive();
    this.#network?.confirm();
  }

  /** The data path lost the count of a stateful receive direction (RFC 3078 §7.2). */
  requestReset(now: number): LinkOutput[] {
    this.#fromNetwork(this.#network?.requestReset(now) ?? [], now);
    return this.#drain();
  }

  /** A padded Echo-Request whose LCP packet is `informationLength` bytes long; no output unless LCP is up. */
  probe(informationLength: number, now: number): { identifier: number; outputs: LinkOutput[] } {
    const { identifier, outputs } = this.#lcp.probe(informationLength, now);
    this.#fromLcp(outputs, now);
    return { identifier, outputs: this.#drain() };
  }

  /** Terminate-Request with `text` (also the log's detail); 'down' comes with the Ack, or after two tries of 250 ms. */
  terminate(reason: LinkDownReason, text: string, now: number): LinkOutput[] {
    this.#terminate({ reason, text, detail: text }, now, BriskFarewell);
    return this.#drain();
  }

  #drain(): LinkOutput[] {
    const outputs = this.#outputs;
    this.#outputs = [];
    return outputs;
  }

  #discard(reason: string): void {
    this.#outputs.push({ type: 'discarded', reason });
  }

  #dispatch(protocol: number, information: Uint8Array, now: number): void {
    if (protocol === Protocol.LCP) this.#receiveLcp(decodeControlPacket(information), now);
    else if (protocol === Protocol.CHAP) this.#receiveChap(decodeControlPacket(information), now);
    else if (isNetworkControl(protocol) && this.#phase !== 'Network') this.#discard('before_network_phase');
    else if (this.#network?.handles(protocol)) this.#receiveNetwork(protocol, information, now);
    else if (dataProtocols.includes(protocol)) this.#discard('not_control');
    else this.#fromLcp(this.#lcp.reject(protocol, information, now), now);
  }

  /** Echoes have a budget of their own, so that they cannot crowd out negotiation; replies match a request of ours. */
  #receiveLcp(packet: ControlPacket, now: number): void {
    const isRequest = packet.code === Code.EchoRequest || packet.code === Code.DiscardRequest;
    if (isRequest && !this.#echoes.admits(now)) this.#discard('echo_rate');
    else if (isRequest || packet.code === Code.EchoReply || this.#admits(now)) {
      this.#fromLcp(this.#lcp.receive(packet, now), now);
    }
  }

  #receiveChap(packet: ControlPacket, now: number): void {
    if (this.#admits(now)) this.#fromChap(this.#chap.receive(packet), now);
  }

  /** Reset-Requests have a limit of their own in the gate (CCP-7). */
  #receiveNetwork(protocol: number, information: Uint8Array, now: number): void {
    const packet = decodeControlPacket(information);
    this.#chap.confirm();
    const isReset = protocol === Protocol.CCP && packet.code >= Code.ResetRequest;
    if (!isReset && !this.#admits(now)) return;
    this.#fromNetwork(this.#network?.receive(protocol, packet, now) ?? [], now);
  }

  #admits(now: number): boolean {
    const isAdmitted = this.#negotiations.admits(now);
    if (!isAdmitted) this.#discard('negotiation_rate');
    return isAdmitted;
  }

  #fromLcp(outputs: readonly LcpLayerOutput[], now: number): void {
    for (const output of outputs) {
      if (this.#phase === 'Dead') return;
      if (output.type === 'up') this.#authenticate(now);
      else if (output.type === 'down') this.#restart();
      else if (output.type === 'ended') this.#end(output.reason, output.detail);
      else if (output.type === 'protocolRejected') this.#protocolRejected(output.protocol, now);
      else this.#outputs.push(output);
    }
  }

  #authenticate(now: number): void {
    this.#phase = 'Authenticate';
    this.#fromChap(this.#chap.start(now), now);
  }

  /** LCP-9: nothing of the old authentication survives. */
  #restart(): void {
    const wasAuthenticated = this.#phase === 'Network';
    this.#phase = 'Establish';
    this.#dropUpperLayers();
    if (wasAuthenticated) this.#outputs.push({ type: 'restarted' });
  }

  #dropUpperLayers(): void {
    this.#chap.stop();
    this.#network = undefined;
  }

  #end(reason: LinkDownReason, detail: string): void {
    this.#phase = 'Dead';
    this.#dropUpperLayers();
    this.#outputs.push({ type: 'down', reason, detail });
  }

  #protocolRejected(protocol: number, now: number): void {
    if (protocol === Protocol.CHAP && this.#phase === 'Authenticate') {
      const detail = 'the client knows no CHAP';
      this.#terminate({ reason: 'authentication_refused', text: 'authentication required', detail }, now);
    } else if (this.#network === undefined) this.#discard('protocol_rejected');
    else this.#fromNetwork(this.#network.protocolRejected(protocol, now), now);
  }

  #fromChap(outputs: readonly ChapOutput[], now: number): void {
    for (const output of outputs) {
      if (output.type === 'transmit') this.#outputs.push({ ...output, probe: false });
      else if (output.type === 'authenticated') this.#startNetwork(output.network, output.masterKey, now);
      else if (output.type === 'failed') {
        const reason = failureReasons[output.errorCode] ?? 'authentication_failed';
        this.#terminate({ reason, text: 'authentication failed', detail: output.detail }, now);
      } else if (output.type === 'timedOut') {
        const detail = 'the client did not answer CHAP';
        this.#terminate({ reason: 'authentication_timeout', text: 'authentication timed out', detail }, now);
      } else this.#outputs.push(output);
    }
  }

  #startNetwork(network: Network, masterKey: Uint8Array, now: number): void {
    this.#phase = 'Network';
    this.#lcp.protect();
    this.#address = network.address;
    this.#network = new NetworkPhase({
      encryption: this.#options.encryption,
      ipcp: new IpcpOptions(network),
      side: 'server',
      masterKey,
      peersMru: this.peersMru,
    });
    this.#fromNetwork(this.#network.open(now), now);
  }

  #fromNetwork(outputs: readonly NetworkPhaseOutput[], now: number): void {
    for (const output of outputs) {
      if (output.type === 'failed') this.#terminate(output, now);
      else if (output.type === 'transmit') this.#outputs.push({ ...output, probe: false });
      else if (output.type === 'opened') this.#open();
      else this.#outputs.push(output);
    }
  }

  #open(): void {
    this.#outputs.push({ type: 'opened', peersMru: this.peersMru, address: this.#address });
  }

  /** CHAP stays only to repeat a lost Failure; everything above it goes. */
  #terminate(ending: Ending, now: number, retryAfter?: number): void {
    if (this.#phase === 'Dead' || this.#phase === 'Terminate') return;
    this.#phase = 'Terminate';
    this.#chap.finish();
    this.#network = undefined;
    this.#fromLcp(this.#lcp.close(ending, now, retryAfter), now);
  }
}

const failureReasons: Partial<Record<ErrorCode, LinkDownReason>> = { 647: 'suspended', 648: 'expired' };

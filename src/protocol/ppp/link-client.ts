// The other end of a PPP link: our own client, which authenticates itself, asks for encryption and for an address. The same
// parts as link.ts in the other role; it is meant for probing and tests and gives up where a real client might go on.
import { MalformedPacket } from '../bytes/malformed.ts';
import type { EncryptionPolicy } from './ccp.ts';
import { ChapPeer, type ChapPeerOutput, type Credentials } from './chap-peer.ts';
import { type ControlPacket, decodeControlPacket } from './control-packet.ts';
import { isNetworkControl, Protocol } from './frame.ts';
import { IpcpClientOptions } from './ipcp-client.ts';
import { LcpLayer, type LcpLayerOutput } from './lcp-layer.ts';
import type { LinkOutput } from './link-output.ts';
import { NetworkPhase, type NetworkPhaseOutput } from './network-phase.ts';

export interface LinkClientOptions {
  credentials: Credentials;
  mru: number;
  encryption: EncryptionPolicy;
  random: (size: number) => Uint8Array;
}

export type LinkClientOutput =
  | Exclude<LinkOutput, { type: 'authenticate' | 'opened' | 'down' }>
  | { type: 'authenticated' }
  | { type: 'opened'; address: number; gatewayAddress: number; dns: readonly number[]; peersMru: number }
  /** Final; `detail` says which step failed and why. */
  | { type: 'down'; step: 'lcp' | 'authentication' | 'encryption' | 'ipcp' | 'link'; detail: string };

type Step = Extract<LinkClientOutput, { type: 'down' }>['step'];

export class LinkClient {
  readonly #options: LinkClientOptions;
  readonly #lcp: LcpLayer;
  readonly #chap: ChapPeer;
  readonly #ipcp = new IpcpClientOptions();
  #network: NetworkPhase | undefined;
  #step: Step = 'lcp';
  #failure: string | undefined;
  #isDown = false;
  #outputs: LinkClientOutput[] = [];

  constructor(options: LinkClientOptions) {
    const { mru, random, credentials } = options;
    this.#options = options;
    this.#lcp = new LcpLayer({ mru, random, role: 'peer' }, 0);
    this.#chap = new ChapPeer(credentials, random);
  }

  /** Milliseconds on the caller's clock; Infinity when no timer runs. */
  get deadline(): number {
    if (this.#isDown) return Number.POSITIVE_INFINITY;
    return Math.min(this.#lcp.deadline, this.#network?.deadline ?? Number.POSITIVE_INFINITY);
  }

  open(now: number): LinkClientOutput[] {
    this.#fromLcp(this.#lcp.open(now), now);
    return this.#drain();
  }

  receive(protocol: number, information: Uint8Array, now: number): LinkClientOutput[] {
    if (this.#isDown) return [];
    try {
      this.#dispatch(protocol, information.slice(), now);
    } catch (error) {
      if (!(error instanceof MalformedPacket)) throw error;
      this.#outputs.push({ type: 'discarded', reason: error.reason });
    }
    return this.#drain();
  }

  /** Why the link is on its way down; known before 'down', which waits for the goodbye. */
  get failure(): { step: Step; detail: string } | undefined {
    return this.#failure === undefined ? undefined : { step: this.#step, detail: this.#failure };
  }

  expire(now: number): LinkClientOutput[] {
    if (this.#isDown) return [];
    this.#fromLcp(this.#lcp.expire(now), now);
    this.#fromNetwork(this.#network?.expire(now) ?? [], now);
    return this.#drain();
  }

  /** A padded Echo-Request whose LCP packet is `informationLength` bytes long. */
  probe(informationLength: number, now: number): { identifier: number; outputs: LinkClientOutput[] } {
    const { identifier, outputs } = this.#lcp.probe(informationLength, now);
    this.#fromLcp(outputs, now);
    return { identifier, outputs: this.#drain() };
  }

  /** Terminate-Request; 'down' follows the Ack or two timeouts. */
  terminate(text: string, now: number): LinkClientOutput[] {
    this.#fail(text, now);
    return this.#drain();
  }

  #drain(): LinkClientOutput[] {
    const outputs = this.#outputs;
    this.#outputs = [];
    return outputs;
  }

  #dispatch(protocol: number, information: Uint8Array, now: number): void {
    if (protocol === Protocol.LCP)
      this.#fromLcp(this.#lcp.receive(decodeControlPacket(information), now), now);
    else if (protocol === Protocol.CHAP) this.#receiveChap(decodeControlPacket(information), now);
    else if (this.#network?.handles(protocol)) {
      this.#fromNetwork(this.#network.receive(protocol, decodeControlPacket(information), now), now);
    } else if (this.#network === undefined && isNetworkControl(protocol)) {
      this.#outputs.push({ type: 'discarded', reason: 'before_network_phase' });
    } else this.#fromLcp(this.#lcp.reject(protocol, information, now), now);
  }

  /** A challenge that overtook our LCP's Ack is void: the server sends it again (RFC 1661 §3.5). */
  #receiveChap(packet: ControlPacket, now: number): void {
    if (this.#step === 'lcp') this.#outputs.push({ type: 'discarded', reason: 'before_authentication' });
    else this.#fromChap(this.#chap.receive(packet), now);
  }

  #fromLcp(outputs: readonly LcpLayerOutput[], now: number): void {
    for (const output of outputs) {
      if (output.type === 'up') this.#step = 'authentication';
      else if (output.type === 'down') this.#restart();
      else if (output.type === 'ended') this.#end(output.detail);
      else if (output.type !== 'protocolRejected') this.#outputs.push(output);
      else if (this.#network !== undefined) {
        this.#fromNetwork(this.#network.protocolRejected(output.protocol, now), now);
      }
    }
  }

  #restart(): void {
    this.#step = 'lcp';
    this.#network = undefined;
  }

  #end(detail: string): void {
    if (this.#isDown) return;
    this.#isDown = true;
    this.#network = undefined;
    this.#outputs.push({ type: 'down', step: this.#step, detail: this.#failure ?? detail });
  }

  #fromChap(outputs: readonly ChapPeerOutput[], now: number): void {
    for (const output of outputs) {
      if (output.type === 'transmit') this.#outputs.push({ ...output, probe: false });
      else if (output.type === 'authenticated') this.#startNetwork(output.masterKey, now);
      else if (output.type === 'failed') this.#fail(output.detail, now);
      else this.#outputs.push(output);
    }
  }

  #startNetwork(masterKey: Uint8Array, now: number): void {
    this.#step = this.#options.encryption.policy === 'Disabled' ? 'ipcp' : 'encryption';
    this.#lcp.protect();
    this.#outputs.push({ type: 'authenticated' });
    this.#network = new NetworkPhase({
      encryption: this.#options.encryption,
      ipcp: this.#ipcp,
      side: 'client',
      masterKey,
      peersMru: this.#lcp.peersMru,
    });
    this.#fromNetwork(this.#network.open(now), now);
  }

  #fromNetwork(outputs: readonly NetworkPhaseOutput[], now: number): void {
    for (const output of outputs) {
      if (output.type === 'failed') this.#fail(output.detail, now);
      else if (output.type === 'transmit') this.#outputs.push({ ...output, probe: false });
      else if (output.type === 'opened') this.#open();
      else {
        if (output.type === 'encrypted') this.#step = 'ipcp';
        this.#outputs.push(output);
      }
    }
  }

  #open(): void {
    this.#step = 'link';
    const { address, gatewayAddress, dns } = this.#ipcp;
    this.#outputs.push({ type: 'opened', address, gatewayAddress, dns, peersMru: this.#lcp.peersMru });
  }

  #fail(detail: string, now: number): void {
    if (this.#isDown || this.#failure !== undefined) return;
    this.#failure = detail;
    this.#network = undefined;
    const ending = { reason: 'administrative', text: 'client is leaving', detail } as const;
    this.#fromLcp(this.#lcp.close(ending, now), now);
  }
}

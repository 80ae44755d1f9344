// LCP Echo and Protocol-Reject (RFC 1661 §5.7, §5.8): the packets of an opened LCP that negotiate nothing, and the keepalive
// that declares a silent peer dead.
import { Code, ControlHeaderLength, type ControlPacket, encodeControlPacket } from './control-packet.ts';
import type { LcpOptions } from './lcp.ts';
import { RateLimit } from './rate-limit.ts';

/** Why an Echo-Request was sent. */
export type EchoPurpose = 'keepalive' | 'probe' | 'doubt';

export interface Outstanding {
  readonly purpose: EchoPurpose;
  readonly sentAt: number;
  /** Of the whole LCP packet. */
  readonly informationLength: number;
}

/** Three requests in a row without a sign of life. */
const DeadAfter = 3;
/** Probes whose answers may still come; older ones are forgotten. */
const MaximumOutstanding = 32;
/** CP-6: more than a client that tries six protocols needs, less than a storm. */
const ProtocolRejectsPerSecond = 2;
const ProtocolRejectBurst = 8;
const MagicLength = 4;
const ProtocolLength = 2;

export class Echo {
  readonly #interval: number;
  readonly #options: LcpOptions;
  readonly #outstanding = new Map<number, Outstanding>();
  readonly #protocolRejects = new RateLimit(ProtocolRejectsPerSecond, ProtocolRejectBurst);
  #identifier = 0;
  #protocolRejectIdentifier = 0;
  #unanswered = 0;
  #deadline = Number.POSITIVE_INFINITY;

  /** `interval` in milliseconds; 0 sends no keepalive. */
  constructor(options: LcpOptions, interval: number) {
    this.#options = options;
    this.#interval = interval;
  }

  get deadline(): number {
    return this.#deadline;
  }

  start(now: number): void {
    this.#unanswered = 0;
    if (this.#interval > 0) this.#deadline = now + this.#interval;
  }

  stop(): void {
    this.#outstanding.clear();
    this.#deadline = Number.POSITIVE_INFINITY;
  }

  /** Any valid traffic is as good as a reply. */
  alive(): void {
    this.#unanswered = 0;
  }

  /** An Echo-Request of `informationLength` bytes in all, filled up with zeros. */
  request(
    purpose: EchoPurpose,
    informationLength: number,
    now: number,
  ): { identifier: number; information: Uint8Array } {
    const identifier = (this.#identifier + 1) & 0xff;
    this.#identifier = identifier;
    const data = new Uint8Array(Math.max(informationLength - ControlHeaderLength, MagicLength));
    new DataView(data.buffer).setUint32(0, this.#options.magicNumber);
    const information = encodeControlPacket({ code: Code.EchoRequest, identifier, data });
    this.#outstanding.delete(identifier);
    this.#outstanding.set(identifier, { purpose, sentAt: now, informationLength: information.length });
    for (const oldest of this.#outstanding.keys()) {
      if (this.#outstanding.size <= MaximumOutstanding) break;
      this.#outstanding.delete(oldest);
    }
    return { identifier, information };
  }

  /** The request that this reply answers, or undefined when there is none. `roundTrip` in milliseconds. */
  reply(identifier: number, now: number): (Outstanding & { roundTrip: number }) | undefined {
    const request = this.#outstanding.get(identifier);
    if (request === undefined) return undefined;
    this.#outstanding.delete(identifier);
    this.#unanswered = 0;
    return { ...request, roundTrip: now - request.sentAt };
  }

  /**
   * The Echo-Reply to a request, cut to the peer's MRU (LCP-7); 'loopback' when the request is our own (LCP-6), undefined
   * when it is too short to hold a magic number.
   */
  answer(request: ControlPacket): Uint8Array | 'loopback' | undefined {
    if (request.data.length < MagicLength) return undefined;
    const { magicNumber, peersMru } = this.#options;
    const data = request.data.slice(0, peersMru - ControlHeaderLength);
    const view = new DataView(data.buffer);
    if (magicNumber !== 0 && view.getUint32(0) === magicNumber) return 'loopback';
    view.setUint32(0, magicNumber);
    return encodeControlPacket({ code: Code.EchoReply, identifier: request.identifier, data });
  }

  /** A Protocol-Reject, cut to the peer's MRU; undefined when there were too many lately. */
  rejectProtocol(protocol: number, information: Uint8Array, now: number): Uint8Array | undefined {
    if (!this.#protocolRejects.admits(now)) return undefined;
    const room = this.#options.peersMru - ControlHeaderLength - ProtocolLength;
    const data = Uint8Array.of(protocol >>> 8, protocol & 0xff, ...information.subarray(0, room));
    this.#protocolRejectIdentifier = (this.#protocolRejectIdentifier + 1) & 0xff;
    return encodeControlPacket({
      code: Code.ProtocolReject,
      identifier: this.#protocolRejectIdentifier,
      data,
    });
  }

  /** What the keepalive timer asks for. */
  expire(now: number): 'request' | 'dead' | undefined {
    if (now < this.#deadline) return undefined;
    if (this.#unanswered >= DeadAfter) {
      this.stop();
      return 'dead';
    }
    this.#unanswered++;
    this.#deadline = now + this.#interval;
    return 'request';
  }
}

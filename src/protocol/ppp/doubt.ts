// A cleartext packet that would take a running link down may be forged (LCP-9, LCP-10). It is held back while the peer is
// asked whether it is still there: a peer that really left or restarted no longer answers echoes.
import type { Event } from './automaton.ts';
import type { ControlPacket } from './control-packet.ts';
import type { Admission } from './negotiation.ts';
import { terminateMagicNumber } from './peer-words.ts';

/** A peer that answers within this is alive, and the packet was not its own. */
const Patience = 2000;
/** Several requests, so that one lost packet does not end a link. */
const RequestInterval = 600;
/** LCP-9. */
const TimeBetweenRestarts = 60_000;

export class Doubt {
  #packet: ControlPacket | undefined;
  #endsAt = Number.POSITIVE_INFINITY;
  #requestAt = Number.POSITIVE_INFINITY;
  #restartedAt = Number.NEGATIVE_INFINITY;

  get deadline(): number {
    return Math.min(this.#endsAt, this.#requestAt);
  }

  get isOpen(): boolean {
    return this.#packet !== undefined;
  }

  /** Holds `packet` back unless it is plainly not the peer's, or too much; the first request is then due at once. */
  suspect(event: Event, packet: ControlPacket, peersMagicNumber: number, now: number): Admission {
    const isRestart = event === 'RCR+' || event === 'RCR-' || event === 'RTA';
    const isTooSoon = isRestart && now < this.#restartedAt + TimeBetweenRestarts;
    const magicNumber = event === 'RTR' ? terminateMagicNumber(packet) : undefined;
    const isForged = magicNumber !== undefined && magicNumber !== peersMagicNumber;
    if (isTooSoon || isForged || this.isOpen) return 'discard';
    this.#packet = packet;
    this.#endsAt = now + Patience;
    this.#requestAt = now;
    return 'withhold';
  }

  /** The peer began a new negotiation: the next one must wait. */
  noteRestart(now: number): void {
    this.#restartedAt = now;
  }

  /** The peer answered, or the link is no longer there to be taken down. */
  dismiss(): void {
    this.#packet = undefined;
    this.#endsAt = Number.POSITIVE_INFINITY;
    this.#requestAt = Number.POSITIVE_INFINITY;
  }

  /** 'request' when an Echo-Request is due; the packet when the peer proved to be gone. */
  expire(now: number): 'request' | ControlPacket | undefined {
    const packet = this.#packet;
    if (packet === undefined) return undefined;
    if (now >= this.#endsAt) {
      this.dismiss();
      return packet;
    }
    if (now < this.#requestAt) return undefined;
    this.#requestAt = now + RequestInterval;
    return 'request';
  }
}

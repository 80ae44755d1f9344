// What ICMP said of the path (RFC 1191 §4): kept for 10 minutes, never below the floor. Whoever guesses a call id can forge it.
import { floorSize, usualSizeBelow } from './usual-sizes.ts';

const lifetime = 600_000;
/** A router may count other headers than we do, bytes. */
const leeway = 4;

export class SizeHint {
  #size: number | undefined;
  /** When it is to be forgotten, ms; Infinity while there is none. */
  expires = Infinity;

  get size(): number | undefined {
    return this.#size;
  }

  /** Takes a smaller size than `known`, and returns it. `nextHopMtu` 0: from a router older than RFC 1191. */
  take(nextHopMtu: number, packetLength: number, known: number, now: number): number | undefined {
    const size = Math.max(floorSize, nextHopMtu > 0 ? nextHopMtu : usualSizeBelow(packetLength));
    if (size >= known) return undefined;
    this.#size = size;
    this.expires = now + lifetime;
    return size;
  }

  forget(): void {
    this.#size = undefined;
    this.expires = Infinity;
  }

  /** Whether a router named this size: then the path is no black hole. One that named another said nothing of it. */
  announced(pathMtu: number, now: number): boolean {
    return this.#size !== undefined && this.expires > now && Math.abs(this.#size - pathMtu) <= leeway;
  }
}

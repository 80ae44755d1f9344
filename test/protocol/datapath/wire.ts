// A one-way wire in simulated time that loses, doubles and delays packets by a seeded generator.
import { createRandom } from './support.ts';

export interface WireFaults {
  /** Chances, 0 to 1. */
  loss?: number;
  duplicate?: number;
  reorder?: number;
  /** How much later a reordered packet may come, ms. */
  reorderDelay?: number;
}

export class Wire {
  readonly #faults: WireFaults;
  readonly #random: () => number;
  #underway: { packet: Uint8Array; at: number }[] = [];
  lost = 0;
  duplicated = 0;
  delayed = 0;

  constructor(seed: number, faults: WireFaults) {
    this.#faults = faults;
    this.#random = createRandom(seed);
  }

  put(packets: readonly Uint8Array[], now: number): void {
    for (const packet of packets) this.#put(packet, now + 5);
  }

  /** What has arrived by `now`, in order of arrival. */
  take(now: number): Uint8Array[] {
    const arrived = this.#underway.filter((one) => one.at <= now).sort((one, other) => one.at - other.at);
    this.#underway = this.#underway.filter((one) => one.at > now);
    return arrived.map((one) => one.packet);
  }

  get isEmpty(): boolean {
    return this.#underway.length === 0;
  }

  #put(packet: Uint8Array, at: number): void {
    const { loss = 0, duplicate = 0, reorder = 0, reorderDelay = 0 } = this.#faults;
    if (this.#random() < loss) {
      this.lost++;
      return;
    }
    const isLate = this.#random() < reorder;
    if (isLate) this.delayed++;
    const arrival = at + (isLate ? this.#random() * reorderDelay : 0);
    this.#underway.push({ packet, at: arrival });
    if (this.#random() >= duplicate) return;
    this.duplicated++;
    this.#underway.push({ packet: packet.slice(), at: arrival + this.#random() * 20 });
  }
}

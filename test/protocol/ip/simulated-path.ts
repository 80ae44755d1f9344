// A path between PathMtuDiscovery and a peer, in simulated time and with a seed: it swallows what is too long and
// loses some of the rest, and no router on it says a word.
import { PathMtuDiscovery } from '../../../src/protocol/ip/path-mtu.ts';
import type { PathMtuOptions, PathMtuOutput } from '../../../src/protocol/ip/path-mtu-output.ts';

export interface Path {
  mtu: number;
  /** The way back; default `mtu`. An echo that does not fit is lost, an acknowledgment always fits. */
  mtuBack?: number;
  /** Above it our own host refuses to send (EMSGSIZE). */
  localMtu: number;
  /** Of each packet, each way: 0 to 1. */
  loss: number;
  /** ms */
  roundTrip: number;
  /** `acknowledgments`: no echo, but the number of the last packet received, 50 ms later. */
  peer: 'echoes' | 'acknowledgments' | 'silent';
}

export type Seen = Exclude<PathMtuOutput, { type: 'probe' }> & { readonly at: number };

export class SimulatedPath {
  readonly path: Path;
  readonly discovery: PathMtuDiscovery;
  readonly #random: () => number;
  #arrivals: { at: number; size: number; refused?: true; isNamed?: true }[] = [];
  #lastReceived = 0;
  now = 1000;
  probes = 0;
  /** Everything said but the probes. */
  readonly seen: Seen[] = [];

  constructor(path: Partial<Path>, options: Partial<PathMtuOptions> = {}, seed = 1) {
    this.path = { mtu: 1500, localMtu: 1500, loss: 0, roundTrip: 100, peer: 'echoes', ...path };
    this.discovery = new PathMtuDiscovery({
      peersMru: 1500,
      interfaceMtu: 1500,
      encryption: { mppe: true },
      ...options,
    });
    this.#random = seededRandom(seed);
  }

  carryOut(outputs: PathMtuOutput[]): void {
    for (const output of outputs) {
      if (output.type === 'probe') this.#send(output.size);
      else this.seen.push({ ...output, at: this.now });
    }
  }

  /** Until `duration` ms have passed, or `isOver`. Returns the ms that passed. */
  run(duration: number, isOver: () => boolean = () => false): number {
    const begin = this.now;
    while (!isOver()) {
      const next = Math.min(this.discovery.deadline, this.#arrivals[0]?.at ?? Infinity);
      if (next > begin + duration) {
        this.now = begin + duration;
        break;
      }
      this.now = Math.max(this.now, next);
      if (this.#arrivals[0] !== undefined && this.#arrivals[0].at <= this.now)
        this.#deliver(this.#arrivals.shift()!);
      else this.carryOut(this.discovery.expire(this.now));
    }
    return this.now - begin;
  }

  /** Start, and run until something is known. Returns the ms it took. */
  settle(): number {
    this.carryOut(this.discovery.start(this.now));
    return this.run(60_000, () =>
      this.seen.some((one) => one.type === 'confirmed' || one.type === 'indeterminate'),
    );
  }

  said(type: PathMtuOutput['type']): Seen[] {
    return this.seen.filter((one) => one.type === type);
  }

  #send(size: number): void {
    this.probes++;
    if (size > this.path.localMtu) {
      this.#arrivals.unshift({ at: this.now, size, refused: true });
      return;
    }
    const isLost = () => this.#random() < this.path.loss;
    if (size > this.path.mtu || isLost() || this.path.peer === 'silent') return;
    if (this.path.peer === 'echoes' && isLost()) return;
    const jitter = 1 + 0.2 * this.#random();
    const delay = this.path.roundTrip * jitter + (this.path.peer === 'acknowledgments' ? 50 : 0);
    const fitsBack = size <= (this.path.mtuBack ?? this.path.mtu) || this.path.peer === 'acknowledgments';
    if (fitsBack) this.#arrivals.push({ at: this.now + delay, size });
    if (this.path.mtuBack !== undefined)
      this.#arrivals.push({ at: this.now + delay - 1, size, isNamed: true });
    if (this.path.peer === 'acknowledgments') {
      // Only the last of a burst is named.
      this.#arrivals = this.#arrivals.filter((one) => one.at < this.now || one.size === size);
      this.#lastReceived = size;
    }
    this.#arrivals.sort((one, other) => one.at - other.at);
  }

  #deliver({ size, refused, isNamed }: { size: number; refused?: true; isNamed?: true }): void {
    if (refused) {
      this.carryOut(this.discovery.refused(size, this.now));
      return;
    }
    if (this.path.peer === 'acknowledgments' && size !== this.#lastReceived) return;
    const proof = this.path.peer === 'echoes' && !isNamed ? 'echo' : 'acknowledgment';
    this.carryOut(this.discovery.answered(size, proof, this.now));
  }
}

/** mulberry32: small, seeded, good enough to lose packets by. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

// Which size to ask for next, so that any path is found by 8 single probes and a usual one by fewer. Pure.
//
// The ladder has a step every 5 bytes: a path of 1300 to 1304 bytes is found as 1300. Usual sizes are steps of their own.
// Each step gets a place from 0 to 255, a usual one with room around it (an alphabetic code: what is likely has a short
// name). The next probe is the step at the roundest place between what fits and what does not:
//
//   size   576       891          1206    1280   1400   1438  1454      1492   1500
//   place   0         64           128     144    172    184   192       204    224
//                     2nd          1st                         2nd              3rd
import { floorSize, usualSizes } from './usual-sizes.ts';

/** The result may be this much below the path, bytes. */
export const tolerance = 4;

/** Places; 8 halvings tell them apart. A longer ladder (jumbo frames) simply goes on. */
const places = 256;
/** A multiple of 4 and the room up to the next: two probes are left for doubt. */
const usualRoom = 4;
/** The floor has to be asked for as well, once everything above it has failed. */
const floorRoom = 2;
/** Just below the first probe of all: if that got lost, there is one left to notice. */
const firstProbeRoom = 2;

export class SizeLadder {
  readonly #sizes: readonly number[];
  readonly #places: readonly number[];

  /** `limit`: the last step, all we could ever send. */
  constructor(limit: number) {
    this.#sizes = stepsUpTo(limit);
    this.#places = placesOf(this.#sizes);
  }

  /** The best size to ask for, above `fits` and below `tooLong`; undefined when the answer is known to a step. */
  between(fits: number, tooLong: number): number | undefined {
    const sizes = this.#sizes;
    const at = Math.max(
      sizes.findLastIndex((size) => size <= fits),
      0,
    );
    const last = sizes.findLastIndex((size) => size < tooLong);
    const first = sizes.findIndex((size, index) => index > 0 && size > fits);
    if (first < 0 || last < first) return undefined;
    const roundest = roundestAbove(this.#places[at]!, this.#places[last]!);
    return sizes.find((_, index) => index >= first && this.#places[index]! >= roundest);
  }
}

function stepsUpTo(limit: number): number[] {
  const steps: number[] = [];
  for (let size = Math.min(floorSize, limit); size < limit; ) {
    steps.push(size);
    const usual = usualSizes.find((one) => one > size) ?? limit;
    size = Math.min(size + tolerance + 1, usual);
  }
  return [...steps, limit];
}

function placesOf(sizes: readonly number[]): number[] {
  let next = 0;
  const found = sizes.slice(0, -1).map((size) => {
    const room = roomOf(size, next);
    const place = Math.ceil(next / room) * room;
    next = place + room;
    return place;
  });
  // The limit is the likeliest of all.
  const end = Math.max(places, next + 1);
  return [...found, roundestAbove(next - 1, end - 1)];
}

function roomOf(size: number, place: number): number {
  if (size === floorSize) return floorRoom;
  if (usualSizes.includes(size)) return usualRoom;
  return place === places / 2 - firstProbeRoom ? firstProbeRoom : 1;
}

/** The multiple of the largest power of two above `low` and not above `high`. */
function roundestAbove(low: number, high: number): number {
  const bit = 31 - Math.clz32(low ^ high);
  return (high >>> bit) << bit;
}

// Sizes of outer packets that paths usually carry: RFC 1191 §7's plateaus, as they are today.

/** IPv6's least; tunnels; two carriers' lines in Japan; PPPoE; Ethernet. Ascending. */
export const usualSizes: readonly number[] = [1280, 1400, 1438, 1454, 1492, 1500];

/** RFC 791 §3.1: what every host takes. A search ends here, and nothing anyone says pushes below it. */
export const floorSize = 576;

/** A probe that any path carries: tells a deaf peer from a path below the floor. */
export const smallSize = 100;

/** What a router may have that does not tell its MTU (RFC 1191 §5): the next usual size below what did not fit. */
export function usualSizeBelow(size: number): number {
  return usualSizes.findLast((usual) => usual < size) ?? floorSize;
}

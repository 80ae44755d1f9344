// Where everything lies in the data path's one block of memory. Slots are 2 kB: any PPP frame an MRU of 1500 permits fits
// with its outer headers, and what does not fit came truncated and fails the length checks.

import type { ControlVector, SessionPacketVector } from './packet-vector.ts';
import { createControlVector, createPacketVector } from './packet-vector.ts';

export const slotStride = 2048;
/** Before each inner packet: outer IPv4 20, GRE 16, PPP 4, MPPE 4, rounded up. */
export const headroom = 64;
/** Packets the host may hand in at once. */
const batch = 64;
/** One incoming packet can set free all that its session held: 64 more. */
export const largestRelease = 65;
const outCapacity = 2 * batch + largestRelease;

export interface Layout {
  readonly memory: ArrayBuffer;
  readonly greIn: SessionPacketVector;
  readonly tunIn: SessionPacketVector;
  readonly greOut: SessionPacketVector;
  readonly tunOut: SessionPacketVector;
  readonly controlIn: ControlVector;
  /** Slots for packets made here, one per index of the vector. */
  readonly greOutSlots: number;
  readonly tunOutSlots: number;
  readonly controlSlots: number;
  readonly reorderPool: number;
}

/** `poolSlots`: packets that may wait for an earlier one, of all sessions together. */
export function createLayout(poolSlots: number): Layout {
  let end = 0;
  const reserve = (slots: number) => {
    const base = end;
    end += slots * slotStride;
    return base;
  };
  const greIn = createPacketVector(batch, reserve(batch), slotStride, 0);
  const tunIn = createPacketVector(batch, reserve(batch), slotStride, headroom);
  const greOutSlots = reserve(outCapacity);
  const tunOutSlots = reserve(outCapacity);
  const controlSlots = reserve(outCapacity);
  const reorderPool = reserve(poolSlots);
  return {
    memory: new ArrayBuffer(end),
    greIn,
    tunIn,
    greOut: createPacketVector(outCapacity, greOutSlots, slotStride, headroom),
    tunOut: createPacketVector(outCapacity, tunOutSlots, slotStride, headroom),
    controlIn: createControlVector(outCapacity),
    greOutSlots,
    tunOutSlots,
    controlSlots,
    reorderPool,
  };
}

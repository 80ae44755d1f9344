// Everything a data path holds, as one plain record that its functions share. Made once; after that only numbers change.
import { Acknowledgments } from '../gre/acknowledgments.ts';
import { ReceiveWindows } from '../gre/receive-window.ts';
import { largestHold, largestWindow, ReorderQueues } from '../gre/reorder-queues.ts';
import { StallWatch } from '../gre/stall-watch.ts';
import { MppeTable } from '../ppp/mppe.ts';
import {
  type GreDiscardReason,
  greDiscardReasons,
  rowLength,
  type TunDiscardReason,
  tunDiscardReasons,
} from './counters.ts';
import { createDeafSenders, type DeafSenders } from './deaf-senders.ts';
import { createLastLarge, type LastLarge } from './last-large.ts';
import { createLayout, type Layout } from './memory-layout.ts';
import { createSessionEvents, type SessionEvents } from './packet-vector.ts';
import { SessionTable } from './session-table.ts';

export interface DataPathOptions {
  /** Sessions at once; default 1,024, at most 65,534 (call ids are 16 bits). */
  capacity?: number;
  /** Packets of all sessions that may wait for an earlier one; default 1,024, at most 65,535. */
  reorderPool?: number;
  /** Sequence numbers a packet may be ahead and still wait; default 32, at most 64 (GRE-5). */
  reorderWindow?: number;
  /** How long it may wait, ms; default 50, at most 100 (GRE-5). */
  reorderDelay?: number;
  /** Largest inner packet that is written to the TUN; default 1500. */
  tunMtu?: number;
}

export interface DataPathState {
  readonly bytes: Uint8Array;
  readonly layout: Layout;
  readonly sessions: SessionTable;
  readonly windows: ReceiveWindows;
  readonly queues: ReorderQueues;
  readonly acknowledgments: Acknowledgments;
  readonly stallWatch: StallWatch;
  /** Direction `2 * session` receives, `2 * session + 1` transmits. */
  readonly mppe: MppeTable;
  readonly counts: Float64Array;
  readonly discarded: Record<GreDiscardReason, number>;
  readonly tunDiscarded: Record<TunDiscardReason, number>;
  readonly resetsNeeded: SessionEvents;
  readonly desynchronized: SessionEvents;
  readonly stalled: SessionEvents;
  readonly reports: GreObservations;
  readonly trials: MppeTrials;
  /** Token buckets of ICMP errors: two numbers a session. */
  readonly errorTokens: Float64Array;
  readonly deafSenders: DeafSenders;
  readonly lastLarge: LastLarge;
  readonly reorderWindow: number;
  readonly reorderDelay: number;
  readonly tunMtu: number;
  /** When `expire` has something to do, at the latest. */
  deadline: number;
}

/** What `greReport` tells, per session. */
interface GreObservations {
  /** NaN before the first packet. */
  readonly firstReceivedAt: Float64Array;
  readonly lastReceivedAt: Float64Array;
  readonly largestReceived: Uint16Array;
  readonly largestSent: Uint16Array;
  readonly wrongSources: Uint32Array;
  readonly wrongSourcePackets: Float64Array;
  /** Addresses that sent GRE for a call id of nobody, each in the place its low bits name, and when they last did. */
  readonly strangers: Uint32Array;
  readonly strangerTimes: Float64Array;
  /** The last frame in clear outside the window, and what became of it (GRE-10; see far.ts). */
  readonly farSequences: Uint32Array;
  readonly farStates: Uint8Array;
}

/** What bounds the work of following a lost coherency count (MPPE-9), per session. */
interface MppeTrials {
  /** Sequence number of the last packet that decrypted, and whether there was one. */
  readonly lastSequences: Uint32Array;
  readonly hasLast: Uint8Array;
  /** Token buckets, two numbers each: of key changes for small gaps, of trials of large ones. */
  readonly changeTokens: Float64Array;
  readonly largeTokens: Float64Array;
  /** Encrypted packets since the last one that decrypted, and when the first of them came. */
  readonly failures: Uint32Array;
  readonly failingSince: Float64Array;
  /** Stateful: waits for a flushed packet (MPPE-10). */
  readonly awaitsFlush: Uint8Array;
  readonly askedAt: Float64Array;
}

/** A power of two. */
export const strangerPlaces = 256;

export function createState(options: DataPathOptions): DataPathState {
  const capacity = Math.min(options.capacity ?? 1024, 0xfffe);
  const poolSlots = Math.min(options.reorderPool ?? 1024, 0xffff);
  const layout = createLayout(poolSlots);
  const bytes = new Uint8Array(layout.memory);
  return {
    bytes,
    layout,
    sessions: new SessionTable(capacity),
    windows: new ReceiveWindows(capacity),
    queues: new ReorderQueues(bytes, layout.reorderPool, poolSlots, capacity),
    acknowledgments: new Acknowledgments(capacity),
    stallWatch: new StallWatch(capacity),
    mppe: new MppeTable(2 * capacity),
    counts: new Float64Array(capacity * rowLength),
    discarded: zeros(greDiscardReasons),
    tunDiscarded: zeros(tunDiscardReasons),
    resetsNeeded: createSessionEvents(capacity),
    desynchronized: createSessionEvents(capacity),
    stalled: createSessionEvents(capacity),
    reports: createObservations(capacity),
    trials: createTrials(capacity),
    errorTokens: new Float64Array(2 * capacity),
    deafSenders: createDeafSenders(),
    lastLarge: createLastLarge(capacity),
    reorderWindow: Math.min(options.reorderWindow ?? 32, largestWindow),
    reorderDelay: Math.min(options.reorderDelay ?? 50, largestHold),
    tunMtu: options.tunMtu ?? 1500,
    deadline: Number.POSITIVE_INFINITY,
  };
}

/** Adds to one of a session's counters; `counter` is one of `place`. */
export function count(state: DataPathState, session: number, counter: number, amount = 1): void {
  state.counts[session * rowLength + counter]! += amount;
}

/** Makes sure `expire` is called at `time`. */
export function wakeAt(state: DataPathState, time: number): void {
  if (time < state.deadline) state.deadline = time;
}

function createObservations(capacity: number): GreObservations {
  return {
    firstReceivedAt: new Float64Array(capacity),
    lastReceivedAt: new Float64Array(capacity),
    largestReceived: new Uint16Array(capacity),
    largestSent: new Uint16Array(capacity),
    wrongSources: new Uint32Array(capacity),
    strangers: new Uint32Array(strangerPlaces),
    strangerTimes: new Float64Array(strangerPlaces).fill(Number.NEGATIVE_INFINITY),
    wrongSourcePackets: new Float64Array(capacity),
    farSequences: new Uint32Array(capacity),
    farStates: new Uint8Array(capacity),
  };
}

function createTrials(capacity: number): MppeTrials {
  return {
    lastSequences: new Uint32Array(capacity),
    hasLast: new Uint8Array(capacity),
    changeTokens: new Float64Array(2 * capacity),
    largeTokens: new Float64Array(2 * capacity),
    failures: new Uint32Array(capacity),
    failingSince: new Float64Array(capacity),
    awaitsFlush: new Uint8Array(capacity),
    askedAt: new Float64Array(capacity),
  };
}

function zeros<Key extends string>(reasons: Readonly<Record<Key, string>>): Record<Key, number> {
  return Object.fromEntries(Object.keys(reasons).map((key) => [key, 0])) as Record<Key, number>;
}

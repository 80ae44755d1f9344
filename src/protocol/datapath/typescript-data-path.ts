// The data path in TypeScript: the only implementation, and the oracle of any later one. This file is the shell: it walks the
// batches and keeps the lists from overflowing; what happens to a packet is in gre-receive.ts and tun-receive.ts.
import type { Destinations } from '../ip/destinations.ts';
import type { MppeParameters } from '../ppp/link-output.ts';
import {
  type GreDiscardReason,
  place,
  readCounters,
  rowLength,
  type SessionCounters,
  type TunDiscardReason,
} from './counters.ts';
import type {
  CallParameters,
  DataPath,
  GreReport,
  NetworkParameters,
  PathMtuParameters,
} from './data-path.ts';
import { receiveGrePacket } from './gre-receive.ts';
import { beginReport, readReport } from './gre-report.ts';
import {
  carriesInnerPacket,
  hasGreRoom,
  longestInformation,
  nextGreSlot,
  sendFrame,
  sendLoneAcknowledgment,
} from './gre-transmit.ts';
import { forgetLarge } from './last-large.ts';
import { largestRelease } from './memory-layout.ts';
import { resetTrials } from './mppe-trials.ts';
import {
  addSessionEvent,
  type ControlVector,
  type PacketVector,
  type SessionEvents,
  type SessionPacketVector,
} from './packet-vector.ts';
import { expireHeld } from './reorder.ts';
import {
  count,
  createState,
  type DataPathOptions,
  type DataPathState,
  strangerPlaces,
  wakeAt,
} from './state.ts';
import { reportLost, resetErrorTokens } from './too-large.ts';
import { receiveTunPacket } from './tun-receive.ts';

const { message_too_long } = place;

/** errno EMSGSIZE of Linux. */
const messageTooLong = 90;
const defaultReceiveWindow = 64;

export class TypeScriptDataPath implements DataPath {
  readonly memory: ArrayBuffer;
  readonly greIn: PacketVector;
  readonly tunIn: PacketVector;
  readonly greOut: SessionPacketVector;
  readonly tunOut: PacketVector;
  readonly controlIn: ControlVector;
  readonly resetsNeeded: SessionEvents;
  readonly desynchronized: SessionEvents;
  readonly stalled: SessionEvents;
  readonly discarded: Record<GreDiscardReason, number>;
  readonly tunDiscarded: Record<TunDiscardReason, number>;
  readonly #state: DataPathState;
  #nextGre = 0;
  #nextTun = 0;

  constructor(options: DataPathOptions = {}) {
    const state = createState(options);
    this.#state = state;
    this.memory = state.layout.memory;
    this.greIn = state.layout.greIn;
    this.tunIn = state.layout.tunIn;
    this.greOut = state.layout.greOut;
    this.tunOut = state.layout.tunOut;
    this.controlIn = state.layout.controlIn;
    this.resetsNeeded = state.resetsNeeded;
    this.desynchronized = state.desynchronized;
    this.stalled = state.stalled;
    this.discarded = state.discarded;
    this.tunDiscarded = state.tunDiscarded;
  }

  get deadline(): number {
    return this.#state.deadline;
  }

  open(call: CallParameters): number | undefined {
    const state = this.#state;
    const session = state.sessions.add(call);
    if (session === undefined) return undefined;
    beginReport(state, session);
    state.windows.reset(session);
    state.queues.clear(session);
    state.acknowledgments.reset(session, call.receiveWindow ?? defaultReceiveWindow);
    state.stallWatch.reset(session);
    state.counts.fill(0, session * rowLength, (session + 1) * rowLength);
    resetErrorTokens(state, session);
    return session;
  }

  close(session: number): void {
    if (!this.#state.sessions.isOpen(session)) return;
    this.stopNetwork(session);
    this.#state.queues.clear(session);
    this.#state.sessions.remove(session);
  }

  receiveGre(now: number): boolean {
    const { greIn, tunOut, controlIn } = this.#state.layout;
    while (this.#nextGre < greIn.count) {
      // What follows a control frame may depend on its answer: the caller gives that first.
      if (controlIn.count > 0) return false;
      // One packet may set free all that waited for it, to either list.
      if (tunOut.count + largestRelease > tunOut.capacity) return false;
      const index = this.#nextGre;
      this.#nextGre++;
      receiveGrePacket(this.#state, greIn.offsets[index]!, greIn.lengths[index]!, now);
    }
    this.#nextGre = 0;
    greIn.count = 0;
    return true;
  }

  receiveTun(now: number): boolean {
    const { tunIn } = this.#state.layout;
    while (this.#nextTun < tunIn.count) {
      const index = this.#nextTun;
      if (!receiveTunPacket(this.#state, tunIn.offsets[index]!, tunIn.lengths[index]!, now)) return false;
      this.#nextTun++;
    }
    this.#nextTun = 0;
    tunIn.count = 0;
    return true;
  }

  transmit(
    session: number,
    protocol: number,
    information: Uint8Array,
    kind: 'control' | 'probe',
    now: number,
  ): boolean {
    const state = this.#state;
    const isPossible = state.sessions.isOpen(session) && information.length <= longestInformation();
    if (!isPossible || !hasGreRoom(state, 1)) return false;
    const offset = nextGreSlot(state);
    state.bytes.set(information, offset);
    const fragmentation = kind === 'probe' ? 'forbidden' : 'allowed';
    sendFrame(state, session, protocol, offset, information.length, 0, fragmentation, now);
    return true;
  }

  startEncryption(session: number, receive: MppeParameters, transmit: MppeParameters): void {
    if (!this.#state.sessions.isOpen(session)) return;
    if (this.#state.mppe.start(2 * session, receive)) resetTrials(this.#state, session);
    this.#state.mppe.start(2 * session + 1, transmit);
  }

  startNetwork(session: number, network: NetworkParameters): void {
    if (this.#state.sessions.isOpen(session)) this.#state.sessions.openGate(session, network);
  }

  stopNetwork(session: number): void {
    if (!this.#state.sessions.isOpen(session)) return;
    this.#state.sessions.shutGate(session);
    this.#state.mppe.stop(2 * session);
    this.#state.mppe.stop(2 * session + 1);
    forgetLarge(this.#state.lastLarge, session);
  }

  setPathMtu(session: number, parameters: PathMtuParameters): void {
    if (!this.#state.sessions.isOpen(session)) return;
    const state = this.#state;
    if (parameters.pathMtu !== state.sessions.pathMtus[session]) state.stallWatch.restart(session);
    state.sessions.setPathMtu(session, parameters);
    if (state.sessions.gate[session] === 1) reportLost(state, session, parameters.tunnelMtu);
  }

  setDestinations(session: number, destinations: Destinations): void {
    const { sessions } = this.#state;
    if (sessions.isOpen(session) && sessions.gate[session] === 1)
      sessions.destinations[session] = destinations;
  }

  resetTransmit(session: number): void {
    if (this.#state.sessions.isOpen(session)) this.#state.mppe.oweFlush(2 * session + 1);
  }

  resetReceived(session: number): void {
    // The Reset-Ack only announces what the flushed packet itself proves, so nothing moves yet (MPPE-8, MPPE-10).
    if (this.#state.sessions.isOpen(session)) this.#state.trials.askedAt[session] = Number.NEGATIVE_INFINITY;
  }

  expire(now: number): void {
    const state = this.#state;
    const { sessions, acknowledgments, layout } = state;
    state.deadline = Number.POSITIVE_INFINITY;
    for (let session = 0; session < sessions.capacity; session++) {
      if (!sessions.isOpen(session)) continue;
      const isFull =
        layout.tunOut.count + largestRelease > layout.tunOut.capacity ||
        layout.controlIn.count + largestRelease > layout.controlIn.capacity;
      if (!isFull) expireHeld(state, session, now);
      else if (state.queues.held(session) > 0) wakeAt(state, now);
      if (acknowledgments.due(session) <= now) sendLoneAcknowledgment(state, session);
      wakeAt(state, acknowledgments.due(session));
      if (state.stallWatch.isWaiting(session)) expireStall(state, session, now);
    }
  }

  noteSendErrors(): void {
    const { greOut } = this.#state.layout;
    for (let index = 0; index < greOut.count; index++) {
      // A refused probe is no lost packet of anyone's.
      if (greOut.errnos[index] === messageTooLong && carriesInnerPacket(this.#state, greOut.offsets[index]!))
        count(this.#state, greOut.sessions[index]!, message_too_long);
    }
  }

  receivedPackets(session: number): number {
    return this.#state.counts[session * rowLength + place.receivedPackets]!;
  }

  sentPackets(session: number): number {
    return this.#state.counts[session * rowLength + place.sentPackets]!;
  }

  counters(session: number): SessionCounters {
    return readCounters(this.#state.counts, session);
  }

  isStranger(address: number, since: number): boolean {
    const { strangers, strangerTimes } = this.#state.reports;
    const place = address & (strangerPlaces - 1);
    return strangers[place] === address && strangerTimes[place]! >= since;
  }

  takeLargestSent(session: number): number {
    const { largestSent } = this.#state.reports;
    const largest = largestSent[session]!;
    largestSent[session] = 0;
    this.#state.stallWatch.adapt(session, largest);
    return largest;
  }

  greReport(session: number): GreReport {
    return readReport(this.#state, session);
  }
}

function expireStall(state: DataPathState, session: number, now: number): void {
  const due = state.stallWatch.due(session, state.acknowledgments.roundTrip(session));
  if (due > now) {
    wakeAt(state, due);
    return;
  }
  state.stallWatch.suspected(session);
  addSessionEvent(state.stalled, session);
}

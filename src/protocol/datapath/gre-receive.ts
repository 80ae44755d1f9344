// One packet of the raw socket: is it enhanced GRE, whose is it, and what does its header say (RFC 2637 §4). A packet that
// belongs to no session costs a counter and nothing else (GRE-8). The payload goes on to sequence.ts.
import {
  acknowledgmentNumber,
  baseLength,
  callId,
  hasAcknowledgment,
  hasSequence,
  headerLength,
  isEnhancedGre,
  payloadLength,
  sequenceNumber,
} from '../gre/header.ts';
import {
  destinationOf,
  headerLength as ipHeaderLength,
  isFragment,
  minimumHeaderLength,
  protocolGre,
  protocolOf,
  sourceOf,
  totalLength,
} from '../ip/ipv4.ts';
import { place } from './counters.ts';
import { sendLoneAcknowledgment } from './gre-transmit.ts';
import { receiveSequenced } from './sequence.ts';
import { count, type DataPathState, strangerPlaces, wakeAt } from './state.ts';

const { greReceived, gre_truncated } = place;

/** Takes the packet of `length` bytes at `offset`, outer header included. */
export function receiveGrePacket(state: DataPathState, offset: number, length: number, now: number): void {
  const gre = locateGre(state, offset, length);
  if (gre < 0) return;
  const end = offset + totalLength(state.bytes, offset);
  const session = findSession(state, offset, gre, now);
  if (session < 0) return;
  observe(state, session, end - offset, now);
  const header = headerLength(state.bytes, gre);
  const payload = payloadLength(state.bytes, gre);
  // What follows the payload is padding of a lower layer; what is missing must not be made up (GRE-2, B05).
  if (gre + header + payload > end) {
    count(state, session, gre_truncated);
    return;
  }
  if (hasAcknowledgment(state.bytes, gre)) {
    const sequence = acknowledgmentNumber(state.bytes, gre);
    if (state.acknowledgments.acknowledge(session, sequence, now))
      state.stallWatch.acknowledged(session, sequence, now);
  }
  // Without a sequence number there is no payload (RFC 2637 §4.1): an acknowledgment alone.
  if (!hasSequence(state.bytes, gre)) return;
  receiveSequenced(state, session, sequenceNumber(state.bytes, gre), gre + header, payload, now);
  acknowledge(state, session, now);
}

/** Where the GRE header begins, or -1. */
function locateGre(state: DataPathState, offset: number, length: number): number {
  const { bytes, discarded } = state;
  const header = length < minimumHeaderLength ? 0 : ipHeaderLength(bytes, offset);
  const total = length < minimumHeaderLength ? 0 : totalLength(bytes, offset);
  const isWhole =
    header >= minimumHeaderLength &&
    bytes[offset]! >>> 4 === 4 &&
    total <= length &&
    header + baseLength <= total &&
    protocolOf(bytes, offset) === protocolGre &&
    !isFragment(bytes, offset);
  if (!isWhole) {
    discarded.malformed++;
    return -1;
  }
  const gre = offset + header;
  if (!isEnhancedGre(bytes, gre)) {
    discarded.other_gre++;
    return -1;
  }
  if (gre + headerLength(bytes, gre) > offset + total) {
    discarded.malformed++;
    return -1;
  }
  return gre;
}

/** By our call id, our address and the peer's (CC-5, GRE-7); -1 when one of them does not fit. */
function findSession(state: DataPathState, offset: number, gre: number, now: number): number {
  const { bytes, sessions, reports } = state;
  const session = sessions.findCall(callId(bytes, gre));
  if (session < 0 || destinationOf(bytes, offset) !== sessions.localAddresses[session]) {
    state.discarded.unknown_call++;
    const stranger = sourceOf(bytes, offset);
    const index = stranger & (strangerPlaces - 1);
    reports.strangers[index] = stranger;
    reports.strangerTimes[index] = now;
    return -1;
  }
  const source = sourceOf(bytes, offset);
  if (source === sessions.peerAddresses[session]) return session;
  state.discarded.wrong_source++;
  reports.wrongSourcePackets[session]!++;
  reports.wrongSources[session] = source;
  return -1;
}

function observe(state: DataPathState, session: number, size: number, now: number): void {
  const { firstReceivedAt, lastReceivedAt, largestReceived } = state.reports;
  if (Number.isNaN(firstReceivedAt[session])) firstReceivedAt[session] = now;
  lastReceivedAt[session] = now;
  if (size > largestReceived[session]!) largestReceived[session] = size;
  count(state, session, greReceived);
}

/** Alone when a quarter of the window waits for it, else with our next packet or in a moment (GRE-6). */
function acknowledge(state: DataPathState, session: number, now: number): void {
  if (!state.windows.hasLearned(session)) return;
  const isUrgent = state.acknowledgments.owe(session, now);
  if (isUrgent && sendLoneAcknowledgment(state, session)) return;
  wakeAt(state, state.acknowledgments.due(session));
}

// The PPP frame in a GRE payload, sorted: encrypted, a network packet in clear, or a control frame for the link.
import { place } from './counters.ts';
import { receiveFromPeer } from './ip-receive.ts';
import { receiveEncrypted } from './mppe-receive.ts';
import { isCovered, protocolIpv4, protocolMppe, readPppHeader } from './ppp-header.ts';
import { count, type DataPathState } from './state.ts';

const { ppp_malformed, clear_ip, gate_closed, unknown_protocol } = place;

/** Gives a frame on. False when it is nonsense that should not count as having come. */
export function deliver(
  state: DataPathState,
  session: number,
  sequence: number,
  offset: number,
  length: number,
  now: number,
): boolean {
  const header = readPppHeader(state.bytes, offset, length);
  if (header < 0) {
    count(state, session, ppp_malformed);
    return true;
  }
  const protocol = header >>> 3;
  const information = offset + (header & 7);
  const informationLength = length - (header & 7);
  if (protocol === protocolMppe) {
    return receiveEncrypted(state, session, sequence, information, informationLength, now);
  }
  if (isCovered(protocol)) receiveClear(state, session, protocol, information, informationLength);
  else addControlFrame(state, session, protocol, information, informationLength);
  return true;
}

/** A network packet outside the encryption: only where none is required, and never once it is up (CCP-10, CCP-11). */
function receiveClear(
  state: DataPathState,
  session: number,
  protocol: number,
  offset: number,
  length: number,
): void {
  const isRefused = state.sessions.requireEncryption[session] === 1 || state.mppe.isUp(2 * session);
  if (isRefused) count(state, session, clear_ip);
  else if (protocol !== protocolIpv4) count(state, session, unknown_protocol);
  else if (state.sessions.gate[session] === 0) count(state, session, gate_closed);
  else receiveFromPeer(state, session, offset, length);
}

function addControlFrame(
  state: DataPathState,
  session: number,
  protocol: number,
  offset: number,
  length: number,
): void {
  const { controlIn } = state.layout;
  const index = controlIn.count;
  controlIn.sessions[index] = session;
  controlIn.protocols[index] = protocol;
  controlIn.offsets[index] = offset;
  controlIn.lengths[index] = length;
  controlIn.count++;
}

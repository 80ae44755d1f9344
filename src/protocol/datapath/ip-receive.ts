// An IPv4 packet from the peer, in clear or decrypted: may it go out on the TUN? Everything is checked again that the host's
// firewall checks too: the source is the session's own address, the destination is permitted, no source routing.
import { isPermitted } from '../ip/destinations.ts';
import {
  destinationOf,
  hasOptions,
  headerFault,
  headerLength,
  isLaterFragment,
  optionsFault,
  protocolIcmp,
  protocolOf,
  protocolTcp,
  read16,
  sourceOf,
  totalLength,
} from '../ip/ipv4.ts';
import { clampMss, mssFor } from '../ip/tcp-mss.ts';
import { place } from './counters.ts';
import { count, type DataPathState } from './state.ts';

const {
  ip_malformed,
  ip_source,
  ip_options,
  ip_destination,
  gateway_service,
  too_large,
  clampedSyns,
  receivedPackets,
  receivedBytes,
} = place;

const protocolUdp = 17;
const echoRequest = 8;
const domainPort = 53;
const atDestinationPort = 2;

/** The packet of at most `length` bytes at `offset`; the session's gate is open. */
export function receiveFromPeer(state: DataPathState, session: number, offset: number, length: number): void {
  const { bytes } = state;
  if (headerFault(bytes, offset, length) !== undefined) {
    count(state, session, ip_malformed);
    return;
  }
  const fault = findFault(state, session, offset);
  if (fault !== passes) {
    count(state, session, fault);
    return;
  }
  const total = totalLength(bytes, offset);
  if (clampMss(bytes, offset, total, mssFor(state.sessions.clampMtus[session]!))) {
    count(state, session, clampedSyns);
  }
  count(state, session, receivedPackets);
  count(state, session, receivedBytes, total);
  addToTun(state, offset, total);
}

export function isOwnSource(state: DataPathState, session: number, source: number): boolean {
  const { addresses, sources } = state.sessions;
  const permitted = sources[session]!;
  return permitted.length === 0 ? source === addresses[session] : isPermitted(permitted, source);
}

/** No counter has this place. */
const passes = -1;

/** The counter of the first rule the packet breaks. */
function findFault(state: DataPathState, session: number, offset: number): number {
  const { bytes, sessions } = state;
  const destination = destinationOf(bytes, offset);
  if (!isOwnSource(state, session, sourceOf(bytes, offset))) return ip_source;
  if (hasOptions(bytes, offset) && optionsFault(bytes, offset) !== undefined) return ip_options;
  if (destination === sessions.gatewayAddresses[session]) {
    if (!isGatewayService(state, session, offset)) return gateway_service;
  } else if (!isPermitted(sessions.destinations[session]!, destination)) return ip_destination;
  return totalLength(bytes, offset) > state.tunMtu ? too_large : passes;
}

/** The gateway answers ping, and DNS if it serves it; it has no other door on the inside. */
function isGatewayService(state: DataPathState, session: number, offset: number): boolean {
  const { bytes, sessions } = state;
  const protocol = protocolOf(bytes, offset);
  // Without its first piece a later one is put together with nothing, so ping of any size may pass.
  if (isLaterFragment(bytes, offset)) return protocol === protocolIcmp;
  const header = headerLength(bytes, offset);
  const data = offset + header;
  if (totalLength(bytes, offset) < header + 4) return false;
  if (protocol === protocolIcmp) return bytes[data] === echoRequest;
  const mayAsk =
    sessions.gatewayServesDns[session] === 1 && (protocol === protocolUdp || protocol === protocolTcp);
  return mayAsk && read16(bytes, data + atDestinationPort) === domainPort;
}

function addToTun(state: DataPathState, offset: number, length: number): void {
  const { tunOut } = state.layout;
  const index = tunOut.count;
  tunOut.offsets[index] = offset;
  tunOut.lengths[index] = length;
  tunOut.errnos[index] = 0;
  tunOut.count++;
}

// Joins the parts of one gateway: who calls whom when a packet, a connection or a deadline comes. Holds no state.
import { randomBytes } from 'node:crypto';
import type { GatewayUser } from '../api/gateway-config.ts';
import type { DataPath } from '../protocol/datapath/data-path.ts';
import type { PathMtuMemory } from '../protocol/ip/path-mtu-memory.ts';
import type { AddressPool } from './address-pool.ts';
import { Admission } from './admission.ts';
import { CallIds } from './call-ids.ts';
import { ControlListener } from './control-listener.ts';
import { DataLoop } from './data-loop.ts';
import type { ExpiryTimer } from './expiry-timer.ts';
import type { Host } from './host/host.ts';
import { HostErrors } from './host-errors.ts';
import { pathMtuHints } from './icmp-hints.ts';
import type { Journal } from './journal.ts';
import { judgeLogin, type LoginServices } from './login.ts';
import type { GatewayRecorder } from './metrics.ts';
import { Penalties } from './penalties.ts';
import type { SessionLimits } from './session-limits.ts';
import { SessionNetwork } from './session-network.ts';
import { Sessions } from './sessions.ts';
import type { Settings } from './settings.ts';
import type { UserTable } from './user-table.ts';

export interface Foundation {
  readonly clock: () => number;
  readonly wallClock: () => number;
  readonly settings: () => Settings;
  readonly users: UserTable;
  readonly addresses: AddressPool;
  readonly dataPath: DataPath;
  readonly host: Host;
  readonly timer: ExpiryTimer;
  readonly limits: SessionLimits;
  readonly journal: Journal;
  readonly recorder: GatewayRecorder;
  readonly memory: PathMtuMemory;
}

export interface Wiring {
  readonly sessions: Sessions;
  readonly network: SessionNetwork;
  readonly loop: DataLoop;
  readonly listener: ControlListener;
}

export function wire(foundation: Foundation): Wiring {
  const network = new SessionNetwork({ ...foundation, news: foundation.journal });
  const admission = new Admission(Math.random);
  const callIds = new CallIds(() => randomBytes(2).readUInt16BE());
  const sessions: Sessions = new Sessions({
    ...foundation,
    callIds,
    linkOptions: () => ({ ...foundation.settings().link, random: (size) => randomBytes(size) }),
    authenticate: (session, attempt, now) => judgeLogin(login, session, attempt, now),
    authenticated: (peer, now) => {
      admission.authenticated(peer.ticket, now);
      peer.authenticated();
    },
    network,
    flush: () => loop.flush(),
  });
  const login = loginServices(foundation, sessions);
  const loop: DataLoop = createLoop(foundation, { sessions, network });
  foundation.timer.whenExpired(() => loop.flush());
  const listener = createListener(foundation, { sessions, loop, admission, callIds });
  return { sessions, network, loop, listener };
}

function loginServices(foundation: Foundation, sessions: Sessions): LoginServices {
  return {
    ...foundation,
    penalties: new Penalties(),
    sessionCount: () => sessions.authenticatedCount,
    sessionsOf: (user: GatewayUser) => sessions.ofUser(user),
    authenticated: (session, now) => sessions.authenticated(session, now),
  };
}

function createLoop(
  foundation: Foundation,
  parts: { sessions: Sessions; network: SessionNetwork },
): DataLoop {
  const { dataPath, host, clock, timer, recorder } = foundation;
  const { sessions, network } = parts;
  const errors = new HostErrors(network, recorder, host.errnoName);
  return new DataLoop({
    dataPath,
    doors: errors.countingReads(host),
    clock,
    control: (index, protocol, information, now) => sessions.control(index, protocol, information, now),
    events: (now) => {
      errors.settle(now);
      for (const hint of pathMtuHints(host.takeIcmpErrors())) network.hinted(hint, now);
      sessions.handleDataPathEvents(now);
      network.acknowledged(now);
    },
    greRefused: (vector) => errors.noteGre(vector),
    tunRefused: (vector) => errors.noteTun(vector),
    touched: (member) => timer.touch(member),
  });
}

function createListener(
  foundation: Foundation,
  parts: { sessions: Sessions; loop: DataLoop; admission: Admission; callIds: CallIds },
): ControlListener {
  const { clock, timer, journal, recorder, settings } = foundation;
  const { sessions, loop, admission, callIds } = parts;
  const listener: ControlListener = new ControlListener({
    addresses: settings().listenAddresses,
    admission,
    timer,
    refused: (address, reason) => journal.refusedConnection(address, reason),
    acceptFailed: (errno) => recorder.countHostError('accept', errno),
    owner: {
      clock,
      allotCallId: () => callIds.allot(),
      callOpened: (peer, call, now) => sessions.callOpened(peer, call, now),
      callEnded: (peer, reason, now) => sessions.callEnded(peer, reason, now),
      discarded: (reason) => sessions.discard(reason),
      faulted: (error) => sessions.faulted(error),
      closed: (peer) => {
        admission.ended(peer.ticket);
        listener.forget(peer);
        loop.flush();
      },
      touched: (peer) => {
        loop.flush();
        timer.touch(peer);
      },
    },
  });
  return listener;
}

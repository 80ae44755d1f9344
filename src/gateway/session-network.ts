// What happens around a session when IP begins and ceases to flow on it: gate, destinations, path MTU, routes, address.
import type { DataPath } from '../protocol/datapath/data-path.ts';
import type { GreHint } from '../protocol/ip/icmp.ts';
import { largestOuterFor, overheadOf, tunnelMtuFor } from '../protocol/ip/overhead.ts';
import type { PathMtuMemory } from '../protocol/ip/path-mtu-memory.ts';
import type { AddressPool } from './address-pool.ts';
import type { ExpiryTimer } from './expiry-timer.ts';
import type { PathTowards } from './host/host.ts';
import type { GatewayRecorder } from './metrics.ts';
import { type PathMtuNews, SessionPathMtu } from './path-mtu.ts';
import { PathMtuTable } from './path-mtu-table.ts';
import type { EchoReply, Session } from './session.ts';
import type { SessionLimits } from './session-limits.ts';
import { noProbes, type ProbeTotals } from './session-view.ts';
import { destinationsOf, type Settings } from './settings.ts';
import { userKey } from './user-table.ts';

export interface SessionNetworkServices {
  dataPath: DataPath;
  addresses: AddressPool;
  limits: SessionLimits;
  timer: ExpiryTimer;
  memory: PathMtuMemory;
  settings: () => Settings;
  wallClock: () => number;
  /** The kernel's side: MTU towards a peer, and what a client on the LAN's own subnet needs (proxy ARP). */
  host: {
    pathTowards(peerAddress: number): PathTowards;
    addClient(address: number): void;
    removeClient(address: number): void;
  };
  news: Omit<PathMtuNews, 'confirmed' | 'probing'>;
  recorder: Pick<GatewayRecorder, 'countHostError'>;
}

/** Packets this close to the path MTU, bytes, say whether it still holds. */
const LargeMargin = 64;

export class SessionNetwork {
  readonly #services: SessionNetworkServices;
  readonly #pathMtus = new PathMtuTable();
  /** Those with a probe under way: batches are many, and such sessions few. */
  readonly #probing = new Set<SessionPathMtu>();

  constructor(services: SessionNetworkServices) {
    this.#services = services;
  }

  opened(session: Session, peersMru: number, now: number): void {
    const { dataPath, host, limits, settings } = this.#services;
    const { gatewayAddress, gatewayServesDns } = settings();
    const { user, address } = session;
    if (user === undefined || address === undefined) return;
    session.peersMru = peersMru;
    this.#chooseMtu(session);
    dataPath.startNetwork(session.index, {
      address,
      gatewayAddress,
      gatewayServesDns,
      tunnelMtu: session.tunnelMtu,
      pathMtu: session.pathMtu,
      destinations: destinationsOf(settings(), user),
    });
    this.#askHost(() => host.addClient(address));
    limits.begin(session.index, { openedAt: session.openedAt, now });
    if (settings().fixedTunnelMtu === undefined) this.#discover(session, now);
  }

  /** The session is gone, or its LCP began anew. */
  stopped(session: Session): void {
    this.stopDiscovery(session);
    this.#services.limits.end(session.index);
  }

  released(session: Session, now: number): void {
    this.stopped(session);
    if (session.address === undefined) return;
    const { address } = session;
    if (session.wasOpened) this.#askHost(() => this.#services.host.removeClient(address));
    this.#services.addresses.release(session.address, now);
  }

  /** What netlink refuses is counted: it must not end a session, and least of all the process (SE-1). */
  #askHost(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#services.recorder.countHostError('netlink', (error as NodeJS.ErrnoException).code ?? '');
    }
  }

  echoReplied(session: Session, reply: EchoReply, now: number): void {
    const pathMtu = this.#pathMtus.get(session.index);
    pathMtu?.echoReplied(reply, now);
    if (pathMtu !== undefined) this.#services.timer.touch(pathMtu);
  }

  pathMtuOf(index: number): SessionPathMtu | undefined {
    return this.#pathMtus.get(index);
  }

  /** Of the whole session, however often its LCP began anew. */
  probesOf({ index, earlierProbes: earlier }: Pick<Session, 'index' | 'earlierProbes'>): ProbeTotals {
    const { sent, echoed, acknowledged, lost } = this.#pathMtus.get(index)?.probes ?? noProbes;
    return {
      sent: earlier.sent + sent,
      echoed: earlier.echoed + echoed,
      acknowledged: earlier.acknowledged + acknowledged,
      lost: earlier.lost + lost,
    };
  }

  /** Once a second: a path may shrink or grow under packets that nearly fill it. */
  watchPaths(now: number): void {
    const { dataPath, host, timer } = this.#services;
    for (const [index, pathMtu] of this.#pathMtus.entries()) {
      if (dataPath.takeLargestSent(index) > pathMtu.pathMtu - LargeMargin) pathMtu.sentLarge();
      pathMtu.interfaceMtuChanged(host.pathTowards(pathMtu.peerAddress).interfaceMtu, now);
      timer.touch(pathMtu);
    }
  }

  /** ICMP fragmentation-needed about packets of a live call: worth a look, never an order. */
  hinted(hint: GreHint, now: number): void {
    for (const pathMtu of this.#pathMtus.about(hint)) {
      pathMtu.hinted(hint.nextHopMtu, hint.packetLength, now);
      this.#services.timer.touch(pathMtu);
    }
  }

  /** EMSGSIZE: our host did not send a packet of `size` outer bytes. */
  refused(index: number, size: number, now: number): void {
    const pathMtu = this.#pathMtus.get(index);
    if (pathMtu === undefined) return;
    pathMtu.refused(size, now);
    this.#services.timer.touch(pathMtu);
  }

  /** Large packets of a session stay unacknowledged. */
  stallSuspected(index: number, now: number): void {
    const pathMtu = this.#pathMtus.get(index);
    if (pathMtu === undefined) return;
    pathMtu.stallSuspected(now);
    this.#services.timer.touch(pathMtu);
  }

  /** After each batch: an acknowledgment may be the only answer to a probe. */
  acknowledged(now: number): void {
    for (const pathMtu of this.#probing) {
      if (pathMtu.acknowledged(now)) this.#services.timer.touch(pathMtu);
      else this.#probing.delete(pathMtu);
    }
  }

  /** New rules for sessions that run. */
  reload(sessions: Iterable<Session>, now: number): void {
    const { dataPath, settings } = this.#services;
    for (const session of sessions) {
      if (session.state !== 'Established' || session.user === undefined) continue;
      dataPath.setDestinations(session.index, destinationsOf(settings(), session.user));
      this.#applyMtuMode(session, now);
    }
  }

  #applyMtuMode(session: Session, now: number): void {
    const fixed = this.#fixedMtuFor(session);
    const isMeasured = this.#pathMtus.get(session.index) !== undefined;
    if (fixed === undefined) {
      if (!isMeasured) this.#discover(session, now);
      return;
    }
    if (fixed === session.tunnelMtu && !isMeasured) return;
    this.stopDiscovery(session);
    session.tunnelMtu = fixed;
    session.pathMtu = fixed + overheadOf(encryptionOf(session));
    this.#services.dataPath.setPathMtu(session.index, { ...session, confirmed: false });
  }

  stopDiscovery(session: Session): void {
    const pathMtu = this.#pathMtus.get(session.index);
    if (pathMtu === undefined) return;
    const { sent, echoed, acknowledged } = this.probesOf(session);
    // What is under way has nobody to wait for it any more.
    session.earlierProbes = { sent, echoed, acknowledged, lost: sent - echoed - acknowledged };
    pathMtu.stopped();
    this.#services.timer.delete(pathMtu);
    this.#probing.delete(pathMtu);
    this.#pathMtus.delete(session.index);
  }

  /** The first guess; with `mtu.mode: Fixed` it stays. */
  #chooseMtu(session: Session): void {
    const encryption = encryptionOf(session);
    session.tunnelMtu = this.#fixedMtuFor(session) ?? this.#largestMtuFor(session);
    session.pathMtu = session.tunnelMtu + overheadOf(encryption);
  }

  /** What was ordered, as far as it can be carried out; undefined: the path is measured. */
  #fixedMtuFor(session: Session): number | undefined {
    const { fixedTunnelMtu } = this.#services.settings();
    return fixedTunnelMtu === undefined ? undefined : Math.min(fixedTunnelMtu, this.#largestMtuFor(session));
  }

  /** More the peer does not take, or our interface: the kernel cuts no packet whose header we write (raw(7)). */
  #largestMtuFor(session: Session): number {
    const { interfaceMtu } = this.#services.host.pathTowards(session.peerAddress);
    const limit = Math.min(interfaceMtu, largestOuterFor(session.peersMru));
    return tunnelMtuFor(limit, encryptionOf(session));
  }

  #discover(session: Session, now: number): void {
    const { dataPath, host, memory, news, timer, wallClock } = this.#services;
    const { interfaceMtu, routeMtu } = host.pathTowards(session.peerAddress);
    const roundTrip = session.roundTrip ?? dataPath.greReport(session.index).leastRoundTrip;
    const key = session.user === undefined ? '' : userKey(session.user);
    const remembered = memory.recall(key, session.peerAddress, wallClock());
    const pathMtu = new SessionPathMtu(
      session,
      {
        peersMru: session.peersMru,
        interfaceMtu,
        encryption: encryptionOf(session),
        ...(remembered === undefined ? {} : { remembered }),
        ...(roundTrip === undefined ? {} : { roundTrip }),
      },
      dataPath,
      {
        blackHole: (told, output) => news.blackHole(told, output),
        indeterminate: (told, output) => news.indeterminate(told, output),
        pathShrank: (told, output) => news.pathShrank(told, output),
        probing: () => this.#probing.add(pathMtu),
        confirmed: (_, learned) => memory.learn(key, session.peerAddress, learned, wallClock()),
      },
    );
    this.#pathMtus.add(session.index, pathMtu);
    timer.add(pathMtu);
    if (routeMtu < interfaceMtu) pathMtu.hinted(routeMtu, interfaceMtu, now);
    pathMtu.start(now);
    timer.touch(pathMtu);
  }
}

function encryptionOf(session: Session): { mppe: boolean } {
  return { mppe: session.encryption !== undefined };
}

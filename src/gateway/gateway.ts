// One VpnServer on this host, from the first netlink message to the last: starts, follows its configuration, stops.
import { setTimeout as sleep } from 'node:timers/promises';
import type { GatewayConfig } from '../api/gateway-config.ts';
import type { Log } from '../process/log.ts';
import { TypeScriptDataPath } from '../protocol/datapath/typescript-data-path.ts';
import { formatAddress, parseAddress, parseCidr } from '../protocol/ip/address.ts';
import type { PathMtuMemory } from '../protocol/ip/path-mtu-memory.ts';
import { AddressPool, type AddressPoolSettings } from './address-pool.ts';
import { ExpiryTimer } from './expiry-timer.ts';
import { type Host, nodeAddresses, openHost } from './host/host.ts';
import { Housekeeping } from './housekeeping.ts';
import { Journal } from './journal.ts';
import type { GatewayMetrics, GatewayRecorder } from './metrics.ts';
import { carryOver } from './reload.ts';
import { SessionLimits } from './session-limits.ts';
import type { SessionSnapshot } from './session-view.ts';
import { type Settings, settingsOf } from './settings.ts';
import { takeSnapshot } from './snapshot.ts';
import { viewPath } from './status-view-paths.ts';
import { type GatewayReport, UserActivityLog } from './user-activity.ts';
import { UserTable, userKey } from './user-table.ts';
import { type Foundation, type Wiring, wire } from './wiring.ts';

export interface GatewayOptions {
  /** The name of this machine. */
  node: string;
  log: Log;
  metrics: GatewayMetrics;
  memory: PathMtuMemory;
}

/** How long sessions may take to say goodbye, ms. */
const Farewell = 3_000;
/** Control connections beside those of sessions: people who are just coming or going. */
const CallsBesideSessions = 128;
/** Reason of a Stop-Control-Connection-Request (RFC 2637 §2.3). */
const StopLocalShutdown = 3;

const clock = () => performance.now();

export class Gateway {
  #config: GatewayConfig;
  #settings: Settings;
  #nodeAddresses: readonly number[];
  #closing = false;
  readonly #activity: UserActivityLog;
  readonly #options: GatewayOptions;
  readonly #foundation: Foundation & { recorder: GatewayRecorder };
  readonly #wiring: Wiring;

  /** Everything is in the kernel and the port is open when it resolves; nothing is left when it rejects. */
  static async start(config: GatewayConfig, options: GatewayOptions): Promise<Gateway> {
    const addresses = nodeAddresses();
    const settings = settingsOf(config, addresses);
    const capacity = settings.maximumSessions + CallsBesideSessions;
    const dataPath = new TypeScriptDataPath({ capacity });
    const host = openHost({
      server: config.server,
      settings,
      routing: config.spec.routing,
      memory: dataPath.memory,
    });
    const gateway = new Gateway({ config, settings, addresses, dataPath, host }, options);
    try {
      await gateway.#wiring.listener.listen();
    } catch (error) {
      await gateway.close();
      throw error;
    }
    return gateway;
  }

  private constructor(
    parts: {
      config: GatewayConfig;
      settings: Settings;
      addresses: readonly number[];
      dataPath: TypeScriptDataPath;
      host: Host;
    },
    options: GatewayOptions,
  ) {
    const { config, settings, addresses, dataPath, host } = parts;
    this.#config = config;
    this.#settings = settings;
    this.#nodeAddresses = addresses;
    this.#options = options;
    this.#activity = new UserActivityLog({
      wallClock: Date.now,
      users: config.users,
      remembered: (address) => options.memory.usersAt(address, Date.now()),
    });
    const recorder = this.#attachMetrics(dataPath);
    const timer = new ExpiryTimer(clock);
    this.#foundation = {
      clock,
      wallClock: Date.now,
      settings: () => this.#settings,
      users: new UserTable(config.users),
      addresses: new AddressPool(poolSettings(config, settings)),
      dataPath,
      host,
      timer,
      limits: new SessionLimits(),
      journal: this.#openJournal(recorder),
      recorder,
      memory: options.memory,
    };
    this.#wiring = wire(this.#foundation);
    timer.add(this.#wiring.loop);
    timer.add(
      new Housekeeping(clock(), [
        (now) => this.#enforceLimits(now),
        (now) => this.#wiring.network.watchPaths(now),
        (now) => this.#wiring.sessions.judgeSilence(now),
        () => this.#followNodeAddresses(),
        () => this.#foundation.journal.sumUp(),
      ]),
    );
    this.#wiring.loop.start();
  }

  sessions(): SessionSnapshot[] {
    const { namespace, name } = this.#config.server;
    const where = { namespace, server: name, node: this.#options.node };
    const { dataPath } = this.#foundation;
    const { network, sessions } = this.#wiring;
    return [...sessions.all]
      .map((session) =>
        takeSnapshot(session, where, dataPath.counters(session.index), network.probesOf(session)),
      )
      .filter((picture) => picture !== undefined);
  }

  /** What the operator wants to know of this gateway, and of its users. */
  report(): GatewayReport {
    const sessions = [...this.#wiring.sessions.all].filter(({ state }) => state === 'Established');
    const paths = sessions.flatMap((session) =>
      viewPath(session, this.#wiring.network.pathMtuOf(session.index)),
    );
    this.#activity.measured(paths);
    return {
      server: this.#config.server,
      sessions: sessions.length,
      addresses: this.#foundation.addresses.counts(),
      usedAddresses: sessions.flatMap(({ address }) =>
        address === undefined ? [] : [formatAddress(address)],
      ),
      paths,
      activity: this.#activity,
    };
  }

  /** Whether `config` can take the place of the running one without ending every session. */
  canReload(config: GatewayConfig): boolean {
    const fixed = ({ spec }: GatewayConfig) => [
      spec.listenAddresses,
      spec.gatewayAddress,
      spec.routing.proxyARP,
    ];
    return JSON.stringify(fixed(config)) === JSON.stringify(fixed(this.#config));
  }

  /** Users, pools, DNS, MTU and destinations change for those who are in; who may no longer be in is ended. */
  reload(config: GatewayConfig): void {
    const { users, addresses } = this.#foundation;
    const { sessions, loop } = this.#wiring;
    this.#config = config;
    this.#activity.keep(config.users);
    const parts = {
      ...{ users, sessions, applyRules: () => this.#applySettings() },
      lostLeases: () => addresses.reload(poolSettings(config, this.#settings)),
    };
    try {
      carryOver(parts, config.users, { now: clock(), wallClock: Date.now() });
    } finally {
      loop.flush();
    }
  }

  /** Says goodbye to everyone, then removes everything from the kernel. */
  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    const { sessions, listener, loop } = this.#wiring;
    listener.stopAccepting();
    for (const session of sessions.all)
      session.terminate('shutdown', 'the server is being shut down', clock());
    loop.flush();
    const deadline = clock() + Farewell;
    while (sessions.count > 0 && clock() < deadline) await sleep(20);
    for (const session of sessions.all) session.lost('shutdown', 'the server is being shut down', clock());
    for (const peer of listener.peers) peer.stop(StopLocalShutdown, clock());
    while (listener.peers.size > 0 && clock() < deadline + Farewell) await sleep(20);
    for (const peer of listener.peers) peer.destroy();
    loop.stop();
    this.#foundation.timer.close();
    this.#foundation.recorder.detach();
    this.#foundation.host.close();
  }

  #openJournal(recorder: GatewayRecorder): Journal {
    const { namespace, name } = this.#config.server;
    const log = this.#options.log.child({ server: `${namespace}/${name}` });
    return new Journal(log, recorder, this.#activity, clock);
  }

  #attachMetrics(dataPath: TypeScriptDataPath): GatewayRecorder {
    return this.#options.metrics.attach(this.#config.server, {
      sessions: () => this.sessions(),
      addresses: () => {
        const { total, used } = this.#foundation.addresses.counts();
        return { used, free: Math.max(0, total - used) };
      },
      greDiscarded: () => dataPath.discarded,
    });
  }

  #applySettings(): void {
    this.#settings = settingsOf(this.#config, this.#nodeAddresses);
    this.#foundation.host.reload({ settings: this.#settings, routing: this.#config.spec.routing });
    this.#wiring.network.reload(this.#wiring.sessions.all, clock());
  }

  #enforceLimits(now: number): void {
    const { dataPath, limits } = this.#foundation;
    for (const session of this.#wiring.sessions.all) {
      if (session.user === undefined || session.state !== 'Established') continue;
      const received = dataPath.receivedPackets(session.index);
      session.heard(received);
      const at = { packets: received + dataPath.sentPackets(session.index), now, wallClock: Date.now() };
      const reached = limits.check(session.index, session.user, this.#settings, at);
      if (reached !== undefined) session.terminate(reached.reason, reached.detail, now);
    }
    this.#wiring.loop.flush();
  }

  /** An address that the node gains is closed to clients from then on. What fails is counted and tried again. */
  #followNodeAddresses(): void {
    const before = this.#nodeAddresses;
    try {
      const addresses = nodeAddresses();
      if (addresses.join() === before.join()) return;
      this.#nodeAddresses = addresses;
      this.#applySettings();
    } catch (error) {
      this.#nodeAddresses = before;
      const { code } = error as NodeJS.ErrnoException;
      this.#foundation.recorder.countHostError(code === undefined ? 'firewall' : 'netlink', code ?? '');
    }
  }
}

function poolSettings(config: GatewayConfig, settings: Settings): AddressPoolSettings {
  const fixed = config.users.flatMap((user) => {
    const address = user.address === undefined ? undefined : parseAddress(user.address);
    return address === undefined ? [] : [[userKey(user), address] as const];
  });
  const slice = config.slice?.map(parseCidr).filter((cidr) => cidr !== undefined);
  return {
    pools: settings.pools,
    gatewayAddress: settings.gatewayAddress,
    fixed: new Map(fixed),
    ...(slice === undefined ? {} : { slice }),
  };
}

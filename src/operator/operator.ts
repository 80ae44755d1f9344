// The operator as a whole: joins the watches, the queues, the two reconcilers and the Lease. Holds no knowledge of its own.
import { KubeConfig } from '@kubernetes/client-node';
import type { VpnServerStatus } from '../api/vpn-server-status.ts';
import type { VpnUserStatus } from '../api/vpn-user-status.ts';
import type { Log } from '../process/log.ts';
import { systemClock } from './clock.ts';
import { Controller } from './controller.ts';
import { GatewayReports } from './gateways/gateway-reports.ts';
import { NoticeTeller } from './gateways/notices.ts';
import { createGrants } from './grants.ts';
import { unhealthy, unready } from './health.ts';
import { Judgements } from './judgements.ts';
import { ApiClient, type ApiRequest } from './kube/api-client.ts';
import { Applier } from './kube/applier.ts';
import { Cluster } from './kube/cluster.ts';
import { EventRecorder } from './kube/event-recorder.ts';
import { LeaderElection, NotLeaderError } from './kube/leader-election.ts';
import { keyOf, type ObjectKey } from './kube/object.ts';
import { vpnServers, vpnUsers } from './kube/resource.ts';
import { StatusWriter } from './kube/status-writer.ts';
import { createOperatorMetrics, type OperatorMetrics } from './metrics.ts';
import { connectTriggers } from './triggers.ts';
import { UserIndex } from './user-index.ts';
import { Complaints } from './vpn-server/complaints.ts';
import { Decider, type GatewayImage } from './vpn-server/decide.ts';
import { reconcileServer } from './vpn-server/reconcile.ts';
import { Refresher } from './vpn-server/refresh.ts';
import { reconcileUser } from './vpn-user/reconcile.ts';
import { World } from './world.ts';

export interface OperatorOptions {
  /** Default: KUBECONFIG, ~/.kube/config, or the Pod's own. */
  readonly kubeconfig?: string;
  /** Empty: all. */
  readonly namespaces: readonly string[];
  /** Where the Lease is. */
  readonly namespace: string;
  readonly identity: string;
  readonly gatewayImage: GatewayImage;
  /** Ranges of the cluster that it does not tell itself. */
  readonly reservedRanges: readonly string[];
  /** 'always': without a Lease, for a single process. */
  readonly leading: 'elected' | 'always';
  readonly log: Log;
  /** Told of every request, for tests of rights. */
  readonly onRequest?: (request: ApiRequest) => void;
  /** Called before and after every write, for tests that interrupt it. */
  readonly onWrite?: (moment: 'before' | 'after', request: ApiRequest) => void;
}

export interface Operator {
  readonly metrics: OperatorMetrics;
  unhealthy(): string | undefined;
  unready(): string | undefined;
  /** Ends what is under way and gives the Lease back. */
  close(): Promise<void>;
}

const LeaseName = 'vpn-operator';
const ServerWorkers = 4;
const UserWorkers = 16;
const random = Math.random;

export function startOperator(options: OperatorOptions): Operator {
  const { log } = options;
  const clock = systemClock;
  const metrics = createOperatorMetrics(LeaseName);
  const client = new ApiClient(loadConfig(options.kubeconfig), metrics.request, options.onRequest);
  const namespaces = options.namespaces.length === 0 ? undefined : options.namespaces;
  const world = new World({ client, clock, random, log }, namespaces);
  const workers = createWorkers(options, { client, world, metrics, isLeader: () => election.isLeader });
  const election = createElection(options, { client, workers, metrics });
  const stop = new AbortController();
  world.start();
  const leading = election.run(stop.signal);
  return {
    metrics,
    unhealthy: () => unhealthy(world, clock),
    unready: () => unready(world, clock),
    async close() {
      stop.abort();
      await leading;
      await workers.close();
      await world.close();
      client.close();
    },
  };
}

function loadConfig(path: string | undefined): KubeConfig {
  const config = new KubeConfig();
  if (path === undefined) config.loadFromDefault();
  else config.loadFromFile(path);
  return config;
}

interface Workers {
  start(): void;
  pause(): Promise<void>;
  close(): Promise<void>;
}

interface WorkerParts {
  readonly client: ApiClient;
  readonly world: World;
  readonly metrics: OperatorMetrics;
  readonly isLeader: () => boolean;
}

function createWorkers(options: OperatorOptions, parts: WorkerParts): Workers {
  const { log } = options;
  const { world, metrics } = parts;
  const services = createServices(options, parts, {
    server: (key) => servers.queue.add(key),
    user: (key) => users.queue.add(key),
  });
  const common = { clock: systemClock, random, log };
  const servers = new Controller({
    ...common,
    name: 'vpnserver',
    workers: ServerWorkers,
    metrics: metrics.ofController('vpnserver'),
    reconcile: (key) => reconcileServer(services.server, key),
  });
  const users = new Controller({
    ...common,
    name: 'vpnuser',
    workers: UserWorkers,
    metrics: metrics.ofController('vpnuser'),
    reconcile: (key) => reconcileUser(services.user, key),
  });
  connectTriggers({ ...services.shared, world, servers: servers.queue, users: users.queue });
  return workersOf({ servers, users, reports: services.shared.reports, world });
}

/** `wake`: whose turn it is to be looked at again. */
function createServices(
  options: OperatorOptions,
  { client, world, isLeader }: WorkerParts,
  wake: { server: (key: ObjectKey) => void; user: (key: ObjectKey) => void },
) {
  const { log, identity, reservedRanges, namespace, namespaces } = options;
  const clock = systemClock;
  const cluster = new Cluster({ client, guard: guard(options, isLeader) });
  const applier = new Applier(cluster, clock);
  const events = new EventRecorder({ cluster, clock, instance: identity, log });
  const index = new UserIndex();
  const scope = namespaces.length === 0 ? 'cluster' : 'namespaces';
  const grants = createGrants({ ownNamespace: namespace, scope });
  const judgements = new Judgements({
    ...{ world, index, clock, reservedRanges, apiServerHost: client.host, grants },
    userJudged: wake.user,
  });
  const teller = new NoticeTeller({ world, events, clock });
  const reports = new GatewayReports({
    clock,
    serverChanged: wake.server,
    userChanged: wake.user,
    noticed: (server, notices) => void teller.tell(server, notices),
  });
  const shared = { world, index, judgements, reports, clock, events, cluster, applier, grants };
  return {
    shared,
    server: {
      ...shared,
      decider: new Decider(options.gatewayImage),
      refresher: new Refresher(cluster, clock),
      complaints: new Complaints(cluster, clock),
      statuses: new StatusWriter<VpnServerStatus>(cluster, vpnServers, clock),
    },
    user: { ...shared, statuses: new StatusWriter<VpnUserStatus>(cluster, vpnUsers, clock) },
  };
}

interface WorkersParts {
  readonly servers: Controller;
  readonly users: Controller;
  readonly reports: GatewayReports;
  readonly world: World;
}

function workersOf({ servers, users, reports, world }: WorkersParts): Workers {
  const both = async (act: (controller: Controller) => Promise<void>) => {
    reports.clear();
    await Promise.all([servers, users].map(act));
  };
  return {
    start() {
      // Whoever led meanwhile left no word of what it saw, and the gateways must be asked anew.
      for (const { metadata } of world.servers.cache.all()) servers.queue.add(keyOf(metadata));
      for (const { metadata } of world.users.cache.all()) users.queue.add(keyOf(metadata));
      servers.start();
      users.start();
    },
    pause: () => both((controller) => controller.pause()),
    close: () => both((controller) => controller.close()),
  };
}

/** The fence: a process that was stopped for a while must not write as if it still led. */
function guard({ onWrite }: OperatorOptions, isLeader: () => boolean) {
  return (moment: 'before' | 'after', request: ApiRequest) => {
    if (moment === 'before' && !isLeader()) throw new NotLeaderError();
    onWrite?.(moment, request);
  };
}

interface Election {
  readonly isLeader: boolean;
  run(signal: AbortSignal): Promise<void>;
}

function createElection(
  options: OperatorOptions,
  { client, workers, metrics }: { client: ApiClient; workers: Workers; metrics: OperatorMetrics },
): Election {
  const started = () => {
    metrics.leading('leader');
    workers.start();
  };
  const stopped = async () => {
    await workers.pause();
    metrics.leading('candidate');
  };
  metrics.leading('candidate');
  if (options.leading === 'always') return permanentLeader(started, stopped);
  const { namespace, identity, log } = options;
  return new LeaderElection({
    client,
    namespace,
    name: LeaseName,
    identity,
    clock: systemClock,
    log,
    started,
    stopped,
  });
}

function permanentLeader(started: () => void, stopped: () => Promise<void>): Election {
  return {
    isLeader: true,
    async run(signal) {
      started();
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
      await stopped();
    },
  };
}

// Makes the cluster match one VpnServer: gather, decide, apply, report. Knows only the name; everything else is read anew.
import type { VpnServerStatus } from '../../api/vpn-server-status.ts';
import type { Clock } from '../clock.ts';
import { changed } from '../conditions.ts';
import type { ReconcileResult } from '../controller.ts';
import type { Grants } from '../grants.ts';
import { isForbidden, isNamespaceGoing } from '../kube/api-error.ts';
import type { EventRecorder } from '../kube/event-recorder.ts';
import { type ObjectKey, splitKey } from '../kube/object.ts';
import type { StatusWriter } from '../kube/status-writer.ts';
import type { VpnServerObject } from '../objects.ts';
import { type ApplyServices, applyGateways } from './apply.ts';
import type { Decider, Decision } from './decide.ts';
import type { MountFailures } from './mount-failures.ts';
import type { Refresher } from './refresh.ts';
import { type GatherServices, gather, podsOf, type Situation } from './situation.ts';
import { heldStatus, serverStatus, steadyPart } from './status.ts';

export interface VpnServerServices extends Omit<GatherServices, 'mountFailures'>, ApplyServices {
  readonly clock: Clock;
  readonly grants: Grants;
  readonly decider: Decider;
  readonly refresher: Refresher;
  readonly mountFailures: MountFailures;
  readonly statuses: StatusWriter<VpnServerStatus>;
}

/** Caches fill within moments. */
const WaitForCaches = 100;
/** A right that is missing may be granted without any sign to us. */
const WaitForRights = 30_000;

export async function reconcileServer(services: VpnServerServices, key: ObjectKey): Promise<ReconcileResult> {
  const { world, judgements, clock } = services;
  const server = world.servers.cache.get(key);
  const { namespace } = splitKey(key);
  if (!knowsEnough(services, key)) return { again: WaitForCaches };
  if (server === undefined || server.metadata.deletionTimestamp !== undefined) {
    forget(services, key);
    return untilExpiry(judgements.ofServer(key).validUntil, clock);
  }
  const refusal = world.refusal(namespace);
  if (refusal !== undefined) return await holdWithoutRights(services, server, refusal);
  const pods = podsOf(world, key);
  const mounts = await services.mountFailures.look(pods);
  const situation = gather({ ...services, mountFailures: services.mountFailures.messages }, server, key);
  const decision = services.decider.decide(situation);
  follow(services, key, situation, decision);
  try {
    if (decision.gateways !== undefined) await applyGateways(services, situation, decision.gateways);
  } catch (error) {
    if (isNamespaceGoing(error)) return {};
    if (isForbidden(error)) return await holdWithoutRights(services, server, (error as Error).message);
    throw error;
  }
  const { again } = await report(services, situation, decision, mounts);
  return soonest([again, situation.judgement.hidden.length > 0 ? WaitForRights : undefined]);
}

/** Nobody is locked out because a cache is not filled yet: users whose Secrets are unknown would look like none. */
function knowsEnough({ world, judgements }: VpnServerServices, key: ObjectKey): boolean {
  if (!world.hasSynced || !world.knowsCluster) return false;
  const { namespace } = splitKey(key);
  if (world.servers.cache.get(key) !== undefined && world.gatewayState(namespace) === 'waiting') return false;
  return judgements.secretNamespaces(key).every((each) => world.secrets.state(each) !== 'waiting');
}

function forget({ reports, statuses, refresher, decider }: VpnServerServices, key: ObjectKey): void {
  decider.forget(key);
  reports.keepOnly(key, new Set());
  statuses.forget(key);
  refresher.forgetServer(key);
}

/** The gateways are asked from now on how they are. */
function follow(
  { reports }: VpnServerServices,
  key: ObjectKey,
  situation: Situation,
  decision: Decision,
): void {
  const { token } = situation;
  const port = decision.gateways?.httpPort;
  const running = situation.gateways.filter(({ pod }) => pod.status?.phase === 'Running');
  reports.keepOnly(key, new Set(running.map(({ pod }) => pod.metadata.uid ?? '')));
  if (token === undefined || port === undefined) return;
  for (const { pod } of running) {
    const host = pod.status?.hostIP ?? pod.status?.podIP;
    if (host === undefined) continue;
    const wantedHash = decision.gateways?.files.hash;
    reports.follow(pod.metadata.uid ?? '', { server: key, host, port, token, wantedHash });
  }
}

async function report(
  services: VpnServerServices,
  situation: Situation,
  decision: Decision,
  mounts: number | undefined,
): Promise<ReconcileResult> {
  const { refresher, statuses, clock } = services;
  const { server, judgement, gateways } = situation;
  const hash = decision.gateways?.files.hash;
  const key = `${server.metadata.namespace}/${server.metadata.name}`;
  const { behind, again } =
    hash === undefined ? { behind: [], again: undefined } : await refresher.refresh(key, gateways, hash);
  const status = serverStatus({ situation, decision, behind, now: clock.wallClock() });
  const outcome = await statuses.write({ object: server, status, steadyPart });
  if (outcome.written) await tell(services.events, server, status);
  const expiry = untilExpiry(judgement.validUntil, clock).again;
  return soonest([again, outcome.again, mounts, expiry]);
}

async function holdWithoutRights(
  services: VpnServerServices,
  server: VpnServerObject,
  refusal: string,
): Promise<ReconcileResult> {
  const { statuses, clock, events, grants } = services;
  const { namespace } = server.metadata;
  const message =
    `the operator may not work in namespace ${namespace} (${refusal}); let it: ` +
    grants.command(namespace, refusal);
  const status = heldStatus({ server, reason: 'NotPermitted', message, now: clock.wallClock() });
  const { written } = await statuses.write({ object: server, status, steadyPart });
  if (written) await tell(events, server, status);
  return { again: WaitForRights };
}

/** Conditions that became what they are tell so once. The weakness of PPTP is no event. */
async function tell(events: EventRecorder, server: VpnServerObject, status: VpnServerStatus): Promise<void> {
  const news = changed(status.conditions ?? [], server.status?.conditions ?? []);
  for (const { type, status: state, reason, message } of news) {
    if (type === 'WeakProtocol' || state === 'Unknown') continue;
    // What was found on a path the gateways tell themselves, session by session.
    if (type === 'PathMTU' && state === 'True') continue;
    const note = `${type}: ${message}`;
    await events.record(server, {
      type: state === 'True' ? 'Normal' : 'Warning',
      reason,
      action: 'Reconcile',
      note,
    });
  }
}

/** A timer holds no more than 24 days. */
const LongestWait = 24 * 3_600_000;

function untilExpiry(validUntil: number, clock: Clock): ReconcileResult {
  if (!Number.isFinite(validUntil)) return {};
  return { again: Math.min(LongestWait, Math.max(1, validUntil - clock.wallClock())) };
}

function soonest(times: readonly (number | undefined)[]): ReconcileResult {
  const given = times.filter((time) => time !== undefined);
  return given.length === 0 ? {} : { again: Math.min(...given) };
}

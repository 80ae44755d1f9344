// Makes the cluster match one VpnServer: gather, decide, apply, report. Knows only the name; everything else is read anew.
import type { VpnServerStatus } from '../../api/vpn-server-status.ts';
import type { Clock } from '../clock.ts';
import { changed } from '../conditions.ts';
import type { ReconcileResult } from '../controller.ts';
import type { Grants } from '../grants.ts';
import { isNamespaceGoing, isRefused, lacksRight } from '../kube/api-error.ts';
import type { EventRecorder } from '../kube/event-recorder.ts';
import { type ObjectKey, splitKey } from '../kube/object.ts';
import type { StatusWriter } from '../kube/status-writer.ts';
import type { VpnServerObject } from '../objects.ts';
import { type ApplyServices, applyGateways } from './apply.ts';
import type { Complaints } from './complaints.ts';
import type { Decider, Decision } from './decide.ts';
import type { Refresher } from './refresh.ts';
import type { Reported } from './reported.ts';
import { daemonSetOf, type GatherServices, gather, podsOf, type Situation } from './situation.ts';
import { heldStatus, serverStatus, steadyPart } from './status.ts';

export interface VpnServerServices extends Omit<GatherServices, 'complaints'>, ApplyServices {
  readonly clock: Clock;
  readonly grants: Grants;
  readonly decider: Decider;
  readonly refresher: Refresher;
  readonly complaints: Complaints;
  readonly statuses: StatusWriter<VpnServerStatus>;
}

/** Caches fill within moments. */
const WaitForCaches = 100;
/** A right that is missing may be granted, and a quota raised, without any sign to us. */
const WaitForOthers = 30_000;

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
  return await carryOut(services, server, key);
}

async function carryOut(
  services: VpnServerServices,
  server: VpnServerObject,
  key: ObjectKey,
): Promise<ReconcileResult> {
  const { world } = services;
  const waits = await services.complaints.look(key, podsOf(world, key), daemonSetOf(world, key));
  const situation = gather({ ...services, complaints: services.complaints.messages }, server, key);
  const decision = services.decider.decide(situation);
  follow(services, key, situation, decision);
  try {
    if (decision.gateways !== undefined) await applyGateways(services, situation, decision.gateways);
  } catch (error) {
    if (isNamespaceGoing(error)) return {};
    if (lacksRight(error)) return await holdWithoutRights(services, server, (error as Error).message);
    if (!isRefused(error)) throw error;
    const refusal = (error as Error).message;
    return soonest([WaitForOthers, (await report(services, { situation, decision, refusal }, waits)).again]);
  }
  const { again } = await report(services, { situation, decision, refusal: undefined }, waits);
  return soonest([again, situation.judgement.hidden.length > 0 ? WaitForOthers : undefined]);
}

/** Nobody is locked out because a cache is not filled yet: users whose Secrets are unknown would look like none. */
function knowsEnough({ world, judgements }: VpnServerServices, key: ObjectKey): boolean {
  if (!world.hasSynced || !world.knowsCluster) return false;
  const { namespace } = splitKey(key);
  if (world.servers.cache.get(key) !== undefined && world.gatewayState(namespace) === 'waiting') return false;
  return judgements.secretNamespaces(key).every((each) => world.secrets.state(each) !== 'waiting');
}

function forget(services: VpnServerServices, key: ObjectKey): void {
  const { reports, statuses, refresher, decider, complaints } = services;
  decider.forget(key);
  reports.keepOnly(key, new Set());
  statuses.forget(key);
  refresher.forgetServer(key);
  complaints.forgetServer(key);
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
  { situation, decision, refusal }: Pick<Reported, 'situation' | 'decision' | 'refusal'>,
  waits: number | undefined,
): Promise<ReconcileResult> {
  const { refresher, statuses, clock } = services;
  const { server, judgement, gateways } = situation;
  const hash = decision.gateways?.files.hash;
  const key = `${server.metadata.namespace}/${server.metadata.name}`;
  const { behind, again } =
    hash === undefined ? { behind: [], again: undefined } : await refresher.refresh(key, gateways, hash);
  const status = serverStatus({ situation, decision, refusal, behind, now: clock.wallClock() });
  const outcome = await statuses.write({ object: server, status, steadyPart });
  if (outcome.written) await tell(services.events, server, status);
  const expiry = untilExpiry(judgement.validUntil, clock).again;
  return soonest([again, outcome.again, waits, expiry]);
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
  return { again: WaitForOthers };
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

/** Whoever waits for the wall clock looks at it again: it may be set. ms. */
const LongestWait = 60_000;

function untilExpiry(validUntil: number, clock: Clock): ReconcileResult {
  if (!Number.isFinite(validUntil)) return {};
  return { again: Math.min(LongestWait, Math.max(1, validUntil - clock.wallClock())) };
}

function soonest(times: readonly (number | undefined)[]): ReconcileResult {
  const given = times.filter((time) => time !== undefined);
  return given.length === 0 ? {} : { again: Math.min(...given) };
}

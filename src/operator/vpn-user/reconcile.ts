// Makes the cluster match one VpnUser: its generated Secret, and its status. Whether the user may log in is judged with its
// server, and carried out by the server's gateways.

import { generatedSecretName } from '../../api/vpn-user.ts';
import type { VpnUserStatus } from '../../api/vpn-user-status.ts';
import type { Clock } from '../clock.ts';
import { changed } from '../conditions.ts';
import type { ReconcileResult } from '../controller.ts';
import type { GatewayReports } from '../gateways/gateway-reports.ts';
import type { Judgements, UserJudgement } from '../judgements.ts';
import { isForbidden } from '../kube/api-error.ts';
import type { EventRecorder } from '../kube/event-recorder.ts';
import type { ObjectKey } from '../kube/object.ts';
import type { StatusWriter } from '../kube/status-writer.ts';
import { passwordKey } from '../manifests/credentials-secret.ts';
import { textOf } from '../manifests/gateway-secrets.ts';
import type { SecretObject, VpnUserObject } from '../objects.ts';
import { serverKeyOfUser, type UserIndex } from '../user-index.ts';
import type { World } from '../world.ts';
import { type CredentialServices, keepCredentials } from './credentials.ts';
import { steadyPart, userStatus } from './status.ts';

export interface VpnUserServices extends CredentialServices {
  readonly world: World;
  readonly index: UserIndex;
  readonly judgements: Judgements;
  readonly reports: GatewayReports;
  readonly clock: Clock;
  readonly statuses: StatusWriter<VpnUserStatus>;
  readonly events: EventRecorder;
}

export async function reconcileUser(services: VpnUserServices, key: ObjectKey): Promise<ReconcileResult> {
  const { world, judgements, reports, clock, statuses } = services;
  const user = world.users.cache.get(key);
  if (user === undefined || user.metadata.deletionTimestamp !== undefined) {
    statuses.forget(key);
    return {};
  }
  const mayKeepSecret = await keepSecret(services, user);
  const judgement = judgements.ofUser(key);
  // Its server is judged first; then this key comes again.
  if (judgement === undefined || !isOf(judgement, user)) return {};
  if (mayKeepSecret && isBeforeSecret(world, user, judgement)) return {};
  const status = userStatus({ user, judgement, activity: reports.ofUser(key), now: clock.wallClock() });
  const { written, again } = await statuses.write({ object: user, status, steadyPart });
  if (written) await tell(services.events, user, status);
  return again === undefined ? {} : { again };
}

function isOf({ uid, generation }: UserJudgement, { metadata }: VpnUserObject): boolean {
  return uid === metadata.uid && generation >= (metadata.generation ?? 0);
}

/** False without the right to read or write Secrets; the judgement tells what is missing. */
async function keepSecret(services: VpnUserServices, user: VpnUserObject): Promise<boolean> {
  const { world, index } = services;
  const { namespace } = user.metadata;
  if (world.secrets.state(namespace) !== 'synced') return false;
  const server = world.servers.cache.get(serverKeyOfUser(user));
  const secret = generatedSecretOf(world, user);
  const { passwordSecretRef } = user.spec;
  const isNamed =
    passwordSecretRef !== undefined && index.ofSecret(`${namespace}/${generatedSecretName(user)}`).length > 0;
  try {
    await keepCredentials(services, { user, server, secret, isNamed });
    return true;
  } catch (error) {
    if (!isForbidden(error)) throw error;
    return false;
  }
}

/** The judgement misses a Secret that was made a moment ago: it will be judged again, and nobody need be alarmed. */
function isBeforeSecret(world: World, user: VpnUserObject, { findings }: UserJudgement): boolean {
  if (user.spec.passwordSecretRef !== undefined) return false;
  if (findings.every(({ reason }) => reason !== 'SecretNotFound')) return false;
  const secret = generatedSecretOf(world, user);
  return secret === undefined || (textOf(secret, passwordKey) ?? '') !== '';
}

function generatedSecretOf(world: World, user: VpnUserObject): SecretObject | undefined {
  return world.secrets.cache.get(`${user.metadata.namespace}/${generatedSecretName(user)}`);
}

async function tell(events: EventRecorder, user: VpnUserObject, status: VpnUserStatus): Promise<void> {
  for (const { status: state, reason, message } of changed(
    status.conditions ?? [],
    user.status?.conditions ?? [],
  )) {
    const isAsOrdered = state === 'True' || reason === 'Suspended' || reason === 'Expired';
    // That all is well from the beginning is no event: ten thousand of them would tell nobody anything.
    if (state === 'True' && user.status?.conditions === undefined) continue;
    await events.record(user, {
      type: isAsOrdered ? 'Normal' : 'Warning',
      reason,
      action: 'Reconcile',
      note: message,
    });
  }
}

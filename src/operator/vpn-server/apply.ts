// Brings the objects of one VpnServer into being, in the order in which gateways need them. Each step finds out by itself
// whether it was done before, so it does not matter where an earlier attempt ended.
import { randomBytes } from 'node:crypto';
import type { EventReason } from '../../api/reasons.ts';
import { isConflict, isInvalid } from '../kube/api-error.ts';
import type { Applier } from '../kube/applier.ts';
import type { Cluster } from '../kube/cluster.ts';
import { covers } from '../kube/covers.ts';
import type { EventRecorder } from '../kube/event-recorder.ts';
import type { KubeObject } from '../kube/object.ts';
import { daemonSets, podDisruptionBudgets, secrets, serviceAccounts } from '../kube/resource.ts';
import { tokenSecret } from '../manifests/gateway-secrets.ts';
import type { SecretObject } from '../objects.ts';
import type { WantedGateways } from './decide.ts';
import type { Situation } from './situation.ts';

export interface ApplyServices {
  readonly cluster: Cluster;
  readonly applier: Applier;
  readonly events: EventRecorder;
}

const TokenBytes = 32;

export async function applyGateways(
  services: ApplyServices,
  situation: Situation,
  wanted: WantedGateways,
): Promise<void> {
  const { applier } = services;
  // First what must not wait: a user who was removed.
  for (const secret of wanted.users)
    await ensureSecret(services, secret, situation.usersSecrets.get(secret.metadata.name));
  await announceRestart(services, situation, wanted);
  await ensureSecret(services, wanted.config, situation.configSecret);
  await ensureToken(services, situation);
  await applier.ensure(serviceAccounts, wanted.serviceAccount, situation.serviceAccount);
  await announceRolling(services, situation, wanted);
  await applier.ensure(daemonSets, wanted.daemonSet, situation.daemonSet);
  if (wanted.budget !== undefined)
    await applier.ensure(podDisruptionBudgets, wanted.budget, situation.budget);
  await removeSurplus(services, situation, wanted);
}

/** What somebody made immutable is made anew: a user who was removed must not stay because of it. */
async function ensureSecret(
  { cluster, applier }: ApplyServices,
  wanted: SecretObject,
  live: SecretObject | undefined,
): Promise<void> {
  try {
    await applier.ensure(secrets, wanted, live);
  } catch (error) {
    if (!isInvalid(error) || live?.immutable !== true) throw error;
    await cluster.delete(secrets, live);
    await applier.ensure(secrets, wanted, undefined);
  }
}

/** Made once: a new token would lock out whoever holds the old one. */
async function ensureToken({ cluster }: ApplyServices, { server, token }: Situation): Promise<void> {
  if (token !== undefined && token.length >= TokenBytes) return;
  const secret = tokenSecret(server, randomBytes(TokenBytes).toString('base64url'));
  try {
    await cluster.create(secrets, secret);
  } catch (error) {
    if (!isConflict(error)) throw error;
    // It is there: not in our cache yet, or without a usable token.
    if (token !== undefined) await cluster.apply(secrets, secret);
  }
}

async function announceRestart(
  { events }: ApplyServices,
  { server, gateways }: Situation,
  { restartsFor }: WantedGateways,
): Promise<void> {
  if (restartsFor.length === 0 || gateways.length === 0) return;
  await events.record(server, {
    type: 'Normal',
    reason: 'RestartingGateways' satisfies EventReason,
    action: 'ApplyConfiguration',
    note:
      `${restartsFor.join(', ')} changed, which a running gateway cannot follow: every gateway starts anew in its pod ` +
      'within seconds, and all sessions end once',
  });
}

async function announceRolling(
  { events }: ApplyServices,
  situation: Situation,
  wanted: WantedGateways,
): Promise<void> {
  const { daemonSet, server, gateways } = situation;
  if (daemonSet === undefined || gateways.length === 0) return;
  const template = (wanted.daemonSet as { spec?: { template?: unknown } }).spec?.template;
  if (covers(daemonSet.spec?.template, template)) return;
  await events.record(server, {
    type: 'Normal',
    reason: 'RollingGateways' satisfies EventReason,
    action: 'ApplyDaemonSet',
    note: 'the pod template changes: the gateways are replaced node after node, and the sessions of each node end once',
  });
}

async function removeSurplus(
  { cluster }: ApplyServices,
  situation: Situation,
  wanted: WantedGateways,
): Promise<void> {
  const names = new Set(wanted.users.map(({ metadata }) => metadata.name));
  const surplus: KubeObject[] = [...situation.usersSecrets].flatMap(([name, secret]) =>
    names.has(name) ? [] : [secret],
  );
  for (const secret of surplus) await cluster.delete(secrets, secret);
  if (wanted.budget === undefined && situation.budget !== undefined)
    await cluster.delete(podDisruptionBudgets, situation.budget);
}

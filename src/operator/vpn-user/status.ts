// What a VpnUser's status says: pure, from the judgement and from what the gateways saw of the user.
import type { Finding } from '../../api/finding.ts';
import { findingMessage } from '../../api/finding.ts';
import type { UserActivity } from '../../api/gateway-status.ts';
import { usernameOf } from '../../api/vpn-user.ts';
import type { VpnUserStatus } from '../../api/vpn-user-status.ts';
import { withTimes } from '../conditions.ts';
import type { UserJudgement } from '../judgements.ts';
import type { VpnUserObject } from '../objects.ts';

/** Without what changes with every call: that may lag behind. */
export function steadyPart(status: VpnUserStatus): object {
  const { sessions, lastSeen, lastFailure, tunnelMTU, pathMTU, ...steady } = status;
  return steady;
}

type Failure = NonNullable<VpnUserStatus['lastFailure']>;

export interface UserFacts {
  readonly user: VpnUserObject;
  readonly judgement: UserJudgement;
  /** One for each gateway that knows the user. */
  readonly activity: readonly UserActivity[];
  /** Wall clock, ms. */
  readonly now: number;
}

export function userStatus({ user, judgement, activity, now }: UserFacts): VpnUserStatus {
  const { status = {} } = user;
  const observedGeneration = judgement.generation;
  const ready = { type: 'Ready', ...readiness(judgement.findings), observedGeneration } as const;
  // A gateway forgets with its process; what was written here before is not lost with it.
  const lastSeen = latest([status.lastSeen, ...activity.map((each) => each.lastSeen)]);
  const lastFailure = latest([status.lastFailure, ...activity.map((each) => each.lastFailure)]);
  return {
    observedGeneration,
    username: usernameOf(user),
    sessions: activity.reduce((total, { sessions }) => total + sessions, 0),
    ...narrowest(activity),
    ...(lastSeen === undefined ? {} : { lastSeen }),
    ...(lastFailure === undefined ? {} : { lastFailure: bounded(lastFailure) }),
    conditions: withTimes([ready], status.conditions ?? [], now),
  };
}

/** What the schema refuses would keep all of the status from being written. */
function bounded({ time, reason, message, from }: Failure): Failure {
  return { time, reason: reason.slice(0, 128), message: message.slice(0, 1024), from: from.slice(0, 45) };
}

function narrowest(activity: readonly UserActivity[]): Pick<VpnUserStatus, 'tunnelMTU' | 'pathMTU'> {
  const paths = activity.flatMap(({ path }) => path ?? []);
  return paths.sort((one, other) => one.tunnelMTU - other.tunnelMTU)[0] ?? {};
}

/** What somebody must correct explains more than what was ordered. */
function readiness(findings: readonly Finding[]) {
  const first = findings.find(({ severity }) => severity === 'fault') ?? findings[0];
  if (first === undefined)
    return { status: 'True', reason: 'Active', message: 'the user can log in' } as const;
  const others = findings.filter((finding) => finding !== first);
  const message = [first, ...others].map(findingMessage).join('; ');
  return { status: 'False', reason: first.reason, message } as const;
}

/** Times in one format are in order as texts. */
function latest<Item extends { readonly time: string }>(
  items: readonly (Item | undefined)[],
): Item | undefined {
  return items.reduce((best, item) => {
    if (item === undefined) return best;
    return best === undefined || item.time > best.time ? item : best;
  }, undefined);
}

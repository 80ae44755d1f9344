// What one gateway pod is up to, and what keeps it from taking calls, from what Kubernetes and the gateway itself say.
import type { GatewayProblemReason, GatewayStatus } from '../../api/gateway-status.ts';
import type { podProblems } from '../../api/reasons.ts';
import type { PodObject } from '../objects.ts';

export type PodProblemReason = keyof typeof podProblems;

export interface PodProblem {
  readonly reason: PodProblemReason | GatewayProblemReason;
  readonly message: string;
}

export interface GatewayState {
  readonly pod: PodObject;
  readonly node: string;
  readonly isReady: boolean;
  readonly report: GatewayStatus | undefined;
  readonly problem: PodProblem | undefined;
  /** Why nothing is known of it, although it runs. */
  readonly unreachable: string | undefined;
}

export interface GatewayFacts {
  readonly pod: PodObject;
  /** The last answer of the gateway, while it answers. */
  readonly report: GatewayStatus | undefined;
  /** Why it does not answer. */
  readonly unreachable: string | undefined;
  /** What the kubelet said about a pod that does not start. */
  readonly mountFailure: string | undefined;
}

export function gatewayState(facts: GatewayFacts): GatewayState {
  const { pod, report } = facts;
  const isReady = conditionOf(pod, 'Ready')?.status === 'True' && (report === undefined || report.ready);
  return {
    pod,
    node: nodeOf(pod),
    isReady,
    report,
    problem: isReady ? undefined : problemOf(facts),
    unreachable: facts.unreachable,
  };
}

/** A DaemonSet's pod that is not bound yet names its node in its affinity only. */
export function nodeOf({ spec }: PodObject): string {
  if (spec?.nodeName !== undefined) return spec.nodeName;
  return /"metadata\.name".*?"values":\["([^"]+)"\]/.exec(JSON.stringify(spec?.affinity ?? {}))?.[1] ?? '';
}

function problemOf(facts: GatewayFacts): PodProblem {
  const { pod, report, unreachable } = facts;
  const [told] = report?.problems ?? [];
  if (told !== undefined) return told;
  const status = pod.status?.containerStatuses?.find(({ name }) => name === 'gateway');
  const waiting = status?.state?.waiting;
  const ended = status?.state?.terminated ?? (waiting ? status?.lastState?.terminated : undefined);
  // It ends by itself, without a failure, for settings that it cannot change while it runs.
  if (ended?.exitCode === 0) return { reason: 'GatewayStarting', message: 'the gateway starts anew' };
  if (ended !== undefined) return endedProblem(ended);
  if (facts.mountFailure !== undefined) return mountProblem(facts.mountFailure);
  if (waiting !== undefined) return waitingProblem(waiting);
  const scheduled = conditionOf(pod, 'PodScheduled');
  if (scheduled?.status === 'False') return { reason: 'Unschedulable', message: scheduled.message ?? '' };
  if (status?.state?.running !== undefined && unreachable !== undefined)
    return { reason: 'GatewayUnreachable', message: unreachable };
  return { reason: 'GatewayStarting', message: 'the gateway is being started' };
}

function endedProblem({
  message,
  reason,
  exitCode,
}: {
  message?: string;
  reason?: string;
  exitCode?: number;
}) {
  const text = message?.trim() || `${reason ?? 'ended'} with code ${exitCode ?? '?'}`;
  return { reason: 'GatewayFailed', message: lastLine(text) } as const;
}

function waitingProblem({ reason = '', message = '' }: { reason?: string; message?: string }): PodProblem {
  if (/Image|Registry/.test(reason)) {
    const fix = 'correct --gateway-image of the operator, or give the node access to the registry';
    return { reason: 'ImagePullFailed', message: `${lastLine(message || reason)}; ${fix}` };
  }
  if (/^(CreateContainer|RunContainer|StartError)/.test(reason)) {
    if (message.includes('/dev/net/tun')) return mountProblem(message);
    return { reason: 'ContainerRefused', message: lastLine(message || reason) };
  }
  return { reason: 'GatewayStarting', message: 'the gateway is being started' };
}

function mountProblem(message: string): PodProblem {
  if (!message.includes('/dev/net/tun')) return { reason: 'MountFailed', message: lastLine(message) };
  return { reason: 'TunMissing', message: 'the node has no /dev/net/tun; run `modprobe tun` there' };
}

function lastLine(text: string): string {
  return (text.trim().split('\n').at(-1) ?? '').slice(0, 500);
}

export function conditionOf({ status }: PodObject, type: string) {
  return status?.conditions?.find((condition) => condition.type === type);
}

/** Whether something of the pod can be seen only in its events: it waits for its volumes. */
export function waitsForVolumes(pod: PodObject): boolean {
  const waiting = pod.status?.containerStatuses?.find(({ name }) => name === 'gateway')?.state?.waiting;
  return waiting?.reason === 'ContainerCreating';
}

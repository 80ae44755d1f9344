// The condition Ready of a VpnServer: one reason, the worst there is, and a message that names nodes, cause and fix.
import { findingMessage } from '../../api/finding.ts';
import type { ReasonOf } from '../../api/reasons.ts';
import type { ServerCondition } from '../conditions.ts';
import type { GatewayState, PodProblem } from './gateway-state.ts';
import { listed, type Reported } from './reported.ts';
import { type Situation, scheduledNodes } from './situation.ts';

const type = 'Ready';
/** Pod Security lists every field that it minds; an Event has room for a thousand characters, and the fix comes last. */
const LongestRefusal = 500;

export function readyCondition(
  { situation, decision, refusal }: Reported,
  desiredNodes: number,
): ServerCondition<'Ready'> {
  const [conflict] = decision.conflicts;
  if (conflict !== undefined) {
    const kept = decision.gateways === undefined ? '' : '; its gateways go on with their last good settings';
    const message = `${decision.conflicts.map(findingMessage).join('; ')}${kept}`;
    return { type, status: 'False', reason: conflict.reason as ReasonOf<'Ready'>, message };
  }
  if (refusal !== undefined) return objectRefused(refusal);
  if (desiredNodes === 0 && situation.gateways.length === 0) return noGateway(situation);
  const troubled = situation.gateways.filter(({ isReady }) => !isReady);
  const ready = situation.gateways.length - troubled.length;
  if (troubled.length === 0 && ready >= desiredNodes) {
    return {
      type,
      status: 'True',
      reason: 'GatewaysReady',
      message: `${ready} of ${desiredNodes} nodes take calls`,
    };
  }
  return notReady(situation, troubled, desiredNodes);
}

function objectRefused(refusal: string): ServerCondition<'Ready'> {
  const fix = 'correct spec.placement, or the quota or policy that forbids it; what runs goes on as it is';
  return { type, status: 'False', reason: 'ObjectRefused', message: `${shortened(refusal)}; ${fix}` };
}

function noGateway(situation: Situation): ServerCondition<'Ready'> {
  const { server, nodes, nodeNames } = situation;
  if (nodes === undefined && scheduledNodes(situation) === undefined) {
    const message = 'the DaemonSet controller has yet to say on how many nodes the gateways run';
    return { type, status: 'False', reason: 'GatewayStarting', message };
  }
  const labels = Object.entries(server.spec.placement.nodeSelector).map(([key, value]) => `${key}=${value}`);
  return { type, status: 'False', reason: 'NoNodeMatches', message: whyNoNode(labels, nodeNames) };
}

function whyNoNode(labels: readonly string[], nodeNames: readonly string[]): string {
  if (nodeNames.length > 0) {
    return `${listed(nodeNames)} would do, but Kubernetes starts nothing there now; kubectl get nodes tells more`;
  }
  if (labels.length === 0) {
    return 'no Linux node is free of taints that spec.placement.tolerations does not tolerate; add the toleration';
  }
  const label = `label a node (kubectl label node NAME ${labels.join(' ')})`;
  return `no node with ${labels.join(', ')} can be used; ${label}, correct spec.placement.nodeSelector, or add tolerations`;
}

function notReady(
  { gateways, podRefusal, server }: Situation,
  troubled: readonly GatewayState[],
  desired: number,
): ServerCondition<'Ready'> {
  const ready = gateways.length - troubled.length;
  const problems = Map.groupBy(troubled, ({ problem }) => problem?.reason ?? 'GatewayStarting');
  const causes = [...problems.values()].flatMap((states) => {
    const [first] = states;
    const problem: PodProblem | undefined = first?.problem;
    return problem === undefined ? [] : [`${listed(states.map(({ node }) => node))}: ${problem.message}`];
  });
  const reasons: PodProblem['reason'][] = [...problems.keys()];
  const missing = desired - gateways.length;
  if (missing > 0 && podRefusal !== undefined) {
    reasons.push('PodsRefused');
    causes.push(podsRefused(podRefusal, missing, server.metadata.namespace));
  } else if (missing > 0) causes.push(`${missing} more pods are to be made by the DaemonSet controller`);
  // What waits explains itself; what failed needs somebody.
  const reason = reasons.find((each) => each !== 'GatewayStarting') ?? 'GatewayStarting';
  const message = `${ready} of ${desired} nodes take calls; ${causes.join('; ')}`;
  return { type, status: 'False', reason, message };
}

/** The name of a pod that never was is left out: every try has another. */
function podsRefused(told: string, count: number, namespace: string): string {
  const why = told.replace(/^.*?Error creating: /, '').replace(/^pods? "[^"]*" is forbidden: /, '');
  const advice = [
    [
      /PodSecurity/,
      `let it: kubectl label namespace ${namespace} pod-security.kubernetes.io/enforce=privileged`,
    ],
    [/PriorityClass/, 'correct spec.placement.priorityClassName, or make that class'],
    [/exceeded quota/, 'raise the quota of the namespace, or lower spec.placement.resources'],
  ] as const;
  const [, fix] = advice.find(([pattern]) => pattern.test(why)) ?? [];
  const advised = fix === undefined ? shortened(why) : `${shortened(why)}; ${fix}`;
  return `no pod for ${count} of them: ${advised}; Kubernetes tries again every few minutes`;
}

function shortened(text: string): string {
  return text.length > LongestRefusal ? `${text.slice(0, LongestRefusal)}…` : text;
}

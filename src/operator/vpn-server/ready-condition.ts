// The condition Ready of a VpnServer: one reason, the worst there is, and a message that names nodes, cause and fix.
import { findingMessage } from '../../api/finding.ts';
import type { ReasonOf } from '../../api/reasons.ts';
import type { ServerCondition } from '../conditions.ts';
import type { GatewayState, PodProblem } from './gateway-state.ts';
import { listed, type Reported } from './reported.ts';
import type { Situation } from './situation.ts';

const type = 'Ready';

export function readyCondition(
  { situation, decision }: Reported,
  desiredNodes: number,
): ServerCondition<'Ready'> {
  const [conflict] = decision.conflicts;
  if (conflict !== undefined) {
    const kept = decision.gateways === undefined ? '' : '; its gateways go on with their last good settings';
    const message = `${decision.conflicts.map(findingMessage).join('; ')}${kept}`;
    return { type, status: 'False', reason: conflict.reason as ReasonOf<'Ready'>, message };
  }
  if (desiredNodes === 0 && situation.gateways.length === 0) return noNode(situation);
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
  return notReady(troubled, ready, desiredNodes);
}

function noNode({ server, nodeNames }: Situation): ServerCondition<'Ready'> {
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
  troubled: readonly GatewayState[],
  ready: number,
  desired: number,
): ServerCondition<'Ready'> {
  const problems = Map.groupBy(troubled, ({ problem }) => problem?.reason ?? 'GatewayStarting');
  const causes = [...problems.values()].flatMap((states) => {
    const [first] = states;
    const problem: PodProblem | undefined = first?.problem;
    return problem === undefined ? [] : [`${listed(states.map(({ node }) => node))}: ${problem.message}`];
  });
  const missing = desired - ready - troubled.length;
  if (missing > 0) causes.push(`${missing} more pods are to be made by the DaemonSet controller`);
  // What waits explains itself; what failed needs somebody.
  const reasons = [...problems.keys()];
  const reason = reasons.find((each) => each !== 'GatewayStarting') ?? 'GatewayStarting';
  const message = `${ready} of ${desired} nodes take calls; ${causes.join('; ')}`;
  return { type, status: 'False', reason, message };
}

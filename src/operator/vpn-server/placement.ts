// Which nodes a VpnServer's DaemonSet will use, as the DaemonSet controller decides it: by labels and taints.
import type { VpnServerSpec } from '../../api/vpn-server.ts';
import type { NodeObject, Taint, VpnServerObject } from '../objects.ts';

type Placement = VpnServerSpec['placement'];
type Toleration = Placement['tolerations'][number];

/** What the DaemonSet controller adds to every pod in the node's network. */
const builtInTolerations: readonly Toleration[] = [
  'not-ready',
  'unreachable',
  'disk-pressure',
  'memory-pressure',
  'pid-pressure',
  'unschedulable',
  'network-unavailable',
].map((condition) => ({ key: `node.kubernetes.io/${condition}`, operator: 'Exists' }));

export function nodesOf(server: VpnServerObject, nodes: readonly NodeObject[]): string[] {
  const { placement } = server.spec;
  return nodes.filter((node) => isEligible(placement, node)).map(({ metadata }) => metadata.name);
}

function isEligible({ nodeSelector, tolerations }: Placement, { metadata, spec }: NodeObject): boolean {
  const { labels = {} } = metadata;
  const wanted = { 'kubernetes.io/os': 'linux', ...nodeSelector };
  if (!Object.entries(wanted).every(([key, value]) => labels[key] === value)) return false;
  const tolerated = [...tolerations, ...builtInTolerations];
  return (spec?.taints ?? [])
    .filter(({ effect }) => effect !== 'PreferNoSchedule')
    .every((taint) => tolerated.some((toleration) => tolerates(toleration, taint)));
}

function tolerates({ key = '', operator, value = '', effect }: Toleration, taint: Taint): boolean {
  if (effect !== undefined && effect !== taint.effect) return false;
  if (key !== '' && key !== taint.key) return false;
  return operator === 'Exists' || value === (taint.value ?? '');
}

/** `nodes` undefined: nobody may look, so only labels that contradict each other keep two servers apart. */
export function shareNode(
  one: VpnServerObject,
  other: VpnServerObject,
  nodes: readonly NodeObject[] | undefined,
): boolean {
  if (nodes !== undefined) {
    const theirs = new Set(nodesOf(other, nodes));
    return nodesOf(one, nodes).some((node) => theirs.has(node));
  }
  const selector = other.spec.placement.nodeSelector;
  return Object.entries(one.spec.placement.nodeSelector).every(
    ([key, value]) => selector[key] === undefined || selector[key] === value,
  );
}

export interface GatewayNodes {
  /** Where gateways should be, and where they are. */
  readonly nodeNames: readonly string[];
  /** Where one may still have sessions. */
  readonly lingering: readonly string[];
}

/** `eligible` undefined: nobody may look at nodes. `former`: nodes with a slice of the addresses. `desired`: of the DaemonSet. */
export function gatewayNodes(found: {
  readonly eligible: readonly string[] | undefined;
  readonly running: readonly string[];
  readonly leaving: readonly string[];
  readonly former: readonly string[];
  readonly desired: number | undefined;
}): GatewayNodes {
  const { eligible, running, leaving, former, desired } = found;
  const lingering = distinct([...running, ...leaving]);
  if (eligible !== undefined) return { nodeNames: distinct([...eligible, ...running]), lingering };
  // A pod that is replaced is missing for a moment: its node must not lose its addresses to the others for that.
  const isWhole = desired !== undefined && desired <= lingering.length;
  return { nodeNames: isWhole ? lingering : distinct([...lingering, ...former]), lingering };
}

function distinct(names: readonly string[]): string[] {
  return [...new Set(names)].filter((name) => name !== '');
}

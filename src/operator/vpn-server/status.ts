// What a VpnServer's status says: pure, from the situation and the decision. `kubectl get` and `kubectl describe` alone
// must tell a stranger what is wrong and what to do.

import { isIPv4Address } from '../../api/ipv4-text.ts';
import { clientAddressCount } from '../../api/pool-addresses.ts';
import type { ReasonOf } from '../../api/reasons.ts';
import type { VpnServerStatus } from '../../api/vpn-server-status.ts';
import type { ServerCondition } from '../conditions.ts';
import { timestamp, withTimes } from '../conditions.ts';
import type { NodeObject } from '../objects.ts';
import type { GatewayState } from './gateway-state.ts';
import { pathMtuCondition, tunnelMtuText } from './path-mtu-condition.ts';
import { readyCondition } from './ready-condition.ts';
import { listed, type Reported } from './reported.ts';
import { type Situation, scheduledNodes } from './situation.ts';

/** More are refused by the schema, and with them all of the status. */
const MostEndpoints = 5_000;

/** Without what changes with every session: that may lag behind. */
export function steadyPart({ conditions = [], ...status }: VpnServerStatus): object {
  const { sessions: _sessions, addresses: _addresses, summary: _summary, ...steady } = status;
  const texts = conditions.map(({ message, ...rest }) =>
    rest.type === 'PathMTU' ? rest : { ...rest, message },
  );
  return { ...steady, conditions: texts };
}

export function serverStatus(reported: Reported): VpnServerStatus {
  const { situation, decision, now } = reported;
  const { server, gateways, nodeNames } = situation;
  const generation = server.metadata.generation ?? 0;
  const desiredNodes = decision.gateways === undefined ? 0 : (scheduledNodes(situation) ?? nodeNames.length);
  const ready = gateways.filter(({ isReady }) => isReady);
  const sessions = sum(gateways, ({ report }) => report?.sessions ?? 0);
  const used = sum(gateways, ({ report }) => report?.addresses.used ?? 0);
  const total = clientAddressCount(server.spec);
  const mtu = tunnelMtuText(gateways);
  const conditions = [
    readyCondition(reported, desiredNodes),
    usersSynced(reported),
    pathMtuCondition(reported),
    weakProtocol(),
  ].map((condition) => ({ ...condition, observedGeneration: generation }));
  return {
    observedGeneration: generation,
    desiredNodes,
    readyNodes: ready.length,
    sessions,
    addresses: { total, used },
    endpoints: ready.flatMap((gateway) => endpointsOf(gateway, situation)).slice(0, MostEndpoints),
    summary: {
      nodes: `${ready.length}/${desiredNodes}`,
      addresses: `${used}/${total}`,
      ...(mtu === undefined ? {} : { mtu }),
    },
    conditions: withTimes(conditions, server.status?.conditions ?? [], now),
  };
}

function sum<Item>(items: readonly Item[], value: (item: Item) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}

function usersSynced({ situation, decision, behind }: Reported): ServerCondition<'UsersSynced'> {
  const type = 'UsersSynced';
  const { gateways, server } = situation;
  if (decision.gateways === undefined || gateways.length === 0)
    return {
      type,
      status: 'Unknown',
      reason: 'NoGateways',
      message: 'there is no gateway that could load users',
    };
  const [silent] = gateways.filter(({ unreachable }) => unreachable !== undefined);
  if (silent !== undefined) {
    const message = `whether ${silent.node} has loaded the users cannot be seen: ${silent.unreachable}`;
    return { type, status: 'Unknown', reason: 'GatewayUnreachable', message };
  }
  if (behind.length > 0) {
    const message =
      `${listed(behind.map(({ node }) => node))} did not load the current configuration yet: users added, changed or ` +
      'removed lately are not known there; the operator asks the kubelet again, look at its log if this lasts';
    return { type, status: 'False', reason: 'GatewaysBehind', message };
  }
  const pending = gateways.some(({ report }) => report?.configHash !== decision.gateways?.files.hash);
  const known = server.status?.conditions?.find((condition) => condition.type === type);
  // A change is on its way: no news until it takes too long.
  if (pending && known !== undefined)
    return {
      type,
      status: known.status,
      reason: known.reason as ReasonOf<'UsersSynced'>,
      message: known.message,
    };
  if (pending)
    return { type, status: 'Unknown', reason: 'Loading', message: 'the gateways are loading the users' };
  const message = 'every gateway has loaded the current users and settings';
  return { type, status: 'True', reason: 'Loaded', message };
}

function weakProtocol(): ServerCondition<'WeakProtocol'> {
  const message =
    'PPTP is broken: whoever records the traffic can read it within about a day, whatever the password, and can then ' +
    'log in as the user; use it only where the path is trusted or the data needs no secrecy';
  return { type: 'WeakProtocol', status: 'True', reason: 'PPTP', message };
}

type Endpoint = NonNullable<VpnServerStatus['endpoints']>[number];

/** The addresses of the node that clients may dial: outer ones first. */
function endpointsOf({ node, pod }: GatewayState, { server, nodes }: Situation): Endpoint[] {
  const all = addressesOf(nodes?.find(({ metadata }) => metadata.name === node));
  const { hostIP } = pod.status ?? {};
  const known = all.length > 0 || hostIP === undefined ? all : [hostIP].filter(isIPv4Address);
  const { listenAddresses } = server.spec;
  const listening = listenAddresses.filter((address) => known.includes(address));
  const addresses = listenAddresses.length === 0 ? known : listening.length > 0 ? listening : listenAddresses;
  return addresses.map((address) => ({ node, address }));
}

function addressesOf(node: NodeObject | undefined): string[] {
  const addresses = node?.status?.addresses ?? [];
  const ofType = (wanted: string) =>
    addresses.filter(({ type }) => type === wanted).map(({ address }) => address);
  return [...new Set([...ofType('ExternalIP'), ...ofType('InternalIP')])].filter(isIPv4Address);
}

/** The status of a server that nothing can be done for. */
export function heldStatus({
  server,
  reason,
  message,
  now,
}: {
  server: Situation['server'];
  reason: ReasonOf<'Ready'>;
  message: string;
  now: number;
}): VpnServerStatus {
  const observedGeneration = server.metadata.generation ?? 0;
  const ready = { type: 'Ready', status: 'False', reason, message, observedGeneration } as const;
  const kept = (server.status?.conditions ?? []).filter(({ type }) => type !== 'Ready');
  const [condition] = withTimes([ready], server.status?.conditions ?? [], now);
  const fallback = { ...ready, lastTransitionTime: timestamp(now) };
  return { ...server.status, observedGeneration, conditions: [condition ?? fallback, ...kept] };
}

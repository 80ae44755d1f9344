// The port of a server's gateways for HTTP. Pods in the node's network share its ports: servers that have a node in
// common need different ones, and a port once chosen stays, because a change rolls the pods.
import { firstHttpPort } from '../../api/gateway-status.ts';
import type { DaemonSetObject } from '../objects.ts';

/** `own`: the server's DaemonSet; `others`: those of servers that share a node with it. */
export function chooseHttpPort(own: DaemonSetObject | undefined, others: readonly DaemonSetObject[]): number {
  const present = httpPortOf(own);
  if (present !== undefined) return present;
  const taken = new Set(others.map(httpPortOf));
  let port = firstHttpPort;
  while (taken.has(port)) port++;
  return port;
}

export function httpPortOf(daemonSet: DaemonSetObject | undefined): number | undefined {
  const container = daemonSet?.spec?.template?.spec?.containers?.find(({ name }) => name === 'gateway');
  return container?.ports?.find(({ name }) => name === 'http')?.containerPort;
}

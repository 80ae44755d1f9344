// The port of a server's gateways for HTTP. Pods in the node's network share its ports: servers that have a node in
// common need different ones, and a port once chosen stays, because a change rolls the pods.
import { firstHttpPort } from '../../api/gateway-status.ts';
import type { ObjectKey } from '../kube/object.ts';
import type { DaemonSetObject } from '../objects.ts';

/** Another server that shares a node. */
export interface Neighbour {
  readonly key: ObjectKey;
  readonly daemonSet: DaemonSetObject | undefined;
  /** It keeps what both want. */
  readonly isOlder: boolean;
}

/** Remembers what it chose: DaemonSets of two servers that come together are not there yet when the second one chooses. */
export class HttpPorts {
  readonly #chosen = new Map<ObjectKey, number>();

  /** `own`: the server's DaemonSet; `neighbours`: servers that share a node with it. */
  choose(key: ObjectKey, own: DaemonSetObject | undefined, neighbours: readonly Neighbour[]): number {
    const portOf = (each: Neighbour) => httpPortOf(each.daemonSet) ?? this.#chosen.get(each.key);
    const present = httpPortOf(own) ?? this.#chosen.get(key);
    const isContested = neighbours.some((each) => each.isOlder && portOf(each) === present);
    if (present !== undefined && !isContested) return present;
    const taken = new Set(neighbours.map(portOf));
    let port = firstHttpPort;
    while (taken.has(port)) port++;
    this.#chosen.set(key, port);
    return port;
  }

  forget(key: ObjectKey): void {
    this.#chosen.delete(key);
  }
}

export function httpPortOf(daemonSet: DaemonSetObject | undefined): number | undefined {
  const container = daemonSet?.spec?.template?.spec?.containers?.find(({ name }) => name === 'gateway');
  return container?.ports?.find(({ name }) => name === 'http')?.containerPort;
}

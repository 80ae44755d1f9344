// The ranges of the cluster: no pool may overlap them, and no client may reach them unless a longer prefix names them.
import { isIPv4Address, isIPv4Range } from '../../api/ipv4-text.ts';
import type { ReservedRange } from '../../api/resolve-servers.ts';
import type { EndpointSliceObject, NodeObject, ServiceCidrObject } from '../objects.ts';

export interface ClusterObjects {
  readonly nodes: readonly NodeObject[];
  readonly serviceCidrs: readonly ServiceCidrObject[];
  readonly apiServers: readonly EndpointSliceObject[];
  /** Where the operator itself reaches the API server, which it knows without any right. */
  readonly apiServerHost: string;
  /** Ranges that the administrator named, for what the cluster does not tell. */
  readonly extra: readonly string[];
}

export interface Surroundings {
  readonly reserved: readonly ReservedRange[];
  readonly protectedDestinations: readonly string[];
}

export function surroundingsOf(objects: ClusterObjects): Surroundings {
  const { nodes, serviceCidrs, apiServers, apiServerHost, extra } = objects;
  const pods = nodes.flatMap(({ metadata, spec }) =>
    (spec?.podCIDRs ?? []).map((cidr) => ({ cidr, owner: `the Pods of node ${metadata.name}` })),
  );
  const services = serviceCidrs.flatMap(({ spec }) =>
    (spec?.cidrs ?? []).map((cidr) => ({ cidr, owner: 'the Services of the cluster' })),
  );
  const named = extra.map((cidr) => ({ cidr, owner: 'the operator’s --reserved-range' }));
  const hosts = nodes.flatMap(({ metadata, status }) =>
    (status?.addresses ?? []).map(({ address }) => ({
      cidr: `${address}/32`,
      owner: `node ${metadata.name}`,
    })),
  );
  const api = apiServers
    .flatMap(({ endpoints }) => (endpoints ?? []).flatMap(({ addresses = [] }) => addresses))
    .concat(apiServerHost)
    .filter(isIPv4Address)
    .map((address) => `${address}/32`);
  const closed = [...[...pods, ...services, ...named].map(({ cidr }) => cidr), ...api].filter(isIPv4Range);
  return {
    reserved: [...pods, ...services, ...named, ...hosts].filter(({ cidr }) => isIPv4Range(cidr)),
    // Clusters with two families name IPv6 too, which does not concern us. In order, so that an unchanged cluster yields an unchanged configuration.
    protectedDestinations: [...new Set(closed)].sort(),
  };
}

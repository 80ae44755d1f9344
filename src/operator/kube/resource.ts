// The resources of the API that the operator deals with, and where they are. The shipped RBAC lists exactly these.
import { apiVersion, vpnServerNames, vpnUserNames } from '../../api/names.ts';

export interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
}

export const vpnServers: Resource = {
  apiVersion,
  kind: vpnServerNames.kind,
  plural: vpnServerNames.plural,
};
export const vpnUsers: Resource = { apiVersion, kind: vpnUserNames.kind, plural: vpnUserNames.plural };
export const secrets: Resource = { apiVersion: 'v1', kind: 'Secret', plural: 'secrets' };
export const serviceAccounts: Resource = {
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
};
export const pods: Resource = { apiVersion: 'v1', kind: 'Pod', plural: 'pods' };
export const nodes: Resource = { apiVersion: 'v1', kind: 'Node', plural: 'nodes' };
export const coreEvents: Resource = { apiVersion: 'v1', kind: 'Event', plural: 'events' };
export const daemonSets: Resource = { apiVersion: 'apps/v1', kind: 'DaemonSet', plural: 'daemonsets' };
export const podDisruptionBudgets: Resource = {
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  plural: 'poddisruptionbudgets',
};
export const events: Resource = { apiVersion: 'events.k8s.io/v1', kind: 'Event', plural: 'events' };
export const leases: Resource = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', plural: 'leases' };
export const serviceCidrs: Resource = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'ServiceCIDR',
  plural: 'servicecidrs',
};
export const endpointSlices: Resource = {
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  plural: 'endpointslices',
};

export interface Place {
  readonly namespace?: string | undefined;
  readonly name?: string;
  readonly subresource?: 'status';
}

/** The path of a resource's collection, of one object, or of its subresource. */
export function pathOf(resource: Resource, { namespace, name, subresource }: Place): string {
  const root = resource.apiVersion.includes('/') ? 'apis' : 'api';
  const parts = [
    root,
    resource.apiVersion,
    ...(namespace === undefined ? [] : ['namespaces', encodeURIComponent(namespace)]),
    resource.plural,
    ...(name === undefined ? [] : [encodeURIComponent(name)]),
    ...(subresource === undefined ? [] : [subresource]),
  ];
  return `/${parts.join('/')}`;
}

// Every right of the operator and why it needs it: the chart's Roles and docs/rbac.md are made from this. A right that the
// operator does not use, or a call that it may not make, fails the cluster tests.
import { apiGroup, vpnServerNames, vpnUserNames } from '../../../src/api/names.ts';

export interface Right {
  readonly apiGroup: string;
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  /** Only these objects. */
  readonly names?: readonly string[];
  readonly why: string;
}

const kinds = [vpnServerNames.plural, vpnUserNames.plural];

/** On our own kinds and the Events about them: in the watched namespaces, or in all. */
export const kindRights: readonly Right[] = [
  { apiGroup, resources: kinds, verbs: ['list', 'watch'], why: 'to see what is wanted' },
  {
    apiGroup,
    resources: kinds.map((kind) => `${kind}/status`),
    verbs: ['patch'],
    why: 'to write conditions, endpoints and counts (server-side apply)',
  },
  {
    apiGroup: 'events.k8s.io',
    resources: ['events'],
    verbs: ['create', 'patch'],
    why: 'to tell what happened; a repetition patches the series',
  },
];

/** In each namespace that holds gateways or users, and nowhere else. */
export const namespaceRights: readonly Right[] = [
  {
    apiGroup: '',
    resources: ['secrets'],
    verbs: ['list', 'watch', 'create', 'patch', 'update', 'delete'],
    why: "to read the users' passwords, and to write what the gateways mount and generated passwords",
  },
  {
    apiGroup: '',
    resources: ['serviceaccounts'],
    verbs: ['list', 'watch', 'create', 'patch', 'update'],
    why: 'to give the gateways an account without any right',
  },
  {
    apiGroup: '',
    resources: ['pods'],
    verbs: ['list', 'watch', 'patch'],
    why: 'to find the gateways, and to make the kubelet refresh their files by an annotation',
  },
  {
    apiGroup: '',
    resources: ['events'],
    verbs: ['list'],
    why: 'to say in the status why a gateway Pod does not start',
  },
  {
    apiGroup: 'apps',
    resources: ['daemonsets'],
    verbs: ['list', 'watch', 'create', 'patch', 'update'],
    why: 'to run the gateways',
  },
  {
    apiGroup: 'policy',
    resources: ['poddisruptionbudgets'],
    verbs: ['list', 'watch', 'create', 'patch', 'update', 'delete'],
    why: 'to let drains take the gateways one after the other',
  },
];

/** Cluster-scoped, read only; not with watchNamespaces. */
export const clusterRights: readonly Right[] = [
  {
    apiGroup: '',
    resources: ['nodes'],
    verbs: ['list', 'watch'],
    why: 'to know addresses and Pod CIDRs, which clients must not reach, and which nodes are meant',
  },
  {
    apiGroup: 'networking.k8s.io',
    resources: ['servicecidrs'],
    verbs: ['list', 'watch'],
    why: 'to keep clients away from the Services of the cluster',
  },
];

/** In the namespace `default`, where the API server publishes its own addresses; not with watchNamespaces. */
export const apiServerRights: readonly Right[] = [
  {
    apiGroup: 'discovery.k8s.io',
    resources: ['endpointslices'],
    verbs: ['list', 'watch'],
    names: ['kubernetes'],
    why: "to keep clients away from the API server's addresses",
  },
];

/** In the operator's own namespace. */
export const ownRights: readonly Right[] = [
  {
    apiGroup: 'coordination.k8s.io',
    resources: ['leases'],
    verbs: ['create'],
    why: 'to elect a leader; a name cannot be asked for before the object exists',
  },
  {
    apiGroup: 'coordination.k8s.io',
    resources: ['leases'],
    verbs: ['get', 'update'],
    names: ['vpn-operator'],
    why: 'to take, renew and give back the leadership',
  },
];

/** What people get through the cluster's own roles. */
export const aggregatedRights = {
  view: [{ apiGroup, resources: kinds, verbs: ['get', 'list', 'watch'], why: 'to look' }],
  edit: [
    {
      apiGroup,
      resources: kinds,
      verbs: ['create', 'update', 'patch', 'delete', 'deletecollection'],
      why: 'to change',
    },
  ],
} as const satisfies Record<string, readonly Right[]>;

/** As a Role's `rules` says it. */
export function policyRule({ apiGroup, resources, verbs, names }: Right) {
  return {
    apiGroups: [apiGroup],
    resources: [...resources],
    ...(names === undefined ? {} : { resourceNames: [...names] }),
    verbs: [...verbs],
  };
}

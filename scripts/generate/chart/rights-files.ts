// The rights as named templates of the chart and as a page for people.
import { stringify } from 'yaml';
import {
  aggregatedRights,
  apiServerRights,
  clusterRights,
  kindRights,
  namespaceRights,
  ownRights,
  policyRule,
  type Right,
} from './rights.ts';

const origin = 'Generated from scripts/generate/chart/rights.ts by `npm run generate`.';

const templates: Readonly<Record<string, readonly Right[]>> = {
  kinds: kindRights,
  namespace: namespaceRights,
  cluster: clusterRights,
  apiServer: apiServerRights,
  own: ownRights,
  view: aggregatedRights.view,
  edit: aggregatedRights.edit,
};

/** `{{ include "vpn-operator.rights.own" . }}` is the list under `rules:`. */
export function rightsTemplate(): string {
  const defines = Object.entries(templates).map(
    ([name, rights]) =>
      `{{- define "vpn-operator.rights.${name}" -}}\n${stringify(rights.map(policyRule))}{{- end }}\n`,
  );
  return `{{- /* ${origin} */ -}}\n${defines.join('')}`;
}

export function rightsDocument(): string {
  return `<!-- ${origin} -->
# Rights of the operator

The gateways have none: their ServiceAccount is bound to nothing, and no token is mounted. The operator has these; there
is no wildcard, no right on the Secrets of the whole cluster, and no \`escalate\`, \`bind\` or \`impersonate\`. Why they are cut
this way is told in [ADR 7](adr/0007-rights-per-namespace.md).

## On VpnServers and VpnUsers

In the namespaces of \`watchNamespaces\`, or in all when that is empty.

${table(kindRights)}

## In each namespace with gateways or users

By a RoleBinding in that namespace: one for each of \`watchNamespaces\` or \`grantNamespaces\`.

${table(namespaceRights)}

## In the cluster

Read only, and not with \`watchNamespaces\`: then name the cluster's own networks, which clients must not reach, yourself
(see [kubernetes.md](kubernetes.md)).

${table(clusterRights)}

In the namespace \`default\`:

${table(apiServerRights)}

## In the operator's own namespace

${table(ownRights)}

## What people may do

Whoever has the cluster role \`view\` in a namespace may look at VpnServers and VpnUsers there; whoever has \`edit\` or \`admin\`
may change them. Who may change a VpnUser may let people into the network behind the VpnServer.

${table([...aggregatedRights.view, ...aggregatedRights.edit])}
`;
}

function table(rights: readonly Right[]): string {
  const rows = rights.map(
    ({ apiGroup, resources, verbs, names, why }) =>
      `| ${apiGroup === '' ? 'core' : apiGroup} | ${resources.join(', ')}${names === undefined ? '' : ` (only ${names.join(', ')})`} | ${verbs.join(', ')} | ${why} |`,
  );
  return ['| API group | resources | verbs | why |', '|---|---|---|---|', ...rows].join('\n');
}

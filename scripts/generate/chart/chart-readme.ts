// The chart's README: what a stranger needs on Artifact Hub, with the table of all values.
import { valuesTable } from './values-files.ts';

export function chartReadme(): string {
  return `<!-- Generated from scripts/generate/chart by \`npm run generate\`. -->
# vpn-operator

> **PPTP is broken.** Anyone who can record your traffic can read all of it within about a day, whatever the password,
> and can then log in as you. Use it only where the network path is already trusted or where the data needs no secrecy,
> for devices that speak nothing else.

PPTP servers on the nodes of a cluster, as VpnServer and VpnUser objects. The whole protocol stack runs in userspace: the
nodes need no PPP, no kernel module but TUN.

\`\`\`sh
helm install vpn-operator charts/vpn-operator -n vpn-operator-system --create-namespace \\
  --set 'watchNamespaces={vpn}' --set createNamespaces=true
kubectl apply -f deploy/samples
kubectl get vpns,vpnu -n vpn
\`\`\`

The nodes must let in TCP port 1723 and IP protocol 47 (GRE). Kubernetes 1.31 or newer.

- The gateways use the host's network and hold no credential of the cluster; their namespace needs Pod Security
  \`privileged\`. See docs/privileges.md.
- The operator has rights only where you say so. See docs/rbac.md.
- \`helm test\` logs in by PPTP with the user of \`test.user\`.
- \`helm uninstall\` stops the operator; VpnServers, VpnUsers and running gateways stay. To end all, first
  \`kubectl delete vpns,vpnu --all -A\`.

## Values

${valuesTable()}
`;
}

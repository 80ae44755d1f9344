// A gateway on every node without an operator: the files of a configuration in a Secret, and a DaemonSet written by hand.
// What the pod says here is the least that a gateway needs (docs/adr/0008-capabilities.md).

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeGatewayFiles } from '../../../src/api/gateway-files.ts';
import { loadDocuments } from '../../../src/cli/load-documents.ts';
import { Undo } from '../lab/undo.ts';
import type { Cluster } from './cluster.ts';
import { projectImage } from './image.ts';

export interface HandWrittenGateway {
  /** Kubernetes documents, as for `local`. */
  documents: string;
  /** Ranges of addresses by node. */
  slices: Readonly<Record<string, readonly string[]>>;
}

/** User id of the gateway once it has given up root; it must be able to read its files. */
const user = 65532;

/** The manifest of the Secret with a gateway's files. */
export function filesSecret({ documents, slices }: HandWrittenGateway): string {
  const undo = new Undo();
  try {
    const file = join(undo.folder(), 'documents.yaml');
    writeFileSync(file, documents);
    const { configs, faults } = loadDocuments([file]);
    const [config] = configs;
    if (config === undefined || faults.length > 0) throw new Error(JSON.stringify(faults));
    const files = encodeGatewayFiles({ config, slices, releasing: [] });
    const users = files.users.map((text, shard) => [`users-${shard}.json`, text]);
    return JSON.stringify({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'gateway-files' },
      stringData: { 'config.json': files.config, token: 'token', ...Object.fromEntries(users) },
    });
  } finally {
    undo.now();
  }
}

export const gatewayDaemonSet = `
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: gateway}
spec:
  selector: {matchLabels: {app: gateway}}
  template:
    metadata: {labels: {app: gateway}}
    spec:
      hostNetwork: true
      automountServiceAccountToken: false
      securityContext:
        fsGroup: ${user}
        seccompProfile: {type: RuntimeDefault}
      containers:
      - name: gateway
        image: ${projectImage}
        imagePullPolicy: Never
        args: [gateway, --config-dir, /etc/vpn-operator, --run-as, "${user}"]
        env: [{name: NODE_NAME, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}]
        # The kubelet is in the node's network, too.
        readinessProbe: {httpGet: {host: 127.0.0.1, port: 9723, path: /readyz}, periodSeconds: 1}
        securityContext:
          runAsUser: 0
          allowPrivilegeEscalation: false
          readOnlyRootFilesystem: true
          capabilities: {drop: [ALL], add: [NET_ADMIN, NET_RAW, SETUID, SETGID]}
        volumeMounts:
        - {name: tun, mountPath: /dev/net/tun}
        - {name: files, mountPath: /etc/vpn-operator, readOnly: true}
        - {name: state, mountPath: /var/lib/vpn-operator}
      volumes:
      - {name: tun, hostPath: {path: /dev/net/tun, type: CharDevice}}
      - {name: files, secret: {secretName: gateway-files, defaultMode: 0440}}
      - {name: state, emptyDir: {}}
`;

export async function startGateways(cluster: Cluster, gateway: HandWrittenGateway): Promise<void> {
  await cluster.kubectl.apply(`${filesSecret(gateway)}\n---${gatewayDaemonSet}`);
  await cluster.kubectl.run(['rollout', 'status', 'daemonset/gateway', '--timeout=60s'], { timeout: 70_000 });
}

/** Changes the files and makes the kubelet bring them at once, as the operator does. */
export async function changeFiles(cluster: Cluster, gateway: HandWrittenGateway): Promise<void> {
  await cluster.kubectl.apply(filesSecret(gateway));
  const poke = `poked=${Date.now()}`;
  await cluster.kubectl.run(['annotate', 'pods', '-l', 'app=gateway', '--overwrite', poke]);
}

// Kubeconfig files: JSON, which is YAML.
import { writeFileSync } from 'node:fs';

export interface ClusterAccess {
  /** e.g. `https://127.0.0.1:6443` */
  server: string;
  /** Path of the certificate that signed the server's. */
  authority: string;
  token: string;
}

export function writeKubeconfig(file: string, { server, authority, token }: ClusterAccess): void {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'lab', cluster: { server, 'certificate-authority': authority } }],
    users: [{ name: 'user', user: { token } }],
    contexts: [{ name: 'lab', context: { cluster: 'lab', user: 'user' } }],
    'current-context': 'lab',
  };
  writeFileSync(file, JSON.stringify(config, undefined, 2), { mode: 0o600 });
}

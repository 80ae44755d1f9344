// The Secrets that a gateway mounts: configuration, users in shards, and the token for its HTTP endpoints.
import type { GatewayFiles } from '../../api/gateway-files.ts';
import { configFile, tokenFile } from '../../api/gateway-files.ts';
import type { SecretObject, VpnServerObject } from '../objects.ts';
import { configSecretName, gatewayLabels, tokenSecretName, usersSecretName } from './names.ts';
import { ownedMetadata } from './owned.ts';

/** The key of a users Secret; the pod mounts it as the file that gateway-files.ts names. */
export const usersKey = 'users.json';

export function configSecret(server: VpnServerObject, { config }: GatewayFiles): SecretObject {
  return secret(server, configSecretName(server.metadata.name), { [configFile]: config });
}

export function usersSecrets(server: VpnServerObject, { users }: GatewayFiles): SecretObject[] {
  return users.map((text, shard) =>
    secret(server, usersSecretName(server.metadata.name, shard), { [usersKey]: text }),
  );
}

export function tokenSecret(server: VpnServerObject, token: string): SecretObject {
  return secret(server, tokenSecretName(server.metadata.name), { [tokenFile]: token });
}

/** What the Secret holds under a key, as text. */
export function textOf(secret: SecretObject | undefined, key: string): string | undefined {
  const value = secret?.data?.[key];
  return value === undefined ? undefined : Buffer.from(value, 'base64').toString('utf8');
}

function secret(server: VpnServerObject, name: string, texts: Record<string, string>): SecretObject {
  const data = Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString('base64')]);
  const metadata = ownedMetadata(server, name, gatewayLabels(server.metadata.name));
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: metadata as SecretObject['metadata'],
    type: 'Opaque',
    data: Object.fromEntries(data),
  };
}

// The Secret of a user who names none: a generated password, and settings for common clients. It is never mounted into a
// gateway, which gets the NT hash only.
import type { SecretObject, VpnUserObject } from '../objects.ts';
import { credentialsLabels, generatedSecretName } from './names.ts';
import { ownedMetadata } from './owned.ts';

export const passwordKey = 'password';

/** `texts` by key, not in base64 yet. */
export function credentialsSecret(
  user: VpnUserObject,
  texts: Readonly<Record<string, string>>,
): SecretObject {
  const data = Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString('base64')]);
  const metadata = ownedMetadata(user, generatedSecretName(user), credentialsLabels(user.metadata.name));
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: metadata as SecretObject['metadata'],
    type: 'Opaque',
    data: Object.fromEntries(data),
  };
}

// Keeps the generated Secret of a user who names none. A password that is there stays: deleting the Secret, or its key
// `password`, makes a new one; writing another one changes it.
import { usernameOf } from '../../api/vpn-user.ts';
import { isConflict } from '../kube/api-error.ts';
import type { Applier } from '../kube/applier.ts';
import type { Cluster } from '../kube/cluster.ts';
import { secrets } from '../kube/resource.ts';
import { credentialsSecret, passwordKey } from '../manifests/credentials-secret.ts';
import { textOf } from '../manifests/gateway-secrets.ts';
import { isOurs } from '../manifests/names.ts';
import type { SecretObject, VpnServerObject, VpnUserObject } from '../objects.ts';
import { generatePassword } from './password.ts';
import { clientProfiles } from './profiles.ts';

export interface CredentialServices {
  readonly cluster: Cluster;
  readonly applier: Applier;
}

export interface CredentialSituation {
  readonly user: VpnUserObject;
  readonly server: VpnServerObject | undefined;
  /** What has the name of the generated Secret. */
  readonly secret: SecretObject | undefined;
  /** Some VpnUser names it in its passwordSecretRef, perhaps this one. */
  readonly isNamed: boolean;
}

export async function keepCredentials(
  services: CredentialServices,
  situation: CredentialSituation,
): Promise<void> {
  const { user, secret, isNamed } = situation;
  if (user.spec.passwordSecretRef !== undefined) {
    if (secret !== undefined && !isNamed && isMadeFor(user, secret))
      await services.cluster.delete(secrets, secret);
    return;
  }
  if (secret === undefined) return await create(services, situation);
  // Somebody made a Secret of this name himself: or froze ours: its password counts, and the rest is his.
  if (!isMadeFor(user, secret) || secret.immutable === true) return;
  const password = textOf(secret, passwordKey);
  if (password === undefined || password === '') {
    await services.applier.ensure(
      secrets,
      credentialsSecret(user, textsOf(situation, generatePassword())),
      secret,
    );
    return;
  }
  // The password is not among what we apply: it may have been changed since we looked.
  const { [passwordKey]: _, ...rest } = textsOf(situation, password);
  await services.applier.ensure(secrets, credentialsSecret(user, rest), secret);
}

/** Never by apply: a Secret that our cache does not show yet must not get another password. */
async function create({ cluster }: CredentialServices, situation: CredentialSituation): Promise<void> {
  try {
    await cluster.create(secrets, credentialsSecret(situation.user, textsOf(situation, generatePassword())));
  } catch (error) {
    if (!isConflict(error)) throw error;
  }
}

function isMadeFor({ metadata }: VpnUserObject, secret: SecretObject): boolean {
  const owners = secret.metadata.ownerReferences ?? [];
  return isOurs(secret) && owners.some(({ uid }) => uid === metadata.uid);
}

/** A gateway that is away for a moment stays in the Secrets: ten thousand of them must not be written for that. */
function addressesOf({ server, secret }: CredentialSituation): string[] {
  const { endpoints = [], conditions = [] } = server?.status ?? {};
  const now = endpoints.map(({ address }) => address);
  const written = (textOf(secret, 'servers') ?? '').split('\n').filter((address) => address !== '');
  const isSettled = conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
  return isSettled || now.some((address) => !written.includes(address)) ? now : written;
}

/** Until a gateway is ready nobody knows the address. */
const unknownAddress = 'SERVER-ADDRESS';

function textsOf(situation: CredentialSituation, password: string): Record<string, string> {
  const { user, server } = situation;
  const username = usernameOf(user);
  const addresses = addressesOf(situation);
  const [first = unknownAddress] = addresses;
  const encryption = server?.spec.encryption.policy ?? 'Required';
  const name = user.spec.serverRef.name;
  return {
    username,
    [passwordKey]: password,
    server: first,
    servers: addresses.join('\n'),
    ...clientProfiles({ name, server: first, username, password, encryption }),
  };
}

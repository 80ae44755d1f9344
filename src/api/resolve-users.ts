// Admits users to their servers. Every check is a function that returns findings; a user with a fault is left out,
// and nobody else suffers. The first claim to a name or an address wins.

import { byClaim } from './claims.ts';
import { quote } from './fault.ts';
import type { Finding, UserReason } from './finding.ts';
import type { GatewayUser } from './gateway-config.ts';
import type { NamespacedName, ObjectReference } from './names.ts';
import { addressFault } from './pool-addresses.ts';
import { type PasswordHashes, readNtHash, type Secret } from './secret.ts';
import { isTime } from './time.ts';
import type { VpnServer } from './vpn-server.ts';
import { generatedSecretName, usernameOf, type VpnUser } from './vpn-user.ts';

export interface UserSurroundings {
  findServer(key: NamespacedName): VpnServer | undefined;
  findSecret(key: NamespacedName): Secret | undefined;
  /** What lets us see the Secrets of a namespace; undefined: nothing hides them. */
  hiddenSecrets(namespace: string): string | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export interface ResolvedUsers {
  readonly findings: Finding[];
  /** In the order of their claims. */
  readonly admitted: { server: VpnServer; user: GatewayUser }[];
}

export function resolveUsers(users: readonly VpnUser[], surroundings: UserSurroundings): ResolvedUsers {
  const result: ResolvedUsers = { findings: [], admitted: [] };
  const claims = new Map<string, VpnUser>();
  for (const user of byClaim(users)) {
    const server = surroundings.findServer(serverKeyOf(user));
    const findings = server ? placeFindings(user, server) : [serverNotFound(user)];
    const password = readPassword(user, surroundings);
    if ('reason' in password) findings.push(password);
    if (server && findings.every(({ reason }) => reason !== 'NotAllowed')) {
      findings.push(...claimFindings(user, server, claims));
    }
    findings.push(...stateFindings(user, surroundings.now));
    result.findings.push(...findings);
    if (server && 'ntHash' in password && findings.every(({ severity }) => severity === 'state')) {
      result.admitted.push({ server, user: gatewayUser(user, server, password) });
    }
  }
  return result;
}

function serverKeyOf({ metadata, spec: { serverRef } }: VpnUser): NamespacedName {
  return { namespace: serverRef.namespace ?? metadata.namespace, name: serverRef.name };
}

type Told = Pick<Finding, 'path' | 'what' | 'fix'> & Partial<Pick<Finding, 'value' | 'missing'>>;

function faultOf(user: VpnUser, reason: UserReason, told: Told): Finding {
  const { namespace, name } = user.metadata;
  return { object: { kind: 'VpnUser', namespace, name }, reason, severity: 'fault', ...told };
}

function serverNotFound(user: VpnUser): Finding {
  const key = serverKeyOf(user);
  return faultOf(user, 'ServerNotFound', {
    path: ['spec', 'serverRef'],
    what: 'names a VpnServer that does not exist',
    value: quote(`${key.namespace}/${key.name}`),
    fix: 'correct name and namespace, or create that VpnServer',
    missing: { kind: 'VpnServer', ...key },
  });
}

function placeFindings(user: VpnUser, server: VpnServer): Finding[] {
  const { namespace } = user.metadata;
  const { allowedNamespaces } = server.spec.users;
  const home = server.metadata.namespace;
  if (namespace !== home && !allowedNamespaces.includes('*') && !allowedNamespaces.includes(namespace)) {
    return [
      faultOf(user, 'NotAllowed', {
        path: ['spec', 'serverRef'],
        what: `names a server that takes no users from the namespace ${namespace}`,
        value: quote(`${home}/${server.metadata.name}`),
        fix: `add ${namespace} to spec.users.allowedNamespaces of that VpnServer, or move the user to ${home}`,
      }),
    ];
  }
  const { address } = user.spec;
  const fault = address === undefined ? undefined : addressFault(server.spec, address);
  return fault
    ? [faultOf(user, 'AddressConflict', { path: ['spec', 'address'], value: quote(address ?? ''), ...fault })]
    : [];
}

function readPassword(user: VpnUser, surroundings: UserSurroundings): PasswordHashes | Finding {
  const reference = user.spec.passwordSecretRef;
  const { name, key } = reference ?? { name: generatedSecretName(user), key: 'password' };
  const missing: ObjectReference = { kind: 'Secret', namespace: user.metadata.namespace, name };
  const secret = surroundings.findSecret(missing);
  const where = `${missing.namespace}/${name}`;
  const hidden = secret ? undefined : surroundings.hiddenSecrets(missing.namespace);
  if (hidden !== undefined) {
    return faultOf(user, 'NotPermitted', {
      path: ['spec', 'passwordSecretRef'],
      what: `is in the namespace ${missing.namespace}, whose Secrets the operator may not read`,
      fix: hidden,
    });
  }
  if (!secret && !reference) {
    return faultOf(user, 'SecretNotFound', {
      path: ['spec', 'passwordSecretRef'],
      what: `is missing, and there is no Secret ${where} either`,
      fix: `write a Secret with the key password, and its name here as {name: ${user.metadata.name}}`,
      missing,
    });
  }
  if (!secret) {
    return faultOf(user, 'SecretNotFound', {
      path: ['spec', 'passwordSecretRef', 'name'],
      what: `names a Secret that does not exist, ${where}`,
      fix: `create it with the key ${key}, or correct the name`,
      missing,
    });
  }
  const result = readNtHash(secret, key);
  if ('ntHash' in result) return result;
  return faultOf(user, result.missing ? 'SecretNotFound' : 'PasswordInvalid', {
    path: ['spec', 'passwordSecretRef', ...(result.missing ? ['key'] : [])],
    what: `names the Secret ${where}, which ${result.fault.what}`,
    fix: result.fault.fix,
  });
}

/** Also a user who is refused for another reason keeps his claims: a repaired password must not cost another's. */
function claimFindings(user: VpnUser, server: VpnServer, claims: Map<string, VpnUser>): Finding[] {
  const home = `${server.metadata.namespace}/${server.metadata.name}`;
  const username = usernameOf(user);
  const { address } = user.spec;
  const nameHolder = claim(claims, `name ${home} ${username}`, user);
  const addressHolder = address === undefined ? undefined : claim(claims, `address ${home} ${address}`, user);
  const heldBy = ({ metadata }: VpnUser) =>
    `is already taken on ${home} by VpnUser ${metadata.namespace}/${metadata.name}`;
  const findings: Finding[] = [];
  if (nameHolder) {
    const path = user.spec.username === undefined ? ['metadata', 'name'] : ['spec', 'username'];
    const fix = 'give one of the two another username; names are compared exactly';
    findings.push(
      faultOf(user, 'UsernameConflict', { path, what: heldBy(nameHolder), value: quote(username), fix }),
    );
  }
  if (addressHolder) {
    const path = ['spec', 'address'];
    const fix = 'give one of the two another address, or none';
    findings.push(
      faultOf(user, 'AddressConflict', {
        path,
        what: heldBy(addressHolder),
        value: quote(address ?? ''),
        fix,
      }),
    );
  }
  return findings;
}

function claim(claims: Map<string, VpnUser>, key: string, user: VpnUser): VpnUser | undefined {
  const holder = claims.get(key);
  if (!holder) claims.set(key, user);
  return holder;
}

function stateFindings(user: VpnUser, now: number): Finding[] {
  const { suspended, expiresAt } = user.spec;
  const state = (reason: UserReason, told: Told): Finding => ({
    ...faultOf(user, reason, told),
    severity: 'state',
  });
  const findings: Finding[] = [];
  if (suspended) {
    const fix = 'set it to false to let the user in';
    findings.push(
      state('Suspended', { path: ['spec', 'suspended'], what: 'is set', value: quote(suspended), fix }),
    );
  }
  if (expiresAt !== undefined && !isTime(expiresAt)) {
    // Of an object that is older than the rule. A gateway refuses the files of all users for it.
    const told = { path: ['spec', 'expiresAt'], what: 'is not a time', value: quote(expiresAt) };
    findings.push(faultOf(user, 'Expired', { ...told, fix: 'write it as in 2027-01-01T00:00:00Z' }));
  } else if (expiresAt !== undefined && Date.parse(expiresAt) <= now) {
    const fix = 'set a later time, or remove the field, to let the user in';
    findings.push(
      state('Expired', { path: ['spec', 'expiresAt'], what: 'is past', value: quote(expiresAt), fix }),
    );
  }
  return findings;
}

function gatewayUser(user: VpnUser, server: VpnServer, hashes: PasswordHashes): GatewayUser {
  const { metadata, spec } = user;
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    username: usernameOf(user),
    ...hashes,
    ...(spec.address === undefined ? {} : { address: spec.address }),
    suspended: spec.suspended,
    ...(spec.expiresAt === undefined ? {} : { expiresAt: spec.expiresAt }),
    maxSessions: spec.address === undefined ? (spec.maxSessions ?? server.spec.sessions.maxPerUser) : 1,
    allowedDestinations: spec.allowedDestinations,
    allowedSources: spec.allowedSources,
  };
}

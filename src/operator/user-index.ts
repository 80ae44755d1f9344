// Which users belong to which server and which Secret, so that a change of one object finds those it concerns among ten
// thousand without looking at all of them.
import { generatedSecretName } from '../api/vpn-user.ts';
import type { Change } from './kube/cache.ts';
import type { ObjectKey } from './kube/object.ts';
import type { VpnUserObject } from './objects.ts';

export class UserIndex {
  readonly #byServer = new Map<ObjectKey, Set<ObjectKey>>();
  readonly #bySecret = new Map<ObjectKey, Set<ObjectKey>>();
  readonly #byNamespace = new Map<string, Set<ObjectKey>>();

  follow({ key, before, after }: Change<VpnUserObject>): void {
    if (before !== undefined) this.#each(before, (index, word) => remove(index, word, key));
    if (after !== undefined) this.#each(after, (index, word) => add(index, word, key));
  }

  ofServer(server: ObjectKey): readonly ObjectKey[] {
    return [...(this.#byServer.get(server) ?? [])];
  }

  ofSecret(secret: ObjectKey): readonly ObjectKey[] {
    return [...(this.#bySecret.get(secret) ?? [])];
  }

  get servers(): readonly ObjectKey[] {
    return [...this.#byServer.keys()];
  }

  get namespaces(): readonly string[] {
    return [...this.#byNamespace.keys()];
  }

  #each(user: VpnUserObject, visit: (index: Map<string, Set<ObjectKey>>, word: string) => void): void {
    visit(this.#byServer, serverKeyOfUser(user));
    visit(this.#bySecret, secretKeyOfUser(user));
    visit(this.#byNamespace, user.metadata.namespace);
  }
}

export function serverKeyOfUser({ metadata, spec: { serverRef } }: VpnUserObject): ObjectKey {
  return `${serverRef.namespace ?? metadata.namespace}/${serverRef.name}`;
}

export function secretKeyOfUser(user: VpnUserObject): ObjectKey {
  const name = user.spec.passwordSecretRef?.name ?? generatedSecretName(user);
  return `${user.metadata.namespace}/${name}`;
}

function add(index: Map<string, Set<ObjectKey>>, word: string, key: ObjectKey): void {
  const keys = index.get(word);
  if (keys === undefined) index.set(word, new Set([key]));
  else keys.add(key);
}

function remove(index: Map<string, Set<ObjectKey>>, word: string, key: ObjectKey): void {
  const keys = index.get(word);
  keys?.delete(key);
  if (keys?.size === 0) index.delete(word);
}

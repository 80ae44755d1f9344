// The names under which Kubernetes knows our two kinds. Every manifest, script and message takes them from here.

export const apiGroup = 'vpn-operator.dev';
export const apiVersionName = 'v1alpha1';
export const apiVersion = `${apiGroup}/${apiVersionName}`;

export interface KindNames {
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortName: string;
}

export const vpnServerNames: KindNames = {
  kind: 'VpnServer',
  plural: 'vpnservers',
  singular: 'vpnserver',
  shortName: 'vpns',
};

export const vpnUserNames: KindNames = {
  kind: 'VpnUser',
  plural: 'vpnusers',
  singular: 'vpnuser',
  shortName: 'vpnu',
};

/** `kubectl get vpn` lists both kinds. */
export const apiCategory = 'vpn';

/** An object's key: names are unique in a namespace only. */
export interface NamespacedName {
  readonly namespace: string;
  readonly name: string;
}

export interface ObjectReference extends NamespacedName {
  readonly kind: string;
}

/** What of an object's metadata the resolution needs. */
export interface ObjectMetadata extends NamespacedName {
  /** RFC 3339; absent in files, where the order of the documents counts instead. */
  readonly creationTimestamp?: string;
}

export function sameObject(a: NamespacedName, b: NamespacedName): boolean {
  return a.namespace === b.namespace && a.name === b.name;
}

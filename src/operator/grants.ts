// What to type when the operator may not do something in a namespace. Whom it is known as comes from the refusal itself.

export interface Grants {
  /** The command that lets the operator work in `namespace`. */
  command(namespace: string, refusal: string): string;
}

export interface GrantOptions {
  /** The operator's own namespace, for a refusal that does not tell whom it refuses. */
  readonly ownNamespace: string;
  /** 'cluster': a ClusterRole waits to be bound in each namespace. 'namespaces': each watched one has a Role. */
  readonly scope: 'cluster' | 'namespaces';
}

export function createGrants({ ownNamespace, scope }: GrantOptions): Grants {
  return {
    command(namespace, refusal) {
      const [, account = `${ownNamespace}:vpn-operator`] =
        /"system:serviceaccount:([^"\s]+:[^"\s]+)"/.exec(refusal) ?? [];
      const [name, role] =
        scope === 'cluster'
          ? ['vpn-operator-namespace', '--clusterrole=vpn-operator-namespace']
          : ['vpn-operator', '--role=vpn-operator'];
      return `kubectl create rolebinding ${name} -n ${namespace} ${role} --serviceaccount=${account}`;
    },
  };
}

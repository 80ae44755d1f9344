// What a user would write.

export function vpnServer(name: string, spec: object = {}, namespace = 'vpn'): object {
  return {
    apiVersion: 'vpn-operator.dev/v1alpha1',
    kind: 'VpnServer',
    metadata: { name, namespace },
    spec: { addressPools: [{ cidr: '10.77.0.0/24' }], ...spec },
  };
}

export function vpnUser(name: string, spec: object = {}, namespace = 'vpn'): object {
  return {
    apiVersion: 'vpn-operator.dev/v1alpha1',
    kind: 'VpnUser',
    metadata: { name, namespace },
    spec: { serverRef: { name: 'office' }, passwordSecretRef: { name }, ...spec },
  };
}

export function password(name: string, text: string, namespace = 'vpn'): object {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, stringData: { password: text } };
}

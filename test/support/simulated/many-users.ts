// Documents with as many users as a test wants: user0, user1, … with one password.
export const everyonesPassword = 'the same for all';

/** @param server more lines of the VpnServer's spec, each indented by two spaces in the result */
export function manyUsers(count: number, server = ''): Record<string, string> {
  const spec = server === '' ? '' : `${server.trimEnd().replaceAll(/^/gm, '  ')}\n`;
  const users = Array.from(
    { length: count },
    (_, number) => `---
apiVersion: vpn-operator.dev/v1alpha1
kind: VpnUser
metadata: {name: user${number}, namespace: vpn}
spec: {serverRef: {name: office}, passwordSecretRef: {name: everyone, key: password}}
`,
  );
  return {
    'office.yaml': `apiVersion: vpn-operator.dev/v1alpha1
kind: VpnServer
metadata: {name: office, namespace: vpn}
spec:
  addressPools: [{cidr: 10.77.0.0/16}]
${spec}---
apiVersion: v1
kind: Secret
metadata: {name: everyone, namespace: vpn}
stringData: {password: "${everyonesPassword}"}
${users.join('')}`,
  };
}

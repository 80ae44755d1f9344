// The documents that tests serve: one VpnServer, and users with their Secrets, as YAML.

export interface TestUser {
  name: string;
  password: string;
  /** More lines of the VpnUser's spec. */
  spec?: string;
}

/** @param spec more lines of the spec, each indented by two spaces in the result */
export function vpnServer(spec = ''): string {
  return `apiVersion: vpn-operator.dev/v1alpha1
kind: VpnServer
metadata: {name: office, namespace: vpn}
spec:
  addressPools: [{cidr: 10.77.0.0/24}]
  dns: [10.77.0.1, 192.168.80.2]
${indented(spec)}`;
}

export function vpnUser({ name, password, spec = '' }: TestUser): string {
  return `apiVersion: vpn-operator.dev/v1alpha1
kind: VpnUser
metadata: {name: ${name}, namespace: vpn}
spec:
  serverRef: {name: office}
  passwordSecretRef: {name: ${name}, key: password}
${indented(spec)}---
apiVersion: v1
kind: Secret
metadata: {name: ${name}, namespace: vpn}
stringData: {password: ${JSON.stringify(password)}}
`;
}

export const alice: TestUser = { name: 'alice', password: 'correct horse' };
export const bob: TestUser = { name: 'bob', password: 'battery "staple" \\' };

/** File by file: the server and its two users. */
export function twoUsers(spec = ''): Record<string, string> {
  return { 'office.yaml': vpnServer(spec), 'alice.yaml': vpnUser(alice), 'bob.yaml': vpnUser(bob) };
}

function indented(lines: string): string {
  return lines === '' ? '' : `${lines.trimEnd().replaceAll(/^/gm, '  ')}\n`;
}

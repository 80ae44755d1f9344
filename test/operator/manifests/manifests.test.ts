// Each manifest as it is applied, against a golden file. UPDATE_GOLDEN=1 rewrites them.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { stringify } from 'yaml';
import { encodeGatewayFiles } from '../../../src/api/gateway-files.ts';
import { resolve } from '../../../src/api/resolve.ts';
import { credentialsSecret } from '../../../src/operator/manifests/credentials-secret.ts';
import { gatewayDaemonSet } from '../../../src/operator/manifests/daemon-set.ts';
import {
  configSecret,
  textOf,
  tokenSecret,
  usersSecrets,
} from '../../../src/operator/manifests/gateway-secrets.ts';
import { gatewayPodDisruptionBudget } from '../../../src/operator/manifests/pod-disruption-budget.ts';
import { gatewayServiceAccount } from '../../../src/operator/manifests/service-account.ts';
import type { VpnServerObject } from '../../../src/operator/objects.ts';
import { serverObject, userObject } from '../../support/operator/objects.ts';

const image = { image: 'registry.example/vpn-operator:1.2.3', imagePullPolicy: 'IfNotPresent' };
const plain = serverObject('office');
const placed = serverObject('office', {
  placement: {
    nodeSelector: { site: 'tokyo' },
    tolerations: [{ key: 'dedicated', operator: 'Equal', value: 'vpn', effect: 'NoSchedule' }],
    priorityClassName: 'system-node-critical',
    resources: { limits: { memory: '1Gi' } },
  },
});

function filesOf(server: VpnServerObject) {
  const user = userObject('alice');
  const data = { password: Buffer.from('correct horse').toString('base64') };
  const secrets = [{ metadata: { namespace: 'vpn', name: 'alice' }, data }];
  const { gateways } = resolve({ servers: [server], users: [user], secrets, now: 0 });
  return encodeGatewayFiles({ config: gateways[0]!, slices: { node1: ['10.77.0.0/24'] }, releasing: [] });
}

/** Readable: the texts behind base64. */
function decoded(secret: { data?: Record<string, string> }): object {
  const texts = Object.keys(secret.data ?? {}).map((key) => [key, textOf(secret as never, key)]);
  return { ...secret, data: Object.fromEntries(texts) };
}

const goldens: Record<string, object> = {
  'daemon-set': gatewayDaemonSet(plain, { ...image, httpPort: 9723, userShards: 8 }),
  'daemon-set-placed': gatewayDaemonSet(placed, {
    ...{ ...image, pullSecrets: ['registry'] },
    ...{ httpPort: 9724, userShards: 1 },
  }),
  'service-account': gatewayServiceAccount(plain),
  'pod-disruption-budget': gatewayPodDisruptionBudget(plain, 3)!,
  'config-secret': decoded(configSecret(plain, filesOf(plain))),
  'users-secret': decoded(usersSecrets(plain, filesOf(plain))[0]!),
  'token-secret': decoded(tokenSecret(plain, 'the-token')),
  'credentials-secret': decoded(
    credentialsSecret(userObject('alice'), { username: 'alice', password: 'abc' }),
  ),
};

describe('the manifests', () => {
  for (const [name, manifest] of Object.entries(goldens)) {
    it(`${name} is as it was agreed`, () => {
      const file = new URL(`${name}.golden.yaml`, import.meta.url);
      const text = stringify(JSON.parse(JSON.stringify(manifest)), {
        lineWidth: 0,
        aliasDuplicateObjects: false,
      });
      if (process.env['UPDATE_GOLDEN']) writeFileSync(file, text);
      assert.equal(text, readFileSync(file, 'utf8'));
    });
  }

  it('want no PodDisruptionBudget for a single gateway, which it would only block', () => {
    assert.equal(gatewayPodDisruptionBudget(plain, 1), undefined);
  });

  it('give the pods no token, no privilege, and four capabilities that they give up', () => {
    const spec = gatewayDaemonSet(plain, { ...image, httpPort: 9723, userShards: 1 }).spec?.template.spec;
    const security = spec?.containers[0]?.securityContext;
    assert.equal(spec?.automountServiceAccountToken, false);
    const add = ['NET_ADMIN', 'NET_RAW', 'SETUID', 'SETGID'];
    assert.deepEqual(security?.capabilities, { add, drop: ['ALL'] });
    assert.ok(spec?.containers[0]?.args?.includes(`--run-as=${spec.securityContext?.fsGroup}`));
    assert.deepEqual(
      [security?.privileged, security?.allowPrivilegeEscalation, security?.readOnlyRootFilesystem],
      [false, false, true],
    );
  });
});

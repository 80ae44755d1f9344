import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createGrants } from '../../src/operator/grants.ts';
import { Judgements } from '../../src/operator/judgements.ts';
import { Cache } from '../../src/operator/kube/cache.ts';
import { type KubeObject, keyOf } from '../../src/operator/kube/object.ts';
import { connectTriggers } from '../../src/operator/triggers.ts';
import { UserIndex } from '../../src/operator/user-index.ts';
import type { World } from '../../src/operator/world.ts';
import { serverObject, userObject } from '../support/operator/objects.ts';
import { VirtualClock } from '../support/operator/virtual-clock.ts';

const secret = {
  ...{
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace: 'vpn', name: 'alice', resourceVersion: '1' },
  },
  data: { password: Buffer.from('correct horse').toString('base64') },
};

/** The caches of a world, its triggers and its judgements, without any API server. */
function lab() {
  const watch = () => ({
    cache: new Cache<KubeObject>((error) => assert.ifError(error)),
    resource: { plural: '' },
    refusal: () => undefined,
  });
  const names = ['servers', 'users', 'secrets', 'nodes', 'serviceCidrs', 'apiServers', 'daemonSets', 'pods'];
  const watches = Object.fromEntries([...names, 'serviceAccounts', 'budgets'].map((name) => [name, watch()]));
  const woken: string[] = [];
  const judged: string[] = [];
  const world = { ...watches, seesNodes: false, followNamespaces: () => {} } as unknown as World;
  const index = new UserIndex();
  const judgements = new Judgements({
    ...{
      world,
      index,
      clock: new VirtualClock(),
      reservedRanges: [],
      apiServerHost: '',
      userJudged: (user) => void judged.push(`${user} ${judgements.ofUser(user)?.uid}`),
    },
    grants: createGrants({ ownNamespace: 'vpn', scope: 'cluster' }),
  });
  const queue = { add: (key: string) => void woken.push(key) };
  const applier = { forget: () => {} } as never;
  connectTriggers({ world, index, judgements, applier, servers: queue, users: { add: () => {} } });
  const put = (kind: string, object: KubeObject) => watches[kind]?.cache.set(keyOf(object.metadata), object);
  const admitted = () => judgements.ofServer('vpn/office').config?.users.map(({ name }) => name);
  return { put, admitted, woken, judged };
}

describe('the judgement of users', () => {
  it('shuts out who is being deleted, however long a finalizer keeps the object', () => {
    const { put, admitted, woken } = lab();
    const alice = userObject('alice');
    put('servers', serverObject('office'));
    put('users', alice);
    put('secrets', secret);
    assert.deepEqual(admitted(), ['alice']);
    woken.length = 0;
    const deletionTimestamp = '2026-01-01T00:00:00Z';
    put('users', { ...alice, metadata: { ...alice.metadata, resourceVersion: '2', deletionTimestamp } });
    assert.deepEqual(woken, ['vpn/office']);
    assert.deepEqual(admitted(), []);
  });

  it('is another one for a successor of the same name, who has the same generation', () => {
    const { put, admitted, judged } = lab();
    const alice = userObject('alice');
    put('servers', serverObject('office'));
    put('secrets', secret);
    for (const uid of ['first', 'second']) {
      put('users', { ...alice, metadata: { ...alice.metadata, uid } });
      admitted();
    }
    assert.deepEqual(judged, ['vpn/alice first', 'vpn/alice second']);
  });
});

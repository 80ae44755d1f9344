import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { Applier } from '../../../src/operator/kube/applier.ts';
import type { Cluster } from '../../../src/operator/kube/cluster.ts';
import type { KubeObject } from '../../../src/operator/kube/object.ts';
import { secrets } from '../../../src/operator/kube/resource.ts';
import { VirtualClock } from '../../support/operator/virtual-clock.ts';

type Object = KubeObject & { spec?: unknown };

function object(resourceVersion: string, spec: unknown): Object {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace: 'vpn', name: 'x', uid: 'u', resourceVersion },
    spec,
  };
}

const wanted: Object = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { namespace: 'vpn', name: 'x' },
  spec: { a: 1, list: [1] },
};

describe('the applier', () => {
  let clock: VirtualClock;
  let applier: Applier;
  let calls: string[];
  let answer: (sent: Object) => Object;

  beforeEach(() => {
    clock = new VirtualClock();
    calls = [];
    answer = ({ spec }) => object('9', spec);
    const call = (name: string) => async (_: unknown, sent: Object) => {
      calls.push(name);
      return answer(sent);
    };
    applier = new Applier({ apply: call('apply'), replace: call('replace') } as unknown as Cluster, clock);
  });

  const ensure = (live: Object | undefined) => applier.ensure(secrets, wanted, live);

  it('writes what is not there, and what is otherwise', async () => {
    assert.equal(await ensure(undefined), true);
    assert.equal(await ensure(object('1', { a: 2, list: [1] })), true);
    assert.deepEqual(calls, ['apply', 'apply']);
  });

  it('writes nothing when all is as wanted', async () => {
    assert.equal(await ensure(object('1', { a: 1, list: [1], added: true })), false);
    assert.deepEqual(calls, []);
  });

  it('does not write twice while the cache lags, but does when it lags too long', async () => {
    await ensure(undefined);
    await ensure(undefined);
    assert.deepEqual(calls, ['apply']);
    await clock.pass(2_500);
    await ensure(undefined);
    assert.deepEqual(calls, ['apply', 'apply']);
  });

  it('writes again at once when the object was deleted meanwhile', async () => {
    await ensure(undefined);
    applier.forget(secrets, 'vpn/x');
    await ensure(undefined);
    assert.deepEqual(calls, ['apply', 'apply']);
  });

  it('writes what the server always shows otherwise once, not for ever', async () => {
    answer = () => object('9', { a: 'one', list: [1] });
    await ensure(object('1', { a: 2, list: [1] }));
    await clock.pass(60_000);
    await ensure(object('9', { a: 'one', list: [1] }));
    assert.deepEqual(calls, ['apply']);
  });

  it('replaces the object when somebody added items that an apply leaves', async () => {
    answer = ({ spec }) => object('9', calls.length === 1 ? { a: 1, list: [1, 2] } : spec);
    await ensure(object('1', { a: 1, list: [1, 2] }));
    assert.deepEqual(calls, ['apply', 'replace']);
  });
});

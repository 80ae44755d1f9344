import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { covers } from '../../../src/operator/kube/covers.ts';

describe('an object covers what is wanted', () => {
  it('when it has every field, whatever else it has', () => {
    assert.ok(covers({ a: 1, b: { c: 2, d: 3 } }, { b: { c: 2 } }));
    assert.ok(!covers({ a: 1, b: { c: 4 } }, { b: { c: 2 } }));
    assert.ok(!covers({}, { b: { c: 2 } }));
  });

  it('when its lists have the same items, no more and no fewer', () => {
    assert.ok(covers({ list: [{ name: 'x', added: 1 }] }, { list: [{ name: 'x' }] }));
    assert.ok(!covers({ list: [{ name: 'x' }, { name: 'y' }] }, { list: [{ name: 'x' }] }));
    assert.ok(!covers({ list: [] }, { list: [{ name: 'x' }] }));
    assert.ok(!covers({ list: [{ name: 'x' }] }, { list: [] }));
  });

  it('when it leaves out what is empty anyway', () => {
    for (const empty of [false, 0, '', [], {}, { a: { b: [] } }, undefined, null])
      assert.ok(covers({}, { field: empty }));
    assert.ok(!covers({ hostPID: true }, { hostPID: false }));
  });

  it('when amounts are equal, however written', () => {
    const amounts = (cpu: unknown, memory: unknown) => ({ resources: { requests: { cpu, memory } } });
    assert.ok(covers(amounts('500m', '1Gi'), amounts('0.5', '1024Mi')));
    assert.ok(covers(amounts('1', '1M'), amounts(1, '1000k')));
    assert.ok(!covers(amounts('500m', '1Gi'), amounts('0.6', '1Gi')));
    assert.ok(!covers(amounts('500m', '1Gi'), { resources: { requests: { cpu: '500m' } } }), 'one was added');
    assert.ok(!covers(amounts('x', '1Gi'), amounts('y', '1Gi')));
  });
});

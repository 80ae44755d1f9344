import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CallIds } from '../../src/gateway/call-ids.ts';

/** Yields the given numbers, then 1, 2, 3 … */
function sequence(...first: number[]): () => number {
  let next = 0;
  return () => first.shift() ?? ++next;
}

describe('CallIds', () => {
  it('never gives 0 and never one that is taken (CC-5)', () => {
    const ids = new CallIds(sequence(0, 7, 7, 0, 9));
    assert.deepEqual([ids.allot(), ids.allot()], [7, 9]);
  });

  it('gives a released one again, and a second release changes nothing', () => {
    const ids = new CallIds(sequence(7, 7, 7, 8));
    ids.allot();
    ids.release(7);
    assert.equal(ids.allot(), 7);
    ids.release(9);
    assert.equal(ids.allot(), 8);
  });

  it('refuses when half of them are taken, so that guessing stays hard, and goes on after one release', () => {
    const ids = new CallIds(sequence());
    for (let count = 0; count < 0x8000; count++) assert.notEqual(ids.allot(), undefined);
    assert.equal(ids.allot(), undefined);
    ids.release(5);
    ids.release(5);
    assert.notEqual(ids.allot(), undefined);
    assert.equal(ids.allot(), undefined);
  });
});

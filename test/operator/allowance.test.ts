import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Allowance } from '../../src/operator/allowance.ts';

describe('an allowance', () => {
  it('gives so many at once, then so many a second, and never saves up more than at the start', () => {
    const allowance = new Allowance({ burst: 2, perSecond: 4 });
    for (const _ of [1, 2]) {
      assert.equal(allowance.wait(0), 0);
      allowance.take(0);
    }
    assert.equal(allowance.wait(0), 250);
    assert.equal(allowance.wait(250), 0);
    allowance.take(250);
    assert.equal(allowance.wait(300), 200);
    for (const _ of [1, 2]) allowance.take(100_000);
    assert.equal(allowance.wait(100_000), 250);
  });
});

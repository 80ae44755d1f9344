import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { takeToken } from '../../../src/protocol/ip/token-bucket.ts';

function granted(state: Float64Array, now: number, tries: number): number {
  let count = 0;
  for (let i = 0; i < tries; i++) if (takeToken(state, 2, now, 10, 5)) count++;
  return count;
}

describe('A token bucket', () => {
  it('gives a burst, then its rate, and touches only its own pair', () => {
    const state = new Float64Array(6);
    assert.equal(granted(state, 1e6, 100), 5);
    assert.equal(granted(state, 1e6 + 100, 100), 1);
    assert.equal(granted(state, 1e6 + 1100, 100), 5);
    assert.deepEqual([state[0], state[1], state[4], state[5]], [0, 0, 0, 0]);
  });

  it('adds up to its rate however often it is asked', () => {
    const state = new Float64Array(4);
    let count = 0;
    for (let now = 1e6; now < 1e6 + 10_000; now += 3) count += granted(state, now, 2);
    assert.ok(Math.abs(count - 105) <= 1, String(count));
  });
});

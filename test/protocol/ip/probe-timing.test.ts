import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ProbeTiming } from '../../../src/protocol/ip/probe-timing.ts';

describe('The timing of probes', () => {
  it('waits for one a quarter more than the round trip and 60 ms, 200 ms at least', () => {
    for (const [roundTrip, deadline] of [
      [undefined, 1210],
      [1, 1200],
      [100, 1200],
      [400, 1560],
    ] as const) {
      const timing = new ProbeTiming(roundTrip);
      timing.sent([1206], 1000);
      assert.equal(timing.deadline, deadline);
    }
  });

  it('waits longer for several, and anew after each answer', () => {
    const timing = new ProbeTiming(100);
    timing.sent([576, 1400, 1454, 1500], 1000);
    assert.equal(timing.deadline, 1200);
    timing.answered(576, 1300);
    assert.equal(timing.deadline, 1300 + timing.roundTrip!);
  });

  it('waits half a second, or three round trips, to hear whether anybody answers', () => {
    for (const [roundTrip, wait] of [
      [undefined, 500],
      [100, 500],
      [400, 1200],
    ] as const) {
      const timing = new ProbeTiming(roundTrip);
      timing.sent([576], 1000);
      assert.equal(timing.silenceDeadline, 1000 + wait);
    }
  });

  it('believes its first own sample where it is smaller than what it was told', () => {
    const timing = new ProbeTiming(3000);
    timing.sent([1206], 1000);
    timing.answered(1206, 1100);
    assert.equal(timing.roundTrip, 100);
  });

  it('believes a larger sample by a quarter: it may be a queue', () => {
    const timing = new ProbeTiming(100);
    timing.sent([1206], 1000);
    timing.answered(1206, 1500);
    assert.equal(timing.roundTrip, 200);
    timing.sent([1454], 2000);
    timing.answered(1454, 2100);
    assert.equal(timing.roundTrip, 175);
  });

  it("measures no size that was sent twice (Karn's rule), but for want of anything better", () => {
    const timing = new ProbeTiming(undefined);
    timing.sent([1206], 1000);
    timing.sent([1206], 1200);
    timing.answered(1206, 1300);
    assert.equal(timing.roundTrip, 100);
    timing.sent([1206], 2000);
    timing.answered(1206, 2001);
    assert.equal(timing.roundTrip, 100);
    assert.equal(timing.wasSentOnce(1206), false);
  });
});

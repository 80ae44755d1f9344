import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { StallWatch } from '../../../src/protocol/gre/stall-watch.ts';

const large = 1400;
const small = 100;

/** A peer that acknowledged the large packet 1 at 0 ms; the next number is 2. */
function watched(): StallWatch {
  const watch = new StallWatch(2);
  for (const session of [0, 1]) watch.reset(session);
  watch.sent(1, 1, large, 'data', 0);
  watch.acknowledged(1, 1, 0);
  return watch;
}

const due = (watch: StallWatch, roundTrip?: number) => watch.due(1, roundTrip);

describe('The stall watch', () => {
  it('suspects a large packet that stays unacknowledged for two round trips and some', () => {
    const watch = watched();
    assert.equal(watch.sent(1, 2, large, 'data', 1000), true);
    assert.equal(watch.isWaiting(1), true);
    assert.equal(due(watch), 1300);
    assert.equal(due(watch, 50), 1300);
    assert.equal(due(watch, 400), 1900);
  });

  it('counts from the first large packet, not from the last', () => {
    const watch = watched();
    watch.sent(1, 2, large, 'data', 1000);
    assert.equal(watch.sent(1, 3, large, 'data', 1200), false);
    assert.equal(due(watch), 1300);
  });

  it('believes only the acknowledgment that names a large packet: one of a later small one says nothing', () => {
    const watch = watched();
    watch.sent(1, 2, large, 'data', 1000);
    watch.sent(1, 3, small, 'data', 1001);
    watch.acknowledged(1, 3, 1100);
    assert.equal(due(watch), 1300);
    watch.sent(1, 4, large, 'data', 1150);
    watch.acknowledged(1, 4, 1200);
    assert.equal(watch.isWaiting(1), false);
    assert.equal(due(watch), Number.POSITIVE_INFINITY);
  });

  it('goes on waiting, from now, for a large one sent after the one that is named', () => {
    const watch = watched();
    watch.sent(1, 2, large, 'data', 1000);
    watch.sent(1, 3, large, 'data', 1050);
    watch.acknowledged(1, 2, 1100);
    assert.equal(due(watch), 1400);
    watch.acknowledged(1, 3, 1150);
    assert.equal(watch.isWaiting(1), false);
  });

  it('does not watch a peer that never acknowledged a large packet', () => {
    const watch = new StallWatch(1);
    watch.reset(0);
    assert.equal(watch.sent(0, 1, large, 'data', 0), false);
    watch.sent(0, 2, small, 'data', 1);
    watch.acknowledged(0, 2, 50);
    assert.equal(watch.sent(0, 3, large, 'data', 60), false);
    assert.equal(watch.isWaiting(0), false);
  });

  it('waits for no probe and no small packet', () => {
    const watch = watched();
    assert.equal(watch.sent(1, 2, large, 'control', 1000), false);
    assert.equal(watch.sent(1, 3, small, 'data', 1000), false);
    assert.equal(watch.sent(1, 4, 576, 'data', 1000), false);
    assert.equal(watch.isWaiting(1), false);
  });

  it('takes a probe that is acknowledged for a large packet that passed', () => {
    const watch = watched();
    watch.sent(1, 2, large, 'data', 1000);
    watch.sent(1, 3, large, 'control', 1010);
    watch.acknowledged(1, 3, 1100);
    assert.equal(watch.isWaiting(1), false);
  });

  it('raises one suspicion for each large packet at most', () => {
    const watch = watched();
    watch.sent(1, 2, large, 'data', 1000);
    watch.suspected(1);
    assert.equal(watch.isWaiting(1), false);
    assert.equal(watch.sent(1, 3, large, 'data', 1600), true);
  });

  it('waits for nothing after its suspicion, though an older large packet is named later', () => {
    const watch = watched();
    watch.sent(1, 2, large, 'data', 1000);
    watch.sent(1, 3, large, 'data', 1001);
    watch.suspected(1);
    watch.acknowledged(1, 2, 1500);
    assert.equal(watch.isWaiting(1), false);
  });

  it('calls large what is nearly as large as the largest; what passes below it proves nothing', () => {
    const watch = watched();
    watch.sent(1, 2, large, 'data', 1000);
    watch.sent(1, 3, large - 65, 'data', 1001);
    watch.acknowledged(1, 3, 1100);
    assert.equal(watch.isWaiting(1), true);
    watch.adapt(1, large - 65);
    watch.sent(1, 4, large - 65, 'data', 1150);
    watch.acknowledged(1, 4, 1250);
    assert.equal(watch.isWaiting(1), false);
  });

  it('forgets what was large once no packet is, but nothing while none is sent', () => {
    const watch = watched();
    watch.adapt(1, 0);
    assert.equal(watch.sent(1, 2, 1000, 'data', 1000), false);
    watch.adapt(1, 100);
    assert.equal(watch.sent(1, 3, 1000, 'data', 1000), true);
  });

  it('begins anew with another size', () => {
    const watch = watched();
    watch.sent(1, 2, large, 'data', 1000);
    watch.restart(1);
    assert.equal(watch.isWaiting(1), false);
    assert.equal(watch.sent(1, 3, 1000, 'data', 1000), true);
  });

  it('remembers the size of 1,024 packets, and gives older ones the benefit of the doubt', () => {
    const watch = watched();
    watch.sent(1, 2, large, 'data', 1000);
    for (let sequence = 3; sequence < 1026; sequence++) watch.sent(1, sequence, small, 'data', 1001);
    watch.acknowledged(1, 3, 1002);
    assert.equal(watch.isWaiting(1), true);
    watch.sent(1, 1027, small, 'data', 1003);
    watch.acknowledged(1, 3, 1004);
    assert.equal(watch.isWaiting(1), false);
  });

  it('counts across the end of the sequence numbers (GRE-4), for each session by itself', () => {
    const watch = watched();
    watch.sent(1, 0xffffffff, large, 'data', 1000);
    watch.sent(1, 0, large, 'data', 1001);
    watch.acknowledged(1, 0xffffffff, 1100);
    assert.equal(due(watch), 1400);
    watch.acknowledged(1, 0, 1200);
    assert.equal(watch.isWaiting(1), false);
    assert.equal(watch.isWaiting(0), false);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { largestHeldBytes, ReorderQueues, slotLength } from '../../../src/protocol/gre/reorder-queues.ts';

function create(slots: number, sessions = 2) {
  const memory = new Uint8Array((slots + 2) * slotLength);
  return { memory, queues: new ReorderQueues(memory, 2 * slotLength, slots, sessions) };
}

describe('ReorderQueues (GRE-5)', () => {
  it('gives back what it was given, by number, and frees the slot', () => {
    const { memory, queues } = create(4);
    memory.fill(7, 10, 110);
    assert.ok(queues.hold(1, 0xffffffff, 10, 100, 5));
    memory.fill(9, 10, 110);
    assert.ok(queues.hold(1, 0, 10, 50, 6));
    assert.equal(queues.held(1), 2);
    assert.equal(queues.firstHeld(1, 0xfffffffe), 0xffffffff);
    assert.equal(queues.arrival(1, 0), 6);
    assert.equal(queues.take(1, 0xffffffff, 500), 100);
    assert.ok(memory.subarray(500, 600).every((byte) => byte === 7));
    assert.equal(queues.take(1, 0xffffffff, 500), 0);
    assert.equal(queues.firstHeld(1, 0xfffffffe), 0);
    assert.equal(queues.freeSlots, 3);
  });

  it('holds no more than the pool has, whoever asks', () => {
    const { queues } = create(3);
    assert.ok(queues.hold(0, 1, 0, 10, 0));
    assert.ok(queues.hold(0, 2, 0, 10, 0));
    assert.ok(queues.hold(1, 2, 0, 10, 0));
    assert.ok(!queues.hold(1, 3, 0, 10, 0));
    queues.clear(0);
    assert.equal(queues.freeSlots, 2);
    assert.ok(queues.hold(1, 3, 0, 10, 0));
    assert.ok(queues.has(1, 2));
  });

  it('holds at most 96 kB for one session and no payload above a slot', () => {
    const { queues } = create(64);
    assert.ok(!queues.hold(0, 1, 0, slotLength + 1, 0));
    let held = 0;
    while (held < 64 && queues.hold(0, held, 0, slotLength, 0)) held++;
    assert.equal(held, largestHeldBytes / slotLength);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { DeadlineQueue } from '../../src/gateway/deadline-queue.ts';

describe('DeadlineQueue', () => {
  it('yields members in the order of their latest promises, whatever was promised before', () => {
    const promise = fc.tuple(fc.nat(20), fc.oneof(fc.nat(100), fc.constant(Number.POSITIVE_INFINITY)));
    fc.assert(
      fc.property(fc.array(promise, { maxLength: 200 }), fc.nat(110), (promises, now) => {
        const queue = new DeadlineQueue<number>();
        const model = new Map<number, number>();
        for (const [member, at] of promises) {
          queue.set(member, at);
          if (at === Number.POSITIVE_INFINITY) model.delete(member);
          else model.set(member, at);
        }
        assert.equal(queue.next, Math.min(Number.POSITIVE_INFINITY, ...model.values()));
        const taken: number[] = [];
        for (let next = queue.takeDue(now); next !== undefined; next = queue.takeDue(now)) taken.push(next);
        const due = [...model].filter(([, at]) => at <= now);
        assert.deepEqual(taken.toSorted(), due.map(([member]) => member).toSorted());
        const times = taken.map((member) => model.get(member)!);
        assert.deepEqual(
          times,
          times.toSorted((one, other) => one - other),
        );
      }),
    );
  });

  it('forgets members that are gone, however far away their time was', () => {
    const queue = new DeadlineQueue<object>();
    const last = { name: 'last' };
    queue.set(last, 500);
    for (let at = 1_000; at < 11_000; at++) {
      const member = {};
      queue.set(member, at);
      queue.set(member, Number.POSITIVE_INFINITY);
    }
    assert.ok(queue.size <= 2 + 64, `${queue.size} entries for one member`);
    assert.equal(queue.takeDue(500), last);
  });

  it('keeps few entries of a member whose time comes nearer and goes away again and again', () => {
    const queue = new DeadlineQueue<string>();
    for (let round = 0; round < 10_000; round++) queue.set('member', round % 2 === 0 ? 900 : 100);
    assert.ok(queue.size <= 2 + 64, `${queue.size} entries for one member`);
    assert.deepEqual([queue.next, queue.takeDue(100), queue.takeDue(900)], [100, 'member', undefined]);
  });
});

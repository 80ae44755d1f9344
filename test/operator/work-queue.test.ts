import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import fc from 'fast-check';
import { WorkQueue } from '../../src/operator/work-queue.ts';
import { VirtualClock } from '../support/operator/virtual-clock.ts';

describe('the work queue', () => {
  let clock: VirtualClock;
  let queue: WorkQueue;

  beforeEach(() => {
    clock = new VirtualClock();
    queue = new WorkQueue({ clock, random: () => 0.999, ready: () => {} });
  });

  it('holds a key once, however often it is added', () => {
    for (const key of ['a', 'b', 'a', 'a']) queue.add(key);
    assert.deepEqual([queue.take(), queue.take(), queue.take()], ['a', 'b', undefined]);
  });

  it('gives a key that is worked on to nobody else, but again afterwards', () => {
    queue.add('a');
    queue.take();
    queue.add('a');
    queue.add('a');
    assert.equal(queue.take(), undefined);
    queue.done('a');
    assert.equal(queue.take(), 'a');
    queue.done('a');
    assert.equal(queue.take(), undefined);
  });

  it('brings a key back after a time, at the earlier of two dates', async () => {
    queue.addAfter('a', 5_000);
    queue.addAfter('a', 1_000);
    queue.addAfter('a', 9_000);
    await clock.pass(999);
    assert.equal(queue.take(), undefined);
    await clock.pass(1);
    assert.equal(queue.take(), 'a');
    queue.done('a');
    await clock.pass(20_000);
    assert.equal(queue.take(), undefined);
  });

  it('waits longer after each failure, up to half a minute, and begins anew after a success', async () => {
    const waits: number[] = [];
    for (let failure = 0; failure < 14; failure++) {
      const before = clock.now();
      queue.retry('a');
      while (queue.size === 0) await clock.pass(10);
      queue.take();
      queue.done('a');
      waits.push(clock.now() - before);
    }
    assert.deepEqual(waits.slice(0, 4), [50, 100, 200, 400]);
    assert.ok(waits.every((wait) => wait <= 30_010));
    assert.ok(waits.at(-1)! > 25_000);
    queue.forget('a');
    queue.retry('a');
    await clock.pass(50);
    assert.equal(queue.take(), 'a');
  });

  it('waits at least as long as the server wants', async () => {
    queue.retry('a', 7_000);
    await clock.pass(6_999);
    assert.equal(queue.take(), undefined);
    await clock.pass(1);
    assert.equal(queue.take(), 'a');
  });

  it('lets everything that waits for its time come at once when told so', () => {
    queue.addAfter('a', 60_000);
    queue.retry('b', 60_000);
    queue.hurry();
    assert.deepEqual([queue.take(), queue.take(), queue.take()], ['a', 'b', undefined]);
    assert.equal(clock.pending, 0);
  });

  it('never works on one key twice at a time, and never loses one', () => {
    const step = fc.record({
      act: fc.constantFrom('add', 'take', 'done'),
      key: fc.constantFrom('a', 'b', 'c'),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const fresh = new WorkQueue({ clock, random: Math.random, ready: () => {} });
        const working = new Set<string>();
        const owed = new Set<string>();
        const take = () => {
          const taken = fresh.take();
          if (taken === undefined) return false;
          assert.ok(!working.has(taken));
          working.add(taken);
          owed.delete(taken);
          return true;
        };
        for (const { act, key } of steps) {
          if (act === 'add') {
            fresh.add(key);
            owed.add(key);
          } else if (act === 'take') take();
          else if (working.delete(key)) fresh.done(key);
        }
        for (const key of working) {
          working.delete(key);
          fresh.done(key);
        }
        while (take());
        assert.equal(owed.size, 0);
      }),
    );
  });
});

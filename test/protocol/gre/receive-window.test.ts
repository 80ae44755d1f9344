import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ReceiveWindows } from '../../../src/protocol/gre/receive-window.ts';
import { createRandom } from '../datapath/support.ts';

describe('ReceiveWindows', () => {
  it('learns the first number, whatever it is (GRE-3)', () => {
    for (const first of [0, 1, 77, 0xffffffff]) {
      const windows = new ReceiveWindows(1);
      assert.ok(!windows.hasLearned(0));
      windows.learn(0, first);
      assert.equal(windows.ahead(0, first), 0);
      windows.pass(0, 'came');
      assert.equal(windows.last(0), first);
      assert.ok(windows.cameBefore(0, first));
    }
  });

  it('acknowledges no number that never came: a peer that measures its path by us would be misled (GRE-6)', () => {
    const windows = new ReceiveWindows(1);
    windows.learn(0, 10);
    for (const came of ['came', 'came', 'lost', 'lost'] as const) windows.pass(0, came);
    assert.deepEqual([windows.last(0), windows.expected(0)], [11, 14]);
    windows.skipTo(0, 20);
    assert.equal(windows.last(0), 11);
    windows.pass(0, 'came');
    assert.equal(windows.last(0), 20);
  });

  it('agrees with a set of all numbers seen, across the wrap (GRE-4)', () => {
    const random = createRandom(3);
    const windows = new ReceiveWindows(3);
    const start = 0xffffff00;
    const seen = new Set<number>();
    windows.learn(1, start);
    let expected = start;
    for (let round = 0; round < 3000; round++) {
      const chance = random();
      if (chance < 0.1) {
        const target = (expected + Math.floor(random() * 400)) >>> 0;
        windows.skipTo(1, target);
        expected = target;
        // The history is forgotten when a whole one is skipped; then nothing counts as seen.
        for (const number of seen) if (((expected - number) | 0) > 256) seen.delete(number);
      } else {
        windows.pass(1, chance < 0.3 ? 'lost' : 'came');
        if (chance >= 0.3) seen.add(expected);
        expected = (expected + 1) >>> 0;
      }
      const asked = (expected - Math.floor(random() * 300)) >>> 0;
      const behind = (expected - asked) | 0;
      if (behind > 0 && behind <= 256)
        assert.equal(windows.cameBefore(1, asked), seen.has(asked), `round ${round}`);
      else assert.ok(!windows.cameBefore(1, asked));
      assert.equal(windows.expected(1), expected);
    }
    assert.ok(!windows.hasLearned(0));
    assert.ok(!windows.hasLearned(2));
  });
});

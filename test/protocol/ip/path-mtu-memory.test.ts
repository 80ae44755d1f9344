import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { PathMtuMemory } from '../../../src/protocol/ip/path-mtu-memory.ts';

const day = 24 * 3600 * 1000;
const time = 20_000 * day;
const home = 0xc0000207;

describe('The path MTU memory', () => {
  it('recalls by user and client address', () => {
    const memory = new PathMtuMemory(10);
    memory.learn('alice', home, 1454, time);
    assert.equal(memory.recall('alice', home, time), 1454);
    assert.equal(memory.recall('alice', home + 1, time), undefined);
    assert.equal(memory.recall('bob', home, time), undefined);
  });

  it('forgets after 7 days, counted from the last time it learned, and when the clock ran back as far', () => {
    const memory = new PathMtuMemory(10);
    memory.learn('alice', home, 1400, time);
    memory.learn('alice', home, 1454, time + 5 * day);
    assert.equal(memory.recall('alice', home, time + 12 * day), 1454);
    assert.equal(memory.recall('alice', home, time + 12 * day + 1), undefined);
    assert.equal(memory.recall('alice', home, time - 3 * day), undefined);
  });

  it('is bounded: what was learned longest ago goes first', () => {
    const memory = new PathMtuMemory(3);
    for (const [i, user] of ['a', 'b', 'c', 'a', 'd'].entries()) memory.learn(user, home, 1400 + i, time + i);
    assert.equal(memory.size, 3);
    assert.deepEqual(
      ['a', 'b', 'c', 'd'].map((user) => memory.recall(user, home, time)),
      [1403, undefined, 1402, 1404],
    );
  });

  it('survives as text, without what has expired', () => {
    const memory = new PathMtuMemory(10);
    memory.learn('old', home, 1400, time);
    memory.learn('山田 "x"', home, 1454, time + 5 * day);
    const restored = new PathMtuMemory(10);
    assert.equal(restored.restore(memory.serialise(time + 8 * day), time + 8 * day), 1);
    assert.equal(restored.recall('山田 "x"', home, time + 8 * day), 1454);
  });

  it('keeps the newest when the text holds more than it may', () => {
    const large = new PathMtuMemory(100);
    for (let i = 0; i < 100; i++) large.learn(`user-${i}`, home, 1454, time + i);
    const small = new PathMtuMemory(5);
    assert.equal(small.restore(large.serialise(time), time), 5);
    assert.equal(small.recall('user-99', home, time), 1454);
    assert.equal(small.recall('user-94', home, time), undefined);
  });

  it('keeps the longest names that Kubernetes has', () => {
    const user = `${'n'.repeat(63)}/${'u'.repeat(253)}`;
    const memory = new PathMtuMemory(10);
    memory.learn(user, home, 1454, time);
    const restored = new PathMtuMemory(10);
    restored.restore(memory.serialise(time), time);
    assert.equal(restored.recall(user, home, time), 1454);
  });

  const entry = { user: 'alice', address: home, pathMtu: 1454, learnedAt: time };
  const restoredFrom = (value: unknown) => new PathMtuMemory(10).restore(JSON.stringify(value), time);

  it('takes over valid entries and leaves others out', () => {
    assert.equal(restoredFrom({ format: 1, entries: [entry, null, 7, [], { ...entry, user: 'bob' }] }), 2);
    for (const wrong of [
      { user: 1 },
      { user: 'x'.repeat(318) },
      { address: -1 },
      { address: 2 ** 32 },
      { address: '192.0.2.7' },
      { pathMtu: 575 },
      { pathMtu: 65_536 },
      { pathMtu: 1454.5 },
      { learnedAt: null },
      { learnedAt: time + 8 * day },
    ]) {
      assert.equal(restoredFrom({ format: 1, entries: [{ ...entry, ...wrong }] }), 0, JSON.stringify(wrong));
    }
  });

  it('takes nothing from another format or from what is no JSON', () => {
    for (const value of [
      null,
      1,
      [],
      {},
      { entries: [entry] },
      { format: 2, entries: [entry] },
      { format: 1, entries: 3 },
    ]) {
      assert.equal(restoredFrom(value), 0);
    }
    assert.equal(new PathMtuMemory(10).restore('{"format":1,"entries":[{"us', time), 0);
  });

  it('never throws on any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => new PathMtuMemory(2).restore(text, time) === 0),
    );
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BoundedTable } from '../../src/gateway/bounded-table.ts';

describe('a bounded table', () => {
  it('forgets an entry a lifetime after it was last set, not after it was read', () => {
    const table = new BoundedTable<string, number>({ capacity: 9, lifetime: 100, whenFull: 'forgetOldest' });
    table.set('a', 1, 0);
    assert.equal(table.get('a', 99), 1);
    assert.equal(table.get('a', 100), undefined);
    table.set('a', 2, 50);
    assert.equal(table.get('a', 149), 2);
    table.delete('a');
    assert.equal(table.get('a', 51), undefined);
  });

  it('never holds more than its capacity', () => {
    for (const whenFull of ['forgetOldest', 'takeNone'] as const) {
      const table = new BoundedTable<number, number>({ capacity: 3, lifetime: 100, whenFull });
      for (let key = 0; key < 10; key++) table.set(key, key, 0);
      assert.equal(table.size, 3);
      const kept = [0, 1, 2, 7, 8, 9].filter((key) => table.get(key, 0) === key);
      assert.deepEqual(kept, whenFull === 'takeNone' ? [0, 1, 2] : [7, 8, 9]);
    }
  });

  it('makes room by dropping what has expired, before all else', () => {
    const table = new BoundedTable<number, number>({ capacity: 2, lifetime: 100, whenFull: 'takeNone' });
    table.set(1, 1, 0);
    table.set(2, 2, 50);
    table.set(1, 1, 60);
    table.set(3, 3, 149);
    assert.equal(table.get(3, 149), undefined);
    table.set(3, 3, 150);
    assert.equal(table.get(3, 150), 3);
    assert.equal(table.get(1, 150), 1);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { advance, distance } from '../../../src/protocol/gre/serial.ts';

describe('sequence number arithmetic (GRE-4)', () => {
  it('compares across the wrap', () => {
    assert.equal(distance(0, 0xffffffff), 1);
    assert.equal(distance(0xffffffff, 0), -1);
    assert.equal(distance(5, 5), 0);
    assert.equal(distance(0x7fffffff, 0), 0x7fffffff);
    assert.equal(distance(0x80000000, 0), -0x80000000);
  });

  it('steps across the wrap in both directions', () => {
    assert.equal(advance(0xffffffff, 1), 0);
    assert.equal(advance(0, -1), 0xffffffff);
  });
});

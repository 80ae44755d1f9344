import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatDuration, parseDuration } from '../../src/api/duration.ts';

describe('a duration', () => {
  it('is hours, minutes and seconds in this order, each with its unit', () => {
    const milliseconds = {
      '0s': 0,
      '30s': 30_000,
      '90s': 90_000,
      '5m': 300_000,
      '1h30m': 5_400_000,
      '1h5s': 3_605_000,
    };
    for (const [text, expected] of Object.entries(milliseconds))
      assert.equal(parseDuration(text), expected, text);
  });

  it('is nothing else', () => {
    for (const text of [
      '',
      '0',
      '30',
      's',
      '1d',
      '-1s',
      '1.5h',
      '30 s',
      '5m1h',
      '1s1s',
      '30S',
      '٣s',
      '999999s',
    ]) {
      assert.equal(parseDuration(text), undefined, text);
    }
  });

  it('is written as the shortest text that means the same', () => {
    assert.equal(formatDuration(0), '0s');
    assert.equal(formatDuration(5_400_000), '1h30m');
    assert.equal(formatDuration(1_999), '1s');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9999 * 3600 }), (seconds) => {
        assert.equal(parseDuration(formatDuration(seconds * 1000)), seconds * 1000);
      }),
    );
  });
});

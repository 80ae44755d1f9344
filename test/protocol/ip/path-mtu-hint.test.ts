import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SizeHint } from '../../../src/protocol/ip/path-mtu-hint.ts';

describe('A hint of ICMP', () => {
  it('is a size below what is known, never below 576; from an old router the next usual one', () => {
    const hint = new SizeHint();
    assert.equal(hint.take(1500, 1500, 1500, 0), undefined);
    assert.equal(hint.size, undefined);
    assert.equal(hint.take(1454, 1500, 1500, 0), 1454);
    assert.equal(hint.take(68, 1500, 1500, 0), 576);
    assert.equal(hint.take(0, 1492, 1500, 0), 1454);
    assert.equal(hint.size, 1454);
  });

  it('is forgotten after 10 minutes', () => {
    const hint = new SizeHint();
    assert.equal(hint.expires, Infinity);
    hint.take(1454, 1500, 1500, 1000);
    assert.equal(hint.expires, 601_000);
    hint.forget();
    assert.deepEqual([hint.expires, hint.size], [Infinity, undefined]);
  });

  it('announces what the path takes, within 4 bytes and while it lasts', () => {
    const hint = new SizeHint();
    assert.equal(hint.announced(1454, 0), false);
    hint.take(1454, 1500, 1500, 0);
    assert.deepEqual(
      [1458, 1454, 1450, 1449, 1400].map((size) => hint.announced(size, 1)),
      [true, true, true, false, false],
    );
    assert.equal(hint.announced(1454, 600_000), false);
  });

  it('announces no larger size: whoever forges a small one must not hide a black hole', () => {
    const hint = new SizeHint();
    hint.take(68, 1500, 1500, 0);
    assert.deepEqual([hint.announced(1454, 1), hint.announced(576, 1)], [false, true]);
  });
});

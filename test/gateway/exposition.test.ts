import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { header, labelText, series } from '../../src/gateway/exposition.ts';

describe('the text format', () => {
  it('escapes label values so that none ends its quotes or its line', () => {
    assert.equal(
      labelText({ user: 'a"b\\c\nd', address: '10.0.0.1' }),
      'user="a\\"b\\\\c\\nd",address="10.0.0.1"',
    );
  });

  it('writes a header and series', () => {
    assert.equal(
      header({ name: 'a', kind: 'gauge', help: 'one\\\ntwo' }),
      '# HELP a one\\\\\\ntwo\n# TYPE a gauge\n',
    );
    assert.equal(series('a_total', 'x="1"', 1e15), 'a_total{x="1"} 1000000000000000\n');
  });

  it('writes numbers as Prometheus reads them', () => {
    const written = [0.012, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map((value) =>
      series('a', '', value).trim(),
    );
    assert.deepEqual(written, ['a{} 0.012', 'a{} NaN', 'a{} +Inf', 'a{} -Inf']);
  });
});

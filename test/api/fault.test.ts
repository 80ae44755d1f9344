import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatFault, formatPath, quote } from '../../src/api/fault.ts';

describe('a fault', () => {
  it('is one line with place, field, value and fix', () => {
    const fault = {
      file: 'a.yaml',
      line: 7,
      path: 'spec.mtu.value',
      what: 'is wrong',
      value: '"1"',
      fix: 'write 2',
    };
    assert.equal(formatFault(fault), 'a.yaml:7: spec.mtu.value: is wrong (value "1"): write 2');
  });

  it('leaves out what it does not have', () => {
    assert.equal(
      formatFault({ file: 'a.yaml', what: 'is empty', fix: 'fill it' }),
      'a.yaml: is empty: fill it',
    );
  });

  it('names fields as kubectl does', () => {
    assert.equal(formatPath(['spec', 'addressPools', 0, 'cidr']), 'spec.addressPools[0].cidr');
    assert.equal(
      formatPath(['spec', 'nodeSelector', 'kubernetes.io/os']),
      'spec.nodeSelector["kubernetes.io/os"]',
    );
  });

  it('quotes a value so that it stays on one line, is short, and does nothing to the terminal', () => {
    assert.equal(quote('a"b\\c'), '"a\\"b\\\\c"');
    assert.equal(quote('a\nb\u001b[31m\u2028\u202e'), '"a\\u{a}b\\u{1b}[31m\\u{2028}\\u{202e}"');
    assert.equal(quote('正しい'), '"正しい"');
    assert.equal(quote('x'.repeat(100)), `"${'x'.repeat(60)}…"`);
    assert.equal(quote({ password: 'x' }), undefined);
  });
});

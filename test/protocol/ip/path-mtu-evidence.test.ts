import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SizeEvidence } from '../../../src/protocol/ip/path-mtu-evidence.ts';

function evidenceOf(fits: number, failures: readonly number[], limit = 1500): SizeEvidence {
  const evidence = new SizeEvidence(limit, []);
  if (fits > 0) evidence.arrived(fits, { sentOnce: true });
  for (const size of failures) evidence.failed(size);
  return evidence;
}

describe('The evidence of a search', () => {
  it('is enough after a usual size with 3 failures up to the next usual one, and 4 in all', () => {
    assert.equal(evidenceOf(1454, [1459, 1492, 1500]).missingFailures, 1);
    assert.equal(evidenceOf(1454, [1459, 1479, 1492, 1500]).missingFailures, 0);
    assert.equal(evidenceOf(1492, [1497, 1500, 1500]).missingFailures, 1);
  });

  it('is enough after an unusual size only when the size just above failed 3 times', () => {
    assert.equal(evidenceOf(1300, [1305, 1305, 1345, 1400, 1400]).missingFailures, 1);
    assert.equal(evidenceOf(1300, [1305, 1305, 1305, 1345, 1400]).missingFailures, 0);
    assert.equal(evidenceOf(1300, [1305, 1305, 1305, 1500]).missingFailures, 2);
  });

  it('takes 4 failures after the floor, and 6 where a size that fits got lost too', () => {
    assert.equal(evidenceOf(576, [581, 591, 611]).missingFailures, 1);
    const lossy = evidenceOf(1454, [1206, 1459, 1479, 1492]);
    assert.equal(lossy.isLossy, true);
    assert.equal(lossy.missingFailures, 3);
  });

  it('calls a size late, not lost, only if it was sent once', () => {
    const late = evidenceOf(0, [1206]);
    late.arrived(1206, { sentOnce: true });
    assert.equal(late.isLossy, false);
    const again = evidenceOf(0, [1206]);
    again.arrived(1206, { sentOnce: false });
    assert.equal(again.isLossy, true);
  });

  it('has no doubt of what our own host refuses', () => {
    const evidence = evidenceOf(1454, []);
    evidence.refused(1459);
    assert.ok(evidence.missingFailures <= 0);
    assert.equal(evidence.smallestFailure, 1459);
  });

  it('knows steps and usual sizes around a size, never above the limit', () => {
    const evidence = evidenceOf(1400, [], 1440);
    assert.deepEqual([evidence.stepAbove(1400), evidence.stepAbove(1436)], [1405, 1438]);
    assert.deepEqual([evidence.usualAbove(1400), evidence.usualAbove(1438)], [1438, 1440]);
    assert.deepEqual(evidence.usualBelow(1440), [1438]);
    assert.equal(evidence.smallestFailure, 1441);
  });
});

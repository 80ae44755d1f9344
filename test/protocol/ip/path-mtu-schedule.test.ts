import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LookSchedule, type SearchOutcome } from '../../../src/protocol/ip/path-mtu-schedule.ts';

const found: SearchOutcome = { purpose: 'find', isNew: true, isNarrow: true, isDoubtful: false };
const same: SearchOutcome = { ...found, purpose: 'look', isNew: false };

/** When the looks after `first` are due, if each finds the same. */
function looksAfter(first: SearchOutcome, count: number): number[] {
  const schedule = new LookSchedule();
  schedule.searching(first.purpose, 0);
  schedule.concluded(first, 0);
  const times: number[] = [];
  for (let look = 0; look < count; look++) {
    const { deadline } = schedule;
    times.push(deadline);
    assert.equal(schedule.isLookDue(deadline), true);
    schedule.searching('look', deadline);
    schedule.concluded(same, deadline);
  }
  return times;
}

describe('The schedule of looks', () => {
  it('has one after 10 s, then every 9.5 minutes; with doubt one after 1 s before', () => {
    assert.deepEqual(looksAfter(found, 3), [10_000, 580_000, 1_150_000]);
    assert.deepEqual(looksAfter({ ...found, isDoubtful: true }, 3), [1000, 11_000, 581_000]);
  });

  it('has none soon where nothing is narrow', () => {
    assert.deepEqual(looksAfter({ ...found, isNarrow: false }, 2), [570_000, 1_140_000]);
  });

  it('is not moved by a check that finds all as it was, and begins anew by one that does not', () => {
    const schedule = new LookSchedule();
    schedule.concluded(found, 0);
    schedule.searching('check', 5000);
    schedule.concluded({ ...same, purpose: 'check' }, 5100);
    assert.equal(schedule.deadline, 10_000);
    schedule.concluded({ ...found, purpose: 'check' }, 6000);
    assert.equal(schedule.deadline, 16_000);
  });

  it('checks every 2 s while large packets flow, from the last proof on', () => {
    const schedule = new LookSchedule();
    schedule.concluded({ ...found, isNarrow: false }, 0);
    schedule.busy();
    assert.equal(schedule.deadline, 2000);
    schedule.proven(1500);
    assert.equal(schedule.deadline, 3500);
    schedule.searching('check', 3500);
    assert.equal(schedule.deadline, 570_000);
  });

  it('follows a suspicion at once, and another one within 2 s when they are over', () => {
    const schedule = new LookSchedule();
    assert.equal(schedule.suspect(1000), true);
    assert.equal(schedule.suspect(2999), false);
    assert.equal(schedule.deadline, 3000);
    assert.equal(schedule.isLookDue(3000), false);
    schedule.searching('check', 3000);
    assert.equal(schedule.deadline, Infinity);
    assert.equal(schedule.suspect(4999), false, 'that was one');
    assert.equal(schedule.deadline, 5000);
  });

  it('lets hints count only some time after the last search', () => {
    const schedule = new LookSchedule();
    schedule.searching('check', 1000);
    assert.deepEqual([schedule.mayDoubt(5999, 5000), schedule.mayDoubt(6000, 5000)], [false, true]);
    assert.equal(schedule.sinceSearch(1500), 500);
  });

  it('asks again after silence: in 10 s if a size was known, else in 9.5 minutes', () => {
    const schedule = new LookSchedule();
    schedule.busy();
    schedule.silent({ isPromising: true }, 1000);
    assert.equal(schedule.deadline, 11_000);
    schedule.silent({ isPromising: false }, 1000);
    assert.equal(schedule.deadline, 571_000);
  });
});

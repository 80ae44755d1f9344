import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PathMtuSearch, type SearchOptions } from '../../../src/protocol/ip/path-mtu-search.ts';
import { seededRandom } from './simulated-path.ts';

function searchOf(options: Partial<SearchOptions> = {}): PathMtuSearch {
  return new PathMtuSearch({
    purpose: 'find',
    limit: 1500,
    guesses: [],
    passedBefore: undefined,
    roundTrip: 100,
    ...options,
  });
}

/** Rounds of sending; `arrives` decides on each probe. Returns what was sent, round by round. */
function play(search: PathMtuSearch, arrives: (size: number, round: number) => boolean): number[][] {
  const rounds: number[][] = [];
  let now = 1000;
  let sizes = search.open(now);
  while (sizes.length > 0) {
    const round = rounds.push(sizes) - 1;
    now += 100;
    let next: number[] = [];
    for (const size of sizes) if (arrives(size, round)) next = search.answered(size, 'echo', now);
    if (next.length === 0 && search.result === undefined) {
      now = search.deadline;
      next = search.expire(now);
    }
    sizes = next;
  }
  return rounds;
}

const flat = (rounds: number[][]) => rounds.flat().length;

describe('A search', () => {
  it('goes as drawn: opening, usual sizes, one just above, doubt', () => {
    const search = searchOf();
    const rounds = play(search, (size) => size <= 1454);
    assert.deepEqual(rounds, [[576, 1400, 1454, 1500], [1492], [1458], [1492]]);
    assert.deepEqual(search.result, { type: 'found', size: 1454 });
  });

  it('halves where the path is of no usual size', () => {
    const search = searchOf();
    const rounds = play(search, (size) => size <= 1473);
    assert.deepEqual(rounds.slice(2, 6), [[1458], [1475, 1492], [1466], [1470]]);
    assert.deepEqual(search.result, { type: 'found', size: 1472 });
  });

  it('only asks for the limit when it is to check, and once more before it looks below', () => {
    assert.deepEqual(
      play(searchOf({ purpose: 'check', limit: 1454 }), () => true),
      [[576, 1454]],
    );
    const rounds = play(
      searchOf({ purpose: 'check', limit: 1454, passedBefore: 1454 }),
      (size) => size <= 1400,
    );
    assert.deepEqual(rounds.slice(0, 3), [[576, 1454], [1454], [1280, 1400, 1438]]);
  });

  it('tries what was known before, just above it, and the limit', () => {
    const rounds = play(searchOf({ guesses: [1454], passedBefore: 1454 }), (size) => size <= 1454);
    assert.deepEqual(rounds[0], [576, 1454, 1458, 1500]);
  });

  it('asks once more for a size that passed before when it fails, and for nothing else', () => {
    const lostOnce = (size: number, round: number) => size <= 1454 && !(size === 1454 && round === 0);
    const rounds = play(searchOf({ guesses: [1454], passedBefore: 1454 }), lostOnce);
    assert.deepEqual(rounds[1], [1454]);
  });

  it('believes 3 failures on a clean path, 6 on one that loses packets', () => {
    const failures = (rounds: number[][]) =>
      rounds.flat().filter((size) => size === 1458 || size === 1492).length;
    assert.equal(failures(play(searchOf(), (size) => size <= 1454)), 3);
    assert.equal(failures(play(searchOf(), (size) => size <= 1454 && size !== 1400)), 6);
  });

  it('counts only failures of the sizes in question: 1404 and 1438 for a path of 1400', () => {
    const rounds = play(searchOf(), (size) => size <= 1400);
    assert.equal(rounds.flat().filter((size) => size === 1404 || size === 1438).length, 3);
  });

  it('wants 4 failures in all where little is above', () => {
    assert.equal(
      play(searchOf(), (size) => size <= 1492)
        .flat()
        .filter((size) => size > 1492).length,
      4,
    );
  });

  it('takes a late answer for late, not for lost', () => {
    const search = searchOf({ roundTrip: 10 });
    search.open(0);
    search.answered(576, 'echo', 10);
    search.answered(1400, 'echo', 10);
    const second = search.expire(search.deadline);
    assert.deepEqual(second, [1438]);
    search.answered(1454, 'echo', 300);
    let probes = search.answered(1438, 'echo', 301).length;
    while (search.result === undefined) probes += search.expire(search.deadline).length;
    assert.deepEqual(search.result, { type: 'found', size: 1454 });
    assert.ok(probes <= 4, `${probes}`);
  });

  it('forgets failures of a round in which nothing came back', () => {
    const afterOutage = play(searchOf(), (size, round) => round > 0 && size <= 1454);
    const withoutOutage = play(searchOf(), (size) => size <= 1454);
    assert.equal(flat(afterOutage), flat(withoutOutage) + 5);
  });

  it('does not count as lost what an acknowledgment leaves unnamed', () => {
    const search = searchOf();
    search.open(0);
    search.answered(1454, 'acknowledgment', 100);
    let probes = 0;
    while (search.result === undefined) probes += search.expire(search.deadline).length;
    assert.ok(probes <= 3, `${probes}`);
  });

  it('gives up after three silent rounds, and says whether small probes came back', () => {
    const deaf = searchOf();
    assert.equal(play(deaf, () => false).length, 3);
    assert.deepEqual(deaf.result, { type: 'silent', smallAnswered: false });
    const narrow = searchOf();
    play(narrow, (size) => size <= 500);
    assert.deepEqual(narrow.result, { type: 'silent', smallAnswered: true });
  });

  it('ends after some 48 probes with a peer that answers at whim', () => {
    for (let seed = 1; seed <= 2000; seed++) {
      const random = seededRandom(seed);
      const share = random();
      const rounds = play(searchOf(), (size) => size === 576 || (size < 1500 && random() < share));
      assert.ok(flat(rounds) <= 51, `${flat(rounds)} with seed ${seed}`);
    }
  });

  it('hears nothing more once it has a result, nor of sizes it never sent', () => {
    const search = searchOf();
    play(search, (size) => size <= 1454);
    const { result } = search;
    assert.deepEqual(search.answered(1500, 'echo', 9e6), []);
    assert.deepEqual(search.refused(1400, 9e6), []);
    assert.deepEqual(search.expire(9e6), []);
    assert.equal(search.deadline, Infinity);
    assert.equal(search.result, result);
    const other = searchOf();
    other.open(0);
    other.answered(1499, 'echo', 10);
    assert.equal(other.result, undefined);
    play(other, (size) => size <= 1400);
    assert.deepEqual(other.result, { type: 'found', size: 1400 });
  });
});

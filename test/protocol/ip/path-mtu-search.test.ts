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
    isDoubtful: false,
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

const foundBy = ({ result }: PathMtuSearch) => (result?.type === 'found' ? result.size : undefined);
const flat = (rounds: number[][]) => rounds.flat().length;

describe('A search', () => {
  it('goes as drawn: one probe at a time, and what is left of 8 for doubt', () => {
    const search = searchOf();
    const rounds = play(search, (size) => size <= 1454);
    assert.deepEqual(rounds, [[1206], [1454], [1500], [1497], [1479], [1459], [1492]]);
    assert.deepEqual(search.result, { type: 'found', size: 1454, isDoubtful: false });
  });

  it('halves where the path is of no usual size, and says that it is not sure', () => {
    const search = searchOf();
    const rounds = play(search, (size) => size <= 1302);
    assert.deepEqual(rounds.flat(), [1206, 1454, 1345, 1280, 1305, 1285, 1295, 1300]);
    assert.deepEqual(search.result, { type: 'found', size: 1300, isDoubtful: true });
  });

  it('only asks for the limit when it is to check; then for it again and all usual sizes at once', () => {
    assert.deepEqual(
      play(searchOf({ purpose: 'check', limit: 1454 }), () => true),
      [[576, 1454]],
    );
    const search = searchOf({ purpose: 'check', limit: 1454, passedBefore: 1454 });
    const rounds = play(search, (size) => size <= 1400);
    assert.deepEqual(rounds.slice(0, 3), [[576, 1454], [1280, 1400, 1438, 1454], [1405]]);
    assert.deepEqual(search.result, { type: 'found', size: 1400, isDoubtful: false });
  });

  it('looks at what holds and at what is above it, up to the limit', () => {
    const options = { purpose: 'look', guesses: [1400], passedBefore: 1400 } as const;
    const rounds = play(searchOf(options), (size) => size <= 1400);
    assert.deepEqual(rounds[0], [576, 1400, 1405, 1438, 1500]);
    const grown = searchOf(options);
    play(grown, (size) => size <= 1492);
    assert.deepEqual(grown.result, { type: 'found', size: 1492, isDoubtful: false });
  });

  it('takes 2 probes where the remembered size is right, one at the limit', () => {
    const remembered = (size: number) => searchOf({ guesses: [size], passedBefore: size });
    assert.deepEqual(
      play(remembered(1454), (size) => size <= 1454),
      [[1454, 1459]],
    );
    assert.deepEqual(
      play(remembered(1500), () => true),
      [[1500]],
    );
  });

  it('asks once more for a size that passed before when it fails', () => {
    const lostOnce = (size: number, round: number) => size <= 1454 && !(size === 1454 && round === 0);
    const rounds = play(searchOf({ guesses: [1454], passedBefore: 1454 }), lostOnce);
    assert.deepEqual(rounds[1], [1454]);
  });

  it('sends more than 8 only on a path that shows loss', () => {
    assert.ok(flat(play(searchOf(), (size) => size <= 1454)) <= 8);
    const lossy = searchOf();
    const rounds = play(lossy, (size) => size <= 1454 && size !== 1345 && size !== 1206);
    assert.ok(flat(rounds) > 8, `${flat(rounds)}`);
    const fails = rounds.flat().filter((size) => size > 1454 && size <= 1492).length;
    assert.ok(fails >= 6, `${fails}`);
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
    assert.deepEqual(search.expire(search.deadline), [891]);
    search.answered(1206, 'echo', 300);
    assert.deepEqual(search.answered(891, 'echo', 301), [1454]);
    search.answered(1454, 'echo', 500);
    while (search.result === undefined) search.expire(search.deadline);
    assert.deepEqual(search.result, { type: 'found', size: 1454, isDoubtful: false });
  });

  it('waits with one probe as long as round trip and queue may take, and a moment at least', () => {
    const quick = searchOf({ roundTrip: 1 });
    quick.open(0);
    assert.equal(quick.deadline, 200);
    const slow = searchOf({ roundTrip: 400 });
    slow.open(0);
    assert.equal(slow.deadline, 560);
  });

  it('forgets failures of a round in which nothing came back', () => {
    const search = searchOf();
    const rounds = play(search, (size, round) => round > 7 && size <= 1454);
    assert.equal(rounds[7]?.[0], 576);
    assert.deepEqual(rounds[8], [100, 576, 1206]);
    assert.equal(foundBy(search), 1454);
    assert.ok(flat(rounds) <= 8 + 3 + 6, `${flat(rounds)}`);
  });

  it('does not count as lost what an acknowledgment leaves unnamed', () => {
    const search = searchOf({ purpose: 'look', guesses: [1400], passedBefore: 1400 });
    search.open(0);
    search.answered(1438, 'acknowledgment', 100);
    while (search.result === undefined) search.expire(search.deadline);
    assert.equal(foundBy(search), 1438);
  });

  it('asks with a small echo whether a peer that only acknowledges is deaf; that it fails is no sign of loss', () => {
    const search = searchOf();
    assert.deepEqual(search.open(0), [1206]);
    search.answered(1206, 'acknowledgment', 110);
    assert.deepEqual(search.expire(search.deadline), [100]);
    const sent = [...search.expire(search.deadline)];
    assert.deepEqual(sent, [1454]);
    let now = 1000;
    while (search.result === undefined) {
      const size = sent.at(-1)!;
      now += 100;
      const next =
        size <= 1454 ? search.answered(size, 'acknowledgment', now) : search.expire(search.deadline);
      sent.push(...next);
    }
    assert.equal(foundBy(search), 1454);
    assert.ok(sent.length <= 6, `${sent}`);
  });

  it('needs no small echo where the floor was asked for and only acknowledged', () => {
    const search = searchOf({ purpose: 'check', limit: 1454, passedBefore: 1454 });
    search.open(0);
    search.answered(576, 'acknowledgment', 100);
    assert.ok(!search.expire(search.deadline).includes(100));
  });

  it('calls it unclear when acknowledgments passed over each probe', () => {
    const search = searchOf();
    for (let sizes = search.open(1000); sizes.length > 0; sizes = search.expire(search.deadline))
      for (const size of sizes) search.passedOver(size);
    assert.deepEqual(search.result, { type: 'silent', smallAnswered: false, isUnclear: true });
  });

  it('takes no probe for lost that was passed over, if the peer answers no echo', () => {
    const search = searchOf();
    search.open(1000);
    search.passedOver(1206);
    assert.deepEqual(search.expire(search.deadline), [891]);
    search.answered(891, 'acknowledgment', search.deadline - 1);
    assert.deepEqual(search.expire(search.deadline), [100]);
    assert.deepEqual(search.expire(search.deadline), [1206]);
  });

  it('takes it for lost if the peer answers echoes, and asks for nothing twice', () => {
    const search = searchOf();
    search.open(1000);
    search.passedOver(1206);
    search.expire(search.deadline);
    assert.deepEqual(search.answered(891, 'echo', search.deadline - 1), [1051]);
  });

  it('holds what passed before while nothing tells, and believes in less only what is proven', () => {
    const check = searchOf({ purpose: 'check', limit: 1454, passedBefore: 1454 });
    let now = 1000;
    for (let sizes = check.open(now); sizes.length > 0; now = check.deadline) {
      check.answered(576, 'acknowledgment', now + 1);
      for (const size of sizes) if (size > 576) check.passedOver(size);
      sizes = check.expire(check.deadline);
    }
    assert.deepEqual(check.result, { type: 'silent', smallAnswered: false, isUnclear: true });
  });

  it('gives up after three silent rounds, and says whether small probes came back', () => {
    const deaf = searchOf();
    assert.ok(flat(play(deaf, () => false)) <= 14);
    assert.deepEqual(deaf.result, { type: 'silent', smallAnswered: false, isUnclear: false });
    const narrow = searchOf();
    play(narrow, (size) => size <= 500);
    assert.deepEqual(narrow.result, { type: 'silent', smallAnswered: true, isUnclear: false });
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
    assert.equal(foundBy(other), 1400);
  });
});

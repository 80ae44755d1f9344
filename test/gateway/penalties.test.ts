import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Penalties } from '../../src/gateway/penalties.ts';

const hour = 3_600_000;
const source = (network: number, host = 1): number => 0x0a000000 + network * 256 + host;

/** Guesses as fast as it is let, from `sources` in turn; the times of judged guesses. */
function guess(
  penalties: Penalties,
  sources: (turn: number) => number,
  name: (turn: number) => string,
  until: number,
) {
  const judged: number[] = [];
  for (let now = 0, turn = 0; now < until; now += 500, turn++) {
    if (penalties.judge(sources(turn), name(turn), now) !== undefined) continue;
    penalties.failed(sources(turn), name(turn), now);
    judged.push(now);
  }
  return judged;
}

function mostInAnHour(times: readonly number[]): number {
  return Math.max(...times.map((from) => times.filter((time) => time >= from && time < from + hour).length));
}

describe('penalties for failed logins (S5)', () => {
  it('let a /24 guess at most 20 times in any hour, whatever names and hosts it uses', () => {
    const turn = (n: number): number => source(1, n % 250);
    const judged = guess(new Penalties(), turn, (n) => `user${n}`, 3 * hour);
    assert.ok(mostInAnHour(judged) <= 20, `${mostInAnHour(judged)}`);
    assert.ok(judged.length >= 35, 'and still lets it try');
    assert.equal(judged.filter((at) => at < 60_000).length, 10, 'ten of them at once');
  });

  it('let a user be guessed at most 60 times in any hour, from however many networks', () => {
    const judged = guess(new Penalties(), source, () => 'alice', 3 * hour);
    assert.ok(mostInAnHour(judged) <= 60, `${mostInAnHour(judged)}`);
  });

  it('delay a user’s next attempt by 1, 2, 4 … 80 s after three failures', () => {
    const penalties = new Penalties();
    const delays: number[] = [];
    let now = 0;
    for (let count = 1; count <= 12; count++) {
      penalties.failed(source(count), 'alice', now);
      const failedAt = now;
      while (penalties.judge(source(99), 'alice', now) !== undefined) now += 1_000;
      delays.push((now - failedAt) / 1_000);
    }
    assert.deepEqual(delays, [0, 0, 1, 2, 4, 8, 16, 32, 64, 80, 80, 80]);
    assert.equal(penalties.judge(source(99), 'bob', now), undefined);
  });

  it('treat names that no user has like any other', () => {
    const [known, unknown] = [new Penalties(), new Penalties()];
    known.succeeded(source(50, 200), 'alice', 0);
    const times = (penalties: Penalties, name: string) => guess(penalties, source, () => name, hour);
    assert.deepEqual(times(known, 'alice'), times(unknown, 'nobody'));
  });

  it('let a user in from a source where that user logged in within 24 h, though both are under attack', () => {
    const penalties = new Penalties();
    penalties.succeeded(source(1, 7), 'alice', 0);
    guess(
      penalties,
      (n) => source(1, 8 + (n % 9)),
      () => 'alice',
      hour,
    );
    guess(
      penalties,
      (n) => source(2 + n),
      () => 'alice',
      hour,
    );
    for (const at of [1, 1, 9]) penalties.failed(source(at, 8), 'alice', hour);
    assert.equal(penalties.judge(source(1, 7), 'alice', hour), undefined);
    assert.equal(penalties.judge(source(1, 8), 'alice', hour), 'source_penalised');
    assert.equal(penalties.judge(source(1, 7), 'bob', hour), 'source_penalised');
    assert.equal(penalties.judge(source(7000), 'alice', hour), 'user_penalised');
    for (const network of [7, 8, 9]) penalties.failed(source(network), 'alice', 24 * hour);
    assert.equal(penalties.judge(source(1, 7), 'alice', 24 * hour), 'user_penalised', 'but the day ends');
  });

  it('bound what a known source may guess at its user too, and end the acquaintance after 24 h of failures', () => {
    const penalties = new Penalties();
    penalties.succeeded(source(1), 'alice', 0);
    for (let count = 0; count < 40; count++) penalties.failed(source(1), 'alice', 1);
    assert.equal(penalties.judge(source(1), 'alice', 2), 'source_penalised');
    const bounded = new Penalties();
    bounded.succeeded(source(1), 'alice', 0);
    assert.ok(
      mostInAnHour(
        guess(
          bounded,
          () => source(1),
          () => 'alice',
          2 * hour,
        ),
      ) <= 30,
    );
    const ended = new Penalties();
    ended.succeeded(source(1), 'alice', 0);
    ended.failed(source(1), 'alice', 23 * hour);
    for (let count = 0; count < 20; count++) ended.failed(source(1, 2), 'bob', 24 * hour);
    assert.equal(ended.judge(source(1), 'alice', 24 * hour), 'source_penalised');
  });

  it('forgive: an hour without failures leaves nothing', () => {
    const penalties = new Penalties();
    guess(
      penalties,
      () => source(1),
      () => 'alice',
      600_000,
    );
    assert.equal(penalties.judge(source(1), 'alice', 600_000 + hour), undefined);
    penalties.failed(source(1), 'alice', 600_000 + hour);
    assert.equal(penalties.judge(source(1), 'alice', 600_000 + hour), undefined);
  });

  it('stay within their tables when 100,000 names and networks fail, and lock nobody new out', () => {
    const penalties = new Penalties();
    for (let network = 0; network < 100_000; network++) {
      for (const name of ['a', 'b']) penalties.failed(network * 256, `${name}${network}`, 0);
    }
    for (let count = 0; count < 20; count++) penalties.failed(99_999 * 256, 'late', 0);
    assert.equal(penalties.judge(99_999 * 256, 'late', 0), undefined);
  });

  it('take one entry for names that are longer than any user’s', () => {
    const penalties = new Penalties();
    for (let count = 0; count < 4; count++) penalties.failed(source(count), 'x'.repeat(1000 + count), 0);
    assert.equal(penalties.judge(source(9), 'x'.repeat(64), 0), 'user_penalised');
  });
});

import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { type Expirable, ExpiryTimer } from '../../src/gateway/expiry-timer.ts';

const { timers } = mock;

/** Is due at `deadline`, and then again `period` later. */
class Member implements Expirable {
  readonly firedAt: number[] = [];
  deadline: number;
  readonly period: number;

  constructor(deadline: number, period = Number.POSITIVE_INFINITY) {
    this.deadline = deadline;
    this.period = period;
  }

  expire(now: number): void {
    this.firedAt.push(now);
    this.deadline += this.period;
  }
}

describe('ExpiryTimer', () => {
  beforeEach(() => {
    timers.enable({ apis: ['setTimeout', 'Date'], now: 0 });
  });

  afterEach(() => timers.reset());

  const clock = () => Date.now();

  it('wakes each member at its own deadline, and no other one', () => {
    const timer = new ExpiryTimer(clock);
    const [early, late] = [new Member(100), new Member(250)];
    timer.add(late);
    timer.add(early);
    timers.tick(99);
    assert.deepEqual([early.firedAt, late.firedAt], [[], []]);
    timers.tick(1);
    assert.deepEqual([early.firedAt, late.firedAt], [[100], []]);
    timers.tick(150);
    assert.deepEqual(late.firedAt, [250]);
    timer.close();
  });

  it('has what its members left to send sent at once', () => {
    const timer = new ExpiryTimer(clock);
    const member = new Member(100);
    const seen: number[][] = [];
    timer.whenExpired(() => seen.push([...member.firedAt]));
    timer.add(member);
    timers.tick(99);
    assert.deepEqual(seen, []);
    timers.tick(1);
    assert.deepEqual(seen, [[100]]);
    timer.close();
  });

  it('goes on with a member that is due again, for ever', () => {
    const timer = new ExpiryTimer(clock);
    const member = new Member(100, 100);
    timer.add(member);
    for (let step = 0; step < 100; step++) timers.tick(10);
    assert.equal(member.firedAt.length, 10);
    timer.close();
  });

  it('takes a deadline that came nearer once it is touched', () => {
    const timer = new ExpiryTimer(clock);
    const member = new Member(10_000);
    timer.add(member);
    member.deadline = 50;
    timer.touch(member);
    timers.tick(50);
    assert.deepEqual(member.firedAt, [50]);
    timer.close();
  });

  it('arms for a deadline that another member got while it fired', () => {
    const timer = new ExpiryTimer(clock);
    const woken = new Member(Number.POSITIVE_INFINITY);
    timer.add(woken);
    const waker: Expirable = {
      deadline: 100,
      expire() {
        this.deadline = Number.POSITIVE_INFINITY;
        woken.deadline = 130;
        timer.touch(woken);
      },
    } as { deadline: number; expire(): void };
    timer.add(waker);
    timers.tick(100);
    timers.tick(30);
    assert.equal(woken.firedAt.length, 1);
    timer.close();
  });

  it('lets a member leave while it or another one fires', () => {
    const timer = new ExpiryTimer(clock);
    const victim = new Member(100);
    timer.add({ deadline: 100, expire: () => timer.delete(victim) });
    timer.add(victim);
    timers.tick(100);
    assert.deepEqual(victim.firedAt, []);
    timer.close();
  });

  it('looks again after a minute where nothing is due for longer than setTimeout can count', () => {
    const timer = new ExpiryTimer(clock);
    const member = new Member(2 ** 40);
    timer.add(member);
    member.deadline = 30_000; // nobody touched it
    timers.tick(60_000);
    assert.equal(member.firedAt.length, 1);
    timer.close();
  });

  it('is silent after close', () => {
    const timer = new ExpiryTimer(clock);
    const member = new Member(100);
    timer.add(member);
    timer.close();
    timers.tick(1_000);
    assert.deepEqual(member.firedAt, []);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Acknowledgments } from '../../../src/protocol/gre/acknowledgments.ts';
import { createRandom } from '../datapath/support.ts';

function create(receiveWindow = 64): Acknowledgments {
  const acknowledgments = new Acknowledgments(1);
  acknowledgments.reset(0, receiveWindow);
  return acknowledgments;
}

describe('Acknowledgments (GRE-6)', () => {
  it('are due within 100 ms of the first packet they are owed for', () => {
    const acknowledgments = create();
    assert.equal(acknowledgments.due(0), Number.POSITIVE_INFINITY);
    assert.ok(!acknowledgments.owe(0, 1000));
    assert.ok(!acknowledgments.owe(0, 1040));
    assert.ok(acknowledgments.due(0) > 1000 && acknowledgments.due(0) <= 1100);
    acknowledgments.settle(0);
    assert.equal(acknowledgments.due(0), Number.POSITIVE_INFINITY);
  });

  it('are urgent after a quarter of the window', () => {
    for (const [window, quarter] of [
      [64, 16],
      [16, 4],
      [3, 1],
      [0, 1],
    ] as const) {
      const acknowledgments = create(window);
      for (let packet = 1; packet < quarter; packet++) assert.ok(!acknowledgments.owe(0, 0));
      assert.ok(acknowledgments.owe(0, 0));
    }
  });

  it('from the peer count only between the last one and what was sent', () => {
    const acknowledgments = create();
    const first = acknowledgments.takeSequence(0, 0);
    const second = acknowledgments.takeSequence(0, 1);
    acknowledgments.acknowledge(0, second + 1, 5);
    assert.equal(acknowledgments.acknowledged(0), undefined);
    acknowledgments.acknowledge(0, first - 1, 5);
    assert.equal(acknowledgments.acknowledged(0), undefined);
    acknowledgments.acknowledge(0, second, 5);
    acknowledgments.acknowledge(0, first, 6);
    assert.equal(acknowledgments.acknowledged(0), second);
  });

  it('agree with a model over a million random ones (attack: ack poisoning)', () => {
    const random = createRandom(11);
    const acknowledgments = create();
    let sent = 0;
    let acknowledged = 0;
    for (let round = 0; round < 1_000_000; round++) {
      if (random() < 0.3) sent = acknowledgments.takeSequence(0, round);
      const far = Math.floor(random() * 2 ** 32);
      const near = (acknowledged + Math.floor(random() * 20) - 8) >>> 0;
      const claimed = random() < 0.5 ? far : near;
      acknowledgments.acknowledge(0, claimed, round);
      if (claimed > acknowledged && claimed <= sent) acknowledged = claimed;
      assert.equal(acknowledgments.acknowledged(0) ?? 0, acknowledged);
    }
  });

  it('measure the round trip of one packet at a time', () => {
    const acknowledgments = create();
    assert.equal(acknowledgments.roundTrip(0), undefined);
    const sequence = acknowledgments.takeSequence(0, 100);
    acknowledgments.takeSequence(0, 150);
    acknowledgments.acknowledge(0, sequence, 180);
    assert.equal(acknowledgments.roundTrip(0), 80);
    acknowledgments.acknowledge(0, sequence + 1, 190);
    assert.equal(acknowledgments.roundTrip(0), 80);
    acknowledgments.acknowledge(0, acknowledgments.takeSequence(0, 200), 240);
    assert.equal(acknowledgments.roundTrip(0), 75);
    assert.equal(acknowledgments.leastRoundTrip(0), 40);
  });

  it('number our packets from 1: the Linux kernel takes a first 0 for an old one (GRE-3)', () => {
    const acknowledgments = create();
    assert.equal(acknowledgments.sent(0), undefined);
    assert.equal(acknowledgments.takeSequence(0, 0), 1);
    assert.equal(acknowledgments.sent(0), 1);
  });
});

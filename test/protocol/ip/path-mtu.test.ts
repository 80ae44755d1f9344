import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { largestOuterFor, lcpLengthFor, tunnelMtuFor } from '../../../src/protocol/ip/overhead.ts';
import type { PathMtuOutput } from '../../../src/protocol/ip/path-mtu-output.ts';
import { SimulatedPath, seededRandom } from './simulated-path.ts';

const paths = [1500, 1492, 1454, 1438, 1400, 1280, 576];
const mrus = [1500, 1450, 1400, 1000];
const minute = 60_000;

/** Within 4 bytes of what path and MRU allow, never above. */
function assertFound(simulated: SimulatedPath, what: string): void {
  const possible = Math.min(simulated.path.mtu, 1500);
  const { pathMtu, isConfirmed } = simulated.discovery;
  assert.ok(
    isConfirmed && pathMtu <= possible && pathMtu >= possible - 4,
    `${what}: ${pathMtu} of ${possible}`,
  );
}

function settled(mtu: number, rest: ConstructorParameters<typeof SimulatedPath>[1] = {}): SimulatedPath {
  const simulated = new SimulatedPath({ mtu }, rest);
  simulated.settle();
  return simulated;
}

function settledPath(path: ConstructorParameters<typeof SimulatedPath>[0]): SimulatedPath {
  const simulated = new SimulatedPath(path);
  simulated.settle();
  return simulated;
}

/** Large packets flow: the gateway says so each second. */
function runBusy(simulated: SimulatedPath, duration: number, isOver: () => boolean = () => false): number {
  let passed = 0;
  while (passed < duration && !isOver()) {
    simulated.discovery.sentLarge();
    passed += simulated.run(1000, isOver);
  }
  return passed;
}

describe('The header arithmetic', () => {
  it('gives the tunnel MTUs of the table, with MPPE and without', () => {
    const withMppe = [1500, 1492, 1454, 1438, 1400].map((pathMtu) => tunnelMtuFor(pathMtu, { mppe: true }));
    assert.deepEqual(withMppe, [1456, 1448, 1410, 1394, 1356]);
    assert.equal(tunnelMtuFor(1454, { mppe: false }), 1414);
  });

  it('lets a probe be as large as data can be: inner + 4 and the LCP packet share the MRU', () => {
    assert.equal(lcpLengthFor(largestOuterFor(1400)), 1400);
    assert.equal(tunnelMtuFor(largestOuterFor(1400), { mppe: true }), 1396);
  });
});

/** What a sweep over all path sizes took. */
function sweep(roundTrip: number, peersMru: number): { mostProbes: number; longest: number } {
  let mostProbes = 0;
  let longest = 0;
  for (let mtu = 576; mtu <= 1500; mtu++) {
    const simulated = new SimulatedPath({ mtu, roundTrip }, { peersMru, roundTrip }, mtu);
    longest = Math.max(longest, simulated.settle());
    mostProbes = Math.max(mostProbes, simulated.probes);
    const what = `path ${mtu}, MRU ${peersMru}, ${roundTrip} ms`;
    simulated.path.mtu = Math.min(mtu, peersMru + 40);
    assertFound(simulated, what);
  }
  return { mostProbes, longest };
}

describe('Finding the path MTU', () => {
  for (const roundTrip of [1, 100]) {
    for (const peersMru of mrus) {
      it(`takes at most 8 probes and 2 s on each path from 576 to 1500 at MRU ${peersMru}, ${roundTrip} ms`, () => {
        const { mostProbes, longest } = sweep(roundTrip, peersMru);
        assert.ok(mostProbes <= 8, `${mostProbes} probes`);
        assert.ok(longest <= 1600, `${longest} ms`);
      });
    }
  }

  it('takes no more where the round trip is not known beforehand', () => {
    for (let mtu = 576; mtu <= 1500; mtu++) {
      const simulated = new SimulatedPath({ mtu, roundTrip: 100 }, {}, mtu);
      const time = simulated.settle();
      assertFound(simulated, `path ${mtu}`);
      assert.ok(simulated.probes <= 8 && time <= 2000, `${simulated.probes} probes, ${time} ms at ${mtu}`);
    }
  });

  for (const roundTrip of [1, 100, 400]) {
    for (const loss of [0, 0.03, 0.1]) {
      it(`is right within 4 bytes on each usual path and MRU at ${roundTrip} ms and ${loss * 100} % loss, soon`, () => {
        for (const mtu of paths) {
          for (const mru of mrus) {
            const simulated = new SimulatedPath({ mtu, loss, roundTrip }, { peersMru: mru }, mtu + mru);
            const time = simulated.settle();
            if (loss > 0) simulated.run(15_000);
            const what = `path ${mtu}, MRU ${mru}, ${simulated.probes} probes, ${Math.round(time)} ms`;
            simulated.path.mtu = Math.min(mtu, mru + 40);
            assertFound(simulated, what);
            if (loss === 0) assert.ok(time <= (roundTrip <= 100 ? 2000 : 5500), what);
            assert.ok(simulated.probes <= (loss === 0 ? 16 : 96), what);
          }
        }
      });
    }
  }

  it('takes three probes where nothing is narrow', () => {
    const simulated = new SimulatedPath({ mtu: 1500, roundTrip: 100 });
    assert.ok(simulated.settle() <= 360);
    assert.equal(simulated.probes, 3);
  });

  it('does not mistake loss for size for longer than some seconds: 3 % and 10 %, 1,000 runs each', () => {
    for (const [loss, wrongAtFirst, wrongLater] of [
      [0.03, 40, 2],
      [0.1, 250, 15],
    ] as const) {
      let first = 0;
      let later = 0;
      for (let seed = 1; seed <= 1000; seed++) {
        const simulated = new SimulatedPath({ mtu: 1454, loss, roundTrip: 30 }, { roundTrip: 30 }, seed);
        const time = simulated.settle();
        if (simulated.discovery.pathMtu < 1450) first++;
        simulated.run(5000 - time);
        if (simulated.discovery.pathMtu < 1450) later++;
        assert.ok(simulated.discovery.pathMtu <= 1454);
      }
      assert.ok(first <= wrongAtFirst && later <= wrongLater, `${first}, then ${later} of 1000 at ${loss}`);
    }
  });

  it('says nothing of a black hole before loss is excluded', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const simulated = new SimulatedPath({ mtu: 1454, loss: 0.03, roundTrip: 30 }, { roundTrip: 30 }, seed);
      simulated.settle();
      simulated.run(15_000);
      const sizes = simulated.said('blackHole').map(({ pathMtu }) => pathMtu);
      assert.deepEqual(sizes, [1454], `seed ${seed}`);
    }
  });

  for (const [loss, mostWrong] of [
    [0.03, 0],
    [0.1, 12],
  ] as const) {
    it(`names a wrong size ${mostWrong} times in 400 at most where nobody uses the size of the path, ${loss * 100} % loss`, () => {
      let wrong = 0;
      for (let seed = 1; seed <= 400; seed++) {
        const mtu = 580 + ((seed * 7919) % 915);
        const simulated = new SimulatedPath({ mtu, loss, roundTrip: 30 }, { roundTrip: 30 }, seed);
        simulated.settle();
        simulated.run(15_000);
        if (simulated.said('blackHole').some(({ pathMtu }) => pathMtu < mtu - 4)) wrong++;
      }
      assert.ok(wrong <= mostWrong, `${wrong}`);
    });
  }

  it('mends by a second look what loss made too small', () => {
    let mended = 0;
    for (let seed = 1; seed <= 400; seed++) {
      const simulated = new SimulatedPath({ mtu: 1492, loss: 0.15, roundTrip: 30 }, {}, seed);
      simulated.settle();
      if (simulated.discovery.pathMtu >= 1488) continue;
      simulated.path.loss = 0;
      simulated.run(12_000);
      assertFound(simulated, `seed ${seed}`);
      mended++;
    }
    assert.ok(mended > 0);
  });

  it('starts at a cautious size without DF, and ends with DF', () => {
    const simulated = settled(1454);
    assert.deepEqual(
      simulated.seen.map(({ type, pathMtu, tunnelMtu }) => [type, pathMtu, tunnelMtu]),
      [
        ['unconfirmed', 1400, 1356],
        ['confirmed', 1454, 1410],
        ['blackHole', 1454, 1410],
      ],
    );
  });

  it('needs 2 probes where the remembered size is right, 1 at the limit, and starts at it', () => {
    const simulated = settled(1454, { remembered: 1454, roundTrip: 100 });
    assert.equal(simulated.seen[0]?.pathMtu, 1454);
    assertFound(simulated, 'remembered');
    assert.equal(simulated.probes, 2);
    const atLimit = settled(1500, { remembered: 1500, roundTrip: 100 });
    assert.equal(atLimit.probes, 1);
  });

  it('is not misled by a remembered size that is wrong', () => {
    for (const mtu of paths) {
      for (const remembered of [576, 1000, 1399, 1454, 1500, 9000]) {
        assertFound(settled(mtu, { remembered }), `path ${mtu}, remembered ${remembered}`);
      }
    }
  });

  it('takes an MRU so small that the floor is out of reach', () => {
    const simulated = settled(1500, { peersMru: 128 });
    assert.equal(simulated.discovery.pathMtu, 168);
    assert.equal(simulated.discovery.isConfirmed, true);
  });

  it('bears answers later than its patience: a slow line is no narrow one', () => {
    const simulated = new SimulatedPath({ mtu: 1454, roundTrip: 900 }, { roundTrip: 50 });
    simulated.settle();
    simulated.run(15_000);
    assertFound(simulated, 'slow line');
  });
});

describe('A size our own host refuses', () => {
  it('is too long without doubt: nothing is sent again, and the answer comes sooner', () => {
    for (const mtu of paths) {
      const simulated = new SimulatedPath({ mtu, localMtu: mtu });
      const time = simulated.settle();
      assertFound(simulated, `local MTU ${mtu}`);
      assert.ok(simulated.probes <= 8 && time <= 700, `${simulated.probes} probes, ${time} ms at ${mtu}`);
    }
  });
});

describe('A path that takes less on the way back', () => {
  it('has the size of the narrower way: what the peer sends counts too, whatever it acknowledges', () => {
    for (const mtuBack of [1454, 1400, 1280, 1000, 576]) {
      const simulated = new SimulatedPath({ mtu: 1500, mtuBack });
      const time = simulated.settle();
      const { pathMtu } = simulated.discovery;
      assert.ok(pathMtu <= mtuBack && pathMtu >= mtuBack - 4, `${pathMtu} of ${mtuBack}`);
      assert.ok(time <= 2000, `${time} ms`);
      assert.ok(simulated.probes <= 9, `${simulated.probes} probes`);
    }
  });

  it('is found out by the first echo, soon after large packets flow, where the first probes were only acknowledged', () => {
    const simulated = new SimulatedPath({ mtu: 1500, mtuBack: 1000 });
    simulated.settle();
    simulated.discovery.sentLarge();
    simulated.run(10_000);
    const { pathMtu } = simulated.discovery;
    assert.ok(pathMtu <= 1000 && pathMtu >= 996, `${pathMtu}`);
  });
});

describe('A peer that does not answer echoes', () => {
  it('is measured by acknowledgments that name the probe', () => {
    for (const mtu of paths) {
      const simulated = new SimulatedPath({ mtu, peer: 'acknowledgments' });
      simulated.settle();
      assertFound(simulated, `path ${mtu}`);
      assert.ok(simulated.discovery.probes.acknowledged > 0);
    }
  });

  it('and acknowledges nothing is indeterminate: cautious size, no DF, asked again in 10 minutes', () => {
    const simulated = new SimulatedPath({ peer: 'silent' });
    assert.ok(simulated.settle() <= 3500);
    assert.deepEqual(simulated.seen.at(-1), {
      type: 'indeterminate',
      reason: 'no_answer',
      pathMtu: 1400,
      tunnelMtu: 1356,
      at: simulated.now,
    });
    simulated.path.peer = 'echoes';
    simulated.run(10 * minute);
    assertFound(simulated, 'later');
  });

  it('to large probes only is told apart', () => {
    const simulated = settled(400);
    assert.equal(simulated.seen.at(-1)?.type, 'indeterminate');
    assert.ok(
      simulated.seen.some((one) => one.type === 'indeterminate' && one.reason === 'only_small_answers'),
    );
    assert.equal(simulated.discovery.pathMtu, 576);
  });

  it('gets the size ICMP names, not below 576, for 10 minutes', () => {
    const simulated = new SimulatedPath({ peer: 'silent' });
    simulated.settle();
    simulated.carryOut(simulated.discovery.hinted(1300, 1400, simulated.now));
    assert.equal(simulated.discovery.pathMtu, 1300);
    simulated.carryOut(simulated.discovery.hinted(68, 1300, simulated.now));
    assert.equal(simulated.discovery.pathMtu, 576);
    assert.equal(simulated.discovery.isConfirmed, false);
    simulated.run(11 * minute);
    assert.equal(simulated.discovery.pathMtu, 1400);
  });
});

describe('A path that shrinks in mid-session', () => {
  for (const loss of [0, 0.03]) {
    it(`from 1500 to 1400 is found in 10 s while large packets flow, ${loss * 100} % loss`, () => {
      for (let seed = 1; seed <= 20; seed++) {
        const simulated = new SimulatedPath({ mtu: 1500, loss }, {}, seed);
        simulated.settle();
        runBusy(simulated, 3 * minute);
        simulated.path.mtu = 1400;
        const time = runBusy(simulated, minute, () => simulated.discovery.pathMtu === 1400);
        assert.ok(time <= 10_000, `${time} ms with seed ${seed}`);
        runBusy(simulated, minute);
        assertFound(simulated, `seed ${seed}`);
      }
    });
  }

  it('is found in 2 s when a stall is suspected; until then packets leave without DF', () => {
    const simulated = settled(1500);
    simulated.run(minute);
    simulated.path.mtu = 1400;
    simulated.carryOut(simulated.discovery.stallSuspected(simulated.now));
    assert.equal(simulated.discovery.isConfirmed, false);
    const time = simulated.run(minute, () => simulated.discovery.isConfirmed);
    assertFound(simulated, 'stall');
    assert.ok(time <= 2000, `${time} ms`);
    assert.equal(simulated.said('blackHole').length, 1);
  });

  it('is given way to by steps while large packets stall and acknowledgments tell nothing, without DF', () => {
    const { discovery, now: settledAt } = settledPath({ peer: 'acknowledgments' });
    const sizes: number[] = [];
    let now = settledAt + minute;
    const hear = (outputs: PathMtuOutput[]) => {
      for (const output of outputs)
        if (output.type === 'probe') discovery.passedOver(output.size);
        else sizes.push(output.pathMtu);
    };
    for (let stall = 0; stall < 4; stall++) {
      hear(discovery.stallSuspected(now));
      for (const end = now + 5000; discovery.deadline < end; ) {
        now = discovery.deadline;
        hear(discovery.expire(now));
      }
    }
    assert.deepEqual([...new Set(sizes)], [1500, 1400, 1280, 576]);
    assert.equal(discovery.isConfirmed, false);
  });

  it('is not suspected before a size is confirmed; a search under way takes no suspicion away', () => {
    const simulated = new SimulatedPath({ mtu: 1500 });
    simulated.carryOut(simulated.discovery.start(simulated.now));
    assert.deepEqual(simulated.discovery.stallSuspected(simulated.now), []);
    simulated.run(1000);
    assert.equal(simulated.discovery.isConfirmed, true);
    assert.equal(simulated.discovery.stallSuspected(simulated.now)[0]?.type, 'unconfirmed');
    const deaf = new SimulatedPath({ peer: 'silent' });
    deaf.settle();
    assert.deepEqual(deaf.discovery.stallSuspected(deaf.now), []);
  });

  it('costs a peer that raises suspicion all the time two probes in 2 s', () => {
    const simulated = settled(1500);
    simulated.run(5000);
    const before = simulated.probes;
    for (let passed = 0; passed < 60_000; passed += 50) {
      simulated.carryOut(simulated.discovery.stallSuspected(simulated.now));
      simulated.run(50);
    }
    assert.ok(simulated.probes - before <= 62, `${simulated.probes - before}`);
    assert.ok(simulated.probes - before >= 50, `${simulated.probes - before}`);
    assert.equal(simulated.discovery.pathMtu, 1500);
  });

  it('is found by what ICMP says, and is then no black hole', () => {
    const simulated = settled(1500);
    simulated.run(minute);
    simulated.path.mtu = 1460;
    simulated.carryOut(simulated.discovery.hinted(1460, 1500, simulated.now));
    simulated.run(3000);
    assert.equal(simulated.discovery.pathMtu, 1460);
    assert.equal(simulated.said('blackHole').length, 0);
  });

  it('is found when our own host refuses the size', () => {
    const simulated = settled(1500);
    simulated.run(minute);
    simulated.path.mtu = 1400;
    simulated.path.localMtu = 1400;
    simulated.carryOut(simulated.discovery.refused(1500, simulated.now));
    simulated.run(3000);
    assertFound(simulated, 'EMSGSIZE');
  });

  it('is not seen in an outage: silence says nothing of size', () => {
    const simulated = settled(1500);
    simulated.path.peer = 'silent';
    runBusy(simulated, minute);
    assert.equal(simulated.discovery.pathMtu, 1500);
    assert.deepEqual(
      simulated.seen.map(({ type }) => type),
      ['unconfirmed', 'confirmed'],
    );
    simulated.path.peer = 'echoes';
    runBusy(simulated, minute);
    assertFound(simulated, 'after the outage');
  });

  it('costs an idle session no probe between two looks, a busy one two in 2 s', () => {
    const simulated = settled(1500);
    const before = simulated.probes;
    simulated.run(9 * minute);
    assert.equal(simulated.probes, before);
    runBusy(simulated, minute);
    assert.ok(simulated.probes - before <= 62, `${simulated.probes - before}`);
  });
});

describe('A path that grows', () => {
  for (const [from, to] of [
    [1400, 1500],
    [1454, 1492],
    [1280, 1454],
  ] as const) {
    it(`from ${from} to ${to} is in use within 10 minutes, idle or busy`, () => {
      for (const run of [
        (one: SimulatedPath) => one.run(10 * minute),
        (one: SimulatedPath) => runBusy(one, 10 * minute),
      ]) {
        const simulated = settled(from);
        simulated.run(minute);
        simulated.path.mtu = to;
        run(simulated);
        assertFound(simulated, `${from} to ${to}`);
      }
    });
  }
});

describe('A changed interface MTU', () => {
  it('lowers the path MTU at once, and raises it after a search', () => {
    const simulated = settled(1500);
    simulated.carryOut(simulated.discovery.interfaceMtuChanged(1450, simulated.now));
    assert.equal(simulated.discovery.pathMtu, 1450);
    simulated.run(3000);
    simulated.carryOut(simulated.discovery.interfaceMtuChanged(1500, simulated.now));
    simulated.run(3000);
    assertFound(simulated, 'raised');
  });
});

describe('Forged ICMP', () => {
  it('of 10^5 packets changes no confirmed size and buys few probes', () => {
    const simulated = settled(1454);
    simulated.run(minute);
    const probes = simulated.probes;
    const random = seededRandom(7);
    for (let i = 0; i < 100_000; i++) {
      simulated.carryOut(simulated.discovery.hinted(Math.floor(random() * 1500), 1454, simulated.now));
      simulated.run(1);
      assert.equal(simulated.discovery.pathMtu, 1454);
    }
    assert.ok(
      simulated.probes - probes <= (100_000 / 5000) * 4,
      `${simulated.probes - probes} probes in 100 s`,
    );
  });

  it('does not come true by being remembered: the next look finds the path again', () => {
    const simulated = settled(1454);
    simulated.carryOut(simulated.discovery.hinted(600, 1454, simulated.now));
    simulated.run(12 * minute);
    assertFound(simulated, 'after the hint');
  });

  it('of a router that tells no MTU means the next usual size below', () => {
    const simulated = new SimulatedPath({ peer: 'silent' }, { remembered: 1492 });
    simulated.settle();
    simulated.carryOut(simulated.discovery.hinted(0, 1492, simulated.now));
    assert.equal(simulated.discovery.pathMtu, 1454);
  });
});

describe('What the route cache knows before the search', () => {
  it('is the first guess: 2 probes where it is right, and no black hole, because a router said so', () => {
    for (const mtu of [1454, 1300]) {
      const simulated = new SimulatedPath({ mtu });
      simulated.carryOut(simulated.discovery.hinted(mtu, 1500, simulated.now));
      simulated.settle();
      assertFound(simulated, `${mtu}`);
      assert.ok(simulated.probes <= 8, `${simulated.probes} probes`);
      simulated.run(15_000);
      assert.deepEqual(simulated.said('blackHole'), []);
    }
  });

  it('misleads nobody where it is wrong', () => {
    for (const mtu of paths)
      for (const hint of [576, 1000, 1399, 1454]) {
        const simulated = new SimulatedPath({ mtu });
        simulated.carryOut(simulated.discovery.hinted(hint, 1500, simulated.now));
        simulated.settle();
        assertFound(simulated, `path ${mtu}, hint ${hint}`);
      }
  });
});

describe('A black hole', () => {
  it('is said once for each value, not at each look', () => {
    const simulated = settled(1454);
    simulated.run(60 * minute);
    assert.equal(simulated.said('blackHole').length, 1);
    assert.equal(simulated.said('confirmed').length, 1);
  });

  it('is said once for each value on a path that goes back and forth', () => {
    const simulated = settled(1454);
    for (let turn = 0; turn < 20; turn++) {
      simulated.path.mtu = turn % 2 === 0 ? 1400 : 1454;
      simulated.run(10 * minute);
      assert.equal(simulated.discovery.pathMtu, simulated.path.mtu);
    }
    assert.deepEqual(
      simulated.said('blackHole').map(({ pathMtu }) => pathMtu),
      [1454, 1400],
    );
  });

  it('is not said again when a stall made us look and nothing had changed', () => {
    const simulated = settled(1454);
    simulated.run(minute);
    simulated.carryOut(simulated.discovery.stallSuspected(simulated.now));
    simulated.run(3000);
    assert.equal(simulated.said('confirmed').length, 2);
    assert.equal(simulated.said('blackHole').length, 1);
  });

  it("is none where the peer's MRU is what limits us", () => {
    assert.equal(settled(1500, { peersMru: 1400 }).said('blackHole').length, 0);
    assert.equal(settled(1500, { interfaceMtu: 1450 }).said('blackHole').length, 0);
  });
});

describe('The probe counters', () => {
  it('count each probe once, though it was acknowledged and echoed', () => {
    const simulated = settled(1500);
    simulated.run(1000);
    assert.deepEqual(simulated.discovery.probes, { sent: 3, echoed: 3, acknowledged: 0, lost: 0 });
    simulated.discovery.answered(1500, 'acknowledgment', simulated.now);
    assert.deepEqual(simulated.discovery.probes, { sent: 3, echoed: 3, acknowledged: 0, lost: 0 });
  });

  it('count as lost what has no answer when the next search begins, and never less than before', () => {
    const simulated = settled(1454);
    simulated.run(15_000);
    const { sent, echoed, lost } = simulated.discovery.probes;
    assert.ok(lost >= 3, `${lost} of ${sent}`);
    simulated.discovery.answered(1500, 'echo', simulated.now);
    assert.ok(simulated.discovery.probes.lost >= lost);
    assert.ok(simulated.discovery.probes.echoed + lost <= simulated.discovery.probes.sent, `${echoed}`);
  });
});

describe('A hostile peer', () => {
  it('that answers at whim keeps the size within bounds and the probes few', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const random = seededRandom(seed);
      const simulated = new SimulatedPath({ mtu: 1500, loss: 0.5, roundTrip: 20 }, {}, seed);
      simulated.settle();
      for (let i = 0; i < 300; i++) {
        simulated.path.mtu = 90 + Math.floor(random() * 1500);
        simulated.run(1000);
        simulated.carryOut(simulated.discovery.answered(Math.floor(random() * 2000), 'echo', simulated.now));
        const { pathMtu } = simulated.discovery;
        assert.ok(pathMtu >= 576 && pathMtu <= 1500, `${pathMtu}`);
      }
      assert.ok(simulated.probes < 2000, `${simulated.probes}`);
    }
  });
});

describe('A slow answer', () => {
  it('that comes after its search gave up raises the size, and buys the next search patience', () => {
    const simulated = new SimulatedPath({ mtu: 1454, roundTrip: 3000 }, { roundTrip: 5 });
    simulated.settle();
    assert.equal(simulated.discovery.isConfirmed, false);
    simulated.run(60_000);
    assertFound(simulated, 'behind a queue of 3 s');
  });

  it('counts once, and only for a size that was asked for', () => {
    const { discovery, now } = settled(1454);
    assert.deepEqual(discovery.answered(1499, 'echo', now), []);
    assert.deepEqual(discovery.answered(1454, 'echo', now), []);
    assert.equal(discovery.pathMtu, 1454);
    assert.equal(discovery.answered(1492, 'echo', now)[0]?.type, 'confirmed');
    assert.equal(discovery.pathMtu, 1492);
  });
});

describe('What a TCP connection may count on', () => {
  it('is only what passed, until the first search has ended', () => {
    const { discovery } = new SimulatedPath({ mtu: 1280, roundTrip: 100 });
    discovery.start(0);
    assert.equal(discovery.provenTunnelMtu, 576 - 44);
    discovery.answered(1280, 'echo', 100);
    const simulated = settled(1280);
    assert.equal(simulated.discovery.provenTunnelMtu, 1280 - 44);
  });

  it('is what an earlier session learned', () => {
    const { discovery } = new SimulatedPath({ mtu: 1454, roundTrip: 100 }, { remembered: 1454 });
    discovery.start(0);
    assert.equal(discovery.provenTunnelMtu, 1454 - 44);
  });
});

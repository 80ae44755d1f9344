import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Cluster } from '../../../src/operator/kube/cluster.ts';
import type { GatewayState } from '../../../src/operator/vpn-server/gateway-state.ts';
import { Refresher } from '../../../src/operator/vpn-server/refresh.ts';
import { podObject } from '../../support/operator/objects.ts';
import { VirtualClock } from '../../support/operator/virtual-clock.ts';

const Minute = 60_000;
const silent: GatewayState = {
  ...{ pod: podObject('worker', { phase: 'Running' }), node: 'worker', isReady: false },
  ...{ report: undefined, problem: undefined, unreachable: 'it does not answer' },
};

/** Looks as often as the Refresher wants, and tells when it changed the annotation. */
function newWorld() {
  const clock = new VirtualClock();
  const pokes: number[] = [];
  const world = { isUp: true };
  const patch = async () => {
    if (!world.isUp) throw new Error('no API server');
    pokes.push(clock.now());
  };
  const refresher = new Refresher({ patch } as unknown as Cluster, clock);
  const pass = async (time: number, hash = 'new') => {
    const end = clock.now() + time;
    while (clock.now() < end) {
      const { again } = await refresher
        .refresh('vpn/office', [silent], hash)
        .catch(() => ({ again: undefined }));
      await clock.pass(again ?? 1_000);
    }
  };
  const intervals = () => pokes.slice(1).map((at, index) => at - (pokes[index] ?? 0));
  return { world, clock, pokes, pass, intervals };
}

describe('a gateway that does not load its new files', () => {
  it('is poked at least every 6 s for two minutes, then every 30 s', async () => {
    const { pokes, pass, intervals } = newWorld();
    await pass(2 * Minute);
    assert.ok(pokes.length >= 20);
    assert.ok(Math.max(...intervals()) <= 6_000);
    await pass(Minute);
    const before = pokes.length;
    await pass(10 * Minute);
    assert.equal(pokes.length - before, 20);
    assert.equal(Math.min(...intervals().slice(before)), 30_000);
  });

  it('is poked often again for the next files', async () => {
    const { pokes, pass, clock } = newWorld();
    await pass(5 * Minute);
    const [before, changed] = [pokes.length, clock.now()];
    await pass(20_000, 'newer');
    assert.equal(pokes[before], changed);
    assert.ok(pokes.length - before >= 4);
  });

  it('is poked often after an outage of the API server, however long that was', async () => {
    const { world, pokes, pass } = newWorld();
    await pass(10_000);
    world.isUp = false;
    await pass(10 * Minute);
    world.isUp = true;
    const before = pokes.length;
    await pass(Minute);
    assert.ok(pokes.length - before >= 9);
  });
});

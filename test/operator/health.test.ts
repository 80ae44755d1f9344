import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { unhealthy, unready } from '../../src/operator/health.ts';
import type { World } from '../../src/operator/world.ts';
import { VirtualClock } from '../support/operator/virtual-clock.ts';

describe('the health of the operator', () => {
  const clock = new VirtualClock();
  const world = (more: object = {}) =>
    ({
      ...{ hasSynced: true, knowsCluster: true },
      watches: [{ resource: { plural: 'secrets' }, oldestSign: 0 }],
      ...more,
    }) as unknown as World;

  it('is good while every watch shows signs of life, and ends ten minutes after the last one', async () => {
    assert.equal(unhealthy(world(), clock), undefined);
    await clock.pass(10 * 60_000);
    assert.equal(unhealthy(world(), clock), undefined);
    await clock.pass(1);
    assert.equal(unhealthy(world(), clock), 'no sign of life from the watch of secrets for 10 minutes');
    assert.match(unready(world(), clock) ?? '', /no sign of life/);
  });

  it('is not readiness: that begins when everything was listed', () => {
    const fresh = [{ resource: { plural: 'secrets' }, oldestSign: clock.now() }];
    assert.match(unready(world({ watches: fresh, hasSynced: false }), clock) ?? '', /were not listed yet/);
    assert.match(unready(world({ watches: fresh, knowsCluster: false }), clock) ?? '', /nodes/);
    assert.equal(unready(world({ watches: fresh }), clock), undefined);
  });

  it('needs no watch at all', () => {
    const none = [{ resource: { plural: 'secrets' }, oldestSign: Number.POSITIVE_INFINITY }];
    assert.equal(unhealthy(world({ watches: none }), clock), undefined);
  });
});

import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { ApiError } from '../../../src/operator/kube/api-error.ts';
import type { Cluster } from '../../../src/operator/kube/cluster.ts';
import { EventRecorder } from '../../../src/operator/kube/event-recorder.ts';
import type { KubeObject } from '../../../src/operator/kube/object.ts';
import { createLog } from '../../../src/process/log.ts';
import { serverObject } from '../../support/operator/objects.ts';
import { VirtualClock } from '../../support/operator/virtual-clock.ts';

const office = serverObject('office');
const happening = {
  type: 'Normal',
  reason: 'BlackHoleCured',
  action: 'Connect',
  note: 'it happened',
} as const;

describe('an Event', () => {
  let clock: VirtualClock;
  let failure: ApiError | undefined;
  let made: (KubeObject & { note?: string })[];
  let recorder: EventRecorder;

  beforeEach(() => {
    clock = new VirtualClock();
    failure = undefined;
    made = [];
    const cluster = {
      create: async (_: unknown, object: KubeObject) => {
        if (failure !== undefined) throw failure;
        made.push(object);
        return object;
      },
      patch: async () => {
        throw new ApiError({ status: 404, reason: 'NotFound', message: 'no such Event' });
      },
    } as unknown as Cluster;
    recorder = new EventRecorder({ cluster, clock, instance: 'one', log: createLog({ level: 'silent' }) });
  });

  it('that an outage kept from being written is written when it comes again, however soon', async () => {
    failure = new ApiError({ status: 0, reason: 'ECONNREFUSED', message: 'no answer' });
    assert.equal(await recorder.record(office, { ...happening, id: 'first' }), false);
    await clock.pass(2000);
    failure = undefined;
    assert.equal(await recorder.record(office, { ...happening, id: 'first' }), true);
    assert.equal(made.length, 1);
  });

  it('that the cluster forgot in the middle of its series is written anew', async () => {
    await recorder.record(office, happening);
    await clock.pass(60_000);
    await recorder.record(office, happening);
    assert.equal(made.length, 2);
  });

  it('that the API server refuses for good is not to be tried again', async () => {
    for (const [status, reason] of [
      [403, 'Forbidden'],
      [422, 'Invalid'],
    ] as const) {
      failure = new ApiError({ status, reason, message: 'no' });
      assert.equal(await recorder.record(office, { ...happening, note: reason }), true, reason);
    }
  });

  it('has a note of 1,024 bytes at most, in whole characters', async () => {
    await recorder.record(office, { ...happening, note: 'é'.repeat(1000) });
    assert.equal(made[0]?.note, 'é'.repeat(512));
    await recorder.record(office, { ...happening, note: `x${'é'.repeat(1000)}` });
    assert.equal(made[1]?.note, `x${'é'.repeat(511)}`);
  });

  it('comes once when it is told again within seconds', async () => {
    await recorder.record(office, happening);
    await clock.pass(1000);
    await recorder.record(office, happening);
    assert.equal(made.length, 1);
  });
});

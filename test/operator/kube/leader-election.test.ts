import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { ApiClient, ApiRequest } from '../../../src/operator/kube/api-client.ts';
import { ApiError } from '../../../src/operator/kube/api-error.ts';
import { LeaderElection, type LeaseSpec } from '../../../src/operator/kube/leader-election.ts';
import { createLog } from '../../../src/process/log.ts';
import { VirtualClock } from '../../support/operator/virtual-clock.ts';

/** One Lease with optimistic locking. */
class LeaseServer {
  lease: { metadata: { resourceVersion: string }; spec: LeaseSpec } | undefined;
  isAway = false;
  #version = 0;

  async send(request: ApiRequest): Promise<unknown> {
    await Promise.resolve();
    if (this.isAway) throw new ApiError({ status: 0, reason: 'ECONNREFUSED', message: 'away' });
    if (request.method === 'GET') {
      if (this.lease === undefined)
        throw new ApiError({ status: 404, reason: 'NotFound', message: 'no Lease' });
      return structuredClone(this.lease);
    }
    const { metadata, spec } = request.body as NonNullable<LeaseServer['lease']>;
    const known = request.method === 'POST' ? undefined : metadata.resourceVersion;
    if (this.lease?.metadata.resourceVersion !== known)
      throw new ApiError({ status: 409, reason: 'Conflict', message: 'changed meanwhile' });
    this.lease = { metadata: { resourceVersion: String(++this.#version) }, spec };
    return this.lease;
  }
}

describe('the leader election', () => {
  let clock: VirtualClock;
  let server: LeaseServer;
  let log: string[];

  beforeEach(() => {
    clock = new VirtualClock();
    server = new LeaseServer();
    log = [];
  });

  function candidate(identity: string, ownClock: VirtualClock = clock) {
    const stop = new AbortController();
    const election = new LeaderElection({
      client: server as unknown as ApiClient,
      namespace: 'vpn',
      name: 'vpn-operator',
      identity,
      clock: ownClock,
      log: createLog({ level: 'silent' }),
      started: () => log.push(`${identity} leads at ${clock.now()}`),
      stopped: async () => void log.push(`${identity} stopped at ${clock.now()}`),
    });
    const done = election.run(stop.signal);
    return { election, stop, done };
  }

  it('lets the first one lead at once, and writes who and for how long', async () => {
    const { election } = candidate('a');
    await clock.pass(0);
    assert.equal(election.isLeader, true);
    const { holderIdentity, leaseDurationSeconds, leaseTransitions, renewTime } = server.lease?.spec ?? {};
    assert.deepEqual([holderIdentity, leaseDurationSeconds, leaseTransitions], ['a', 4, 0]);
    assert.match(renewTime ?? '', /^2026-01-01T00:00:00\.000000Z$/);
  });

  it('keeps one leader while it renews', async () => {
    const a = candidate('a');
    await clock.pass(10);
    const b = candidate('b');
    await clock.pass(120_000);
    assert.deepEqual([a.election.isLeader, b.election.isLeader], [true, false]);
    assert.deepEqual(log, ['a leads at 0']);
  });

  it('replaces a dead leader within 6 s, whenever it died', async () => {
    for (const alive of [0, 300, 999, 1_001, 7_777]) {
      server = new LeaseServer();
      log = [];
      const doomed = new VirtualClock();
      candidate('a', doomed);
      await doomed.pass(0);
      const b = candidate('b');
      const began = clock.now();
      while (clock.now() - began < alive) {
        await doomed.pass(1);
        await clock.pass(1);
      }
      const died = clock.now();
      while (!b.election.isLeader) await clock.pass(50);
      assert.ok(clock.now() - died <= 6_000, `${clock.now() - died} ms after it died at ${alive}`);
      assert.equal(server.lease?.spec.leaseTransitions, 1);
      b.stop.abort();
      await clock.pass(5_000);
    }
  });

  it('hands over within a second when the leader is told to stop', async () => {
    const a = candidate('a');
    await clock.pass(10);
    const b = candidate('b');
    await clock.pass(5_000);
    const told = clock.now();
    a.stop.abort();
    await clock.pass(20);
    assert.equal(server.lease?.spec.holderIdentity, '', 'given back at once');
    while (!b.election.isLeader) await clock.pass(10);
    assert.ok(clock.now() - told <= 1_000, `${clock.now() - told} ms`);
    assert.match(log[1] ?? '', /^a stopped/);
  });

  it('stops before anyone else may lead when it cannot renew, and leads again later', async () => {
    const a = candidate('a');
    await clock.pass(3_500);
    server.isAway = true;
    const away = clock.now();
    while (a.election.isLeader) await clock.pass(10);
    assert.ok(clock.now() - away <= 3_000, 'before the 4 s of the Lease are over');
    await clock.pass(1_000);
    assert.match(log.at(-1) ?? '', /^a stopped/);
    server.isAway = false;
    await clock.pass(1_500);
    assert.equal(a.election.isLeader, true);
  });

  it('does not believe that it leads after it was stopped for a while, before any timer runs', async () => {
    const { election } = candidate('a');
    await clock.pass(10_500);
    assert.equal(election.isLeader, true);
    clock.freeze(30_000);
    assert.equal(election.isLeader, false);
  });

  it('stops as soon as it sees that somebody took its Lease away', async () => {
    const { election } = candidate('a');
    await clock.pass(2_100);
    const [spec, stolen] = [server.lease?.spec, clock.now()];
    server.lease = { metadata: { resourceVersion: 'stolen' }, spec: { ...spec, holderIdentity: 'thief' } };
    await clock.pass(1_000);
    assert.equal(election.isLeader, false);
    assert.match(log.at(-1) ?? '', /^a stopped/);
    await clock.pass(7_000);
    assert.equal(election.isLeader, true, `the thief renewed nothing since ${stolen}`);
  });

  it('judges others by its own clock, not by the time they wrote', async () => {
    server.lease = {
      metadata: { resourceVersion: '0' },
      spec: {
        holderIdentity: 'x',
        leaseDurationSeconds: 4,
        renewTime: '1999-01-01T00:00:00.000000Z',
        leaseTransitions: 7,
      },
    };
    const { election } = candidate('a');
    await clock.pass(3_900);
    assert.equal(election.isLeader, false);
    await clock.pass(1_000);
    assert.equal(election.isLeader, true);
    assert.equal(server.lease?.spec.leaseTransitions, 8);
  });

  it('respects a holder who asks for more time', async () => {
    server.lease = {
      metadata: { resourceVersion: '0' },
      spec: { holderIdentity: 'x', leaseDurationSeconds: 15 },
    };
    const { election } = candidate('a');
    await clock.pass(14_900);
    assert.equal(election.isLeader, false);
    await clock.pass(1_000);
    assert.equal(election.isLeader, true);
  });

  it('lets only one of two win an abandoned Lease', async () => {
    server.lease = { metadata: { resourceVersion: '0' }, spec: { holderIdentity: '' } };
    const [a, b] = [candidate('a'), candidate('b')];
    await clock.pass(5_000);
    assert.equal(Number(a.election.isLeader) + Number(b.election.isLeader), 1);
  });
});

import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { GatewayNotice } from '../../../src/api/gateway-status.ts';
import { NoticeTeller } from '../../../src/operator/gateways/notices.ts';
import type { Happening } from '../../../src/operator/kube/event-recorder.ts';
import type { KubeObject } from '../../../src/operator/kube/object.ts';
import { serverObject, userObject } from '../../support/operator/objects.ts';
import { VirtualClock } from '../../support/operator/virtual-clock.ts';

const office = serverObject('office');
const alice = userObject('alice');
const cacheOf = (...objects: KubeObject[]) => ({
  cache: {
    get: (key: string) => objects.find(({ metadata }) => `${metadata.namespace}/${metadata.name}` === key),
  },
});
const time = '2026-05-01T10:00:00Z';
const notice = (sequence: number, more: Partial<GatewayNotice> = {}): GatewayNotice => ({
  ...{ sequence, time, reason: 'BlackHoleCured', message: `number ${sequence}` },
  user: { namespace: 'vpn', name: 'alice' },
  ...more,
});

describe('what gateways want people to hear', () => {
  let clock: VirtualClock;
  let told: (Happening & { id?: string; about: string })[];
  let works: boolean;
  let teller: NoticeTeller;
  const newTeller = () =>
    new NoticeTeller({
      world: { servers: cacheOf(office), users: cacheOf(alice) } as never,
      clock,
      events: {
        record: async (object: KubeObject, happening: Happening) => {
          if (works) told.push({ ...happening, about: `${object.kind} ${object.metadata.name}` });
          return works;
        },
      },
    });
  const tell = (latest: GatewayNotice[], { process = 'one', now = time } = {}) =>
    teller.tell('vpn/office', { process, now, latest });
  const notes = () => told.map(({ note }) => note);

  beforeEach(() => {
    clock = new VirtualClock();
    told = [];
    works = true;
    teller = newTeller();
  });

  it('is told once, however often the gateway repeats it', async () => {
    await tell([notice(1)]);
    await tell([notice(1), notice(2)]);
    await tell([notice(1), notice(2)]);
    assert.deepEqual(notes(), ['number 1', 'number 2']);
    assert.deepEqual(
      [told[0]?.about, told[0]?.type, told[0]?.reason],
      ['VpnUser alice', 'Normal', 'BlackHoleCured'],
    );
  });

  it('has the same id for the next operator, and another for the next life of the gateway', async () => {
    await tell([notice(1)]);
    teller = newTeller();
    await tell([notice(1)]);
    await tell([notice(1)], { process: 'two' });
    const ids = told.map(({ id }) => id);
    assert.equal(ids[0], ids[1]);
    assert.notEqual(ids[0], ids[2]);
    assert.match(ids[0] ?? '', /^[0-9a-f]{13}$/);
  });

  it('is about the server when it names nobody, somebody unknown, or a user of another server', async () => {
    const blocked = { reason: 'GreBlocked' } as const;
    const { user: _, ...nobody } = notice(1, blocked);
    await tell([nobody, notice(2, { user: { namespace: 'vpn', name: 'mallory' } })]);
    await teller.tell('vpn/other', { process: 'other', now: time, latest: [notice(1)] });
    assert.deepEqual(
      told.map(({ about, type }) => `${about} ${type}`),
      ['VpnServer office Warning', 'VpnServer office Normal'],
    );
  });

  it('comes again when it could not be written, and nothing is lost or doubled', async () => {
    works = false;
    await tell([notice(1), notice(2)]);
    works = true;
    await tell([notice(1), notice(2)]);
    assert.deepEqual(notes(), ['number 1', 'number 2']);
  });

  it('is no news any more when the operator meets the gateway long after', async () => {
    await tell([notice(1), notice(2, { time: '2026-05-01T10:29:00Z' })], { now: '2026-05-01T10:30:00Z' });
    assert.deepEqual(notes(), ['number 2']);
  });

  it('is rationed: a client that calls and calls costs 25 Events, then one in five minutes', async () => {
    for (let sequence = 1; sequence <= 1000; sequence++) await tell([notice(sequence)]);
    assert.equal(told.length, 25);
    await clock.pass(301_000);
    for (let sequence = 1001; sequence <= 1010; sequence++) await tell([notice(sequence)]);
    assert.equal(told.length, 26);
  });
});
